/* Servers under load. What they answered, what they logged and how they ended is the same with and
 * without snarl. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "service.h"
#include "support/cmocka_all.h"
#include "unharmed.h"

/* A server, and what is asked of it. */
struct served {
    const char *const *server;
    char *(*load)(const struct service *service); /* returns the answers, to be freed */
    const char *answers;                          /* these */
    struct unharmed_counts counts;
};

static struct command_result serve(struct service *service, const struct served *served,
                                   bool watched)
{
    service_start(service, served->server, watched);
    char *answers = served->load(service);
    assert_string_equal(answers, served->answers);
    free(answers);
    struct command_result result = service_stop(service);
    service_hide_numbers(&result);
    return result;
}

static void serves_unharmed(struct service *service, const struct served *served)
{
    struct command_result native = serve(service, served, false);
    struct command_result watched = serve(service, served, true);
    assert_int_equal(native.status, 0);
    unharmed_compare(&watched, &native);
    unharmed_report(service->report, &served->counts);
    command_free(&native);
    command_free(&watched);
}

static char *load_redis(const struct service *service)
{
    static const char *const benchmark[] = {"redis-benchmark",
                                            "-h",
                                            "127.0.0.1",
                                            "-p",
                                            SERVICE_PORT,
                                            "-n",
                                            "10000",
                                            "-c",
                                            "16",
                                            "-P",
                                            "16",
                                            "-t",
                                            "set,get,incr,lpush",
                                            "-q",
                                            NULL};
    free(service_ask(service, benchmark)); /* it says how fast it was */
    static const char *const questions[][3] = {{"dbsize"},
                                               {"strlen", "key:__rand_int__"},
                                               {"get", "counter:__rand_int__"},
                                               {"llen", "mylist"}};
    char *answers = strdup("");
    for (size_t i = 0; i < sizeof questions / sizeof questions[0]; i++) {
        char *answer = service_ask(
            service, (const char *const[]){"redis-cli", "-h", "127.0.0.1", "-p", SERVICE_PORT,
                                           questions[i][0], questions[i][1], NULL});
        char *longer;
        assert_true(asprintf(&longer, "%s%s", answers, answer) >= 0);
        free(answer);
        free(answers);
        answers = longer;
    }
    return answers;
}

static void redis_with_threads_for_its_connections(void **state)
{
    unharmed_needs("/usr/bin/redis-server");
    static const char *const server[] = {
        "redis-server", "--port",       SERVICE_PORT, "--bind",
        "127.0.0.1",    "--io-threads", "2",          "--io-threads-do-reads",
        "yes",          "--save",       "",           "--appendonly",
        "no",           "--loglevel",   "warning",    NULL};
    serves_unharmed(*state, &(struct served){.server = server,
                                             .load = load_redis,
                                             .answers = "3\n3\n10000\n10000\n",
                                             .counts = {1, 5, 3000}});
}

static char *load_memcached(const struct service *service)
{
    return service_ask(service, (const char *const[]){"/usr/bin/python3",
                                                      SNARL_STRANGERS "/memcached_load.py",
                                                      SERVICE_PORT, NULL});
}

static void memcached_with_threads(void **state)
{
    unharmed_needs("/usr/bin/memcached");
    /* -u matters where root runs it: it refuses to be that without a word. */
    static const char *const server[] = {"memcached",  "-u", "root", "-l", "127.0.0.1", "-p",
                                         SERVICE_PORT, "-U", "0",    "-t", "4",         NULL};
    serves_unharmed(*state, &(struct served){.server = server,
                                             .load = load_memcached,
                                             .answers = "cmd_set 8000\nget_hits 8000\n"
                                                        "get_misses 0\nincr_hits 8000\n"
                                                        "curr_items 4001\ncounter 8000\n",
                                             .counts = {1, 9, 50000}});
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(redis_with_threads_for_its_connections, service_set_up,
                                        service_tear_down),
        cmocka_unit_test_setup_teardown(memcached_with_threads, service_set_up, service_tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
