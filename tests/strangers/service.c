#include "service.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "support/cmocka_all.h"
#include "unharmed.h"

int service_set_up(void **state)
{
    struct service *service = calloc(1, sizeof *service);
    service->directory = directory_make();
    service->report = path_in(service->directory, "report.json");
    *state = service;
    return 0;
}

int service_tear_down(void **state)
{
    struct service *service = *state;
    if (service->runs) {
        struct command_result result = service_stop(service);
        print_message("the service ended with %d and said\n%s%s", result.status, result.output,
                      result.error);
        command_free(&result);
    }
    free(service->report);
    directory_remove(service->directory);
    free(service);
    return 0;
}

/* A socket of 127.0.0.1, bound to a port that the kernel chose or connected to a given one. */
static int loopback_socket(struct sockaddr_in *address, in_port_t port)
{
    *address = (struct sockaddr_in){
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(descriptor >= 0);
    return descriptor;
}

static void find_free_port(struct service *service)
{
    struct sockaddr_in address;
    socklen_t size = sizeof address;
    int descriptor = loopback_socket(&address, 0);
    assert_int_equal(bind(descriptor, (struct sockaddr *)&address, size), 0);
    assert_int_equal(getsockname(descriptor, (struct sockaddr *)&address, &size), 0);
    close(descriptor);
    snprintf(service->port, sizeof service->port, "%u", ntohs(address.sin_port));
}

static bool has_ended(const struct service *service)
{
    siginfo_t info = {0};
    assert_int_equal(waitid(P_PID, (id_t)service->running.pid, &info, WEXITED | WNOHANG | WNOWAIT),
                     0);
    return info.si_pid != 0;
}

static bool takes_connections(const struct service *service)
{
    struct sockaddr_in address;
    int descriptor = loopback_socket(&address, (in_port_t)atoi(service->port));
    bool taken = connect(descriptor, (struct sockaddr *)&address, sizeof address) == 0;
    close(descriptor);
    return taken;
}

static void insert_port(const struct service *service, const char **arguments)
{
    for (; *arguments != NULL; arguments++)
        if (strcmp(*arguments, SERVICE_PORT) == 0)
            *arguments = service->port;
}

void service_start(struct service *service, const char *const *arguments, bool watched)
{
    /* Where this test is killed, the server is told to end as well: snarl passes SIGTERM on. */
    const char *const prefix[] = {"setpriv", "--pdeathsig", "TERM", "--",
                                  UNHARMED_SNARL(service->report)};
    enum {
        ALONE = 4
    };
    const char *whole[UNHARMED_ARGUMENTS];
    unharmed_join(whole, prefix, watched ? ALONE + UNHARMED_PREFIX : ALONE, arguments);
    find_free_port(service);
    insert_port(service, whole);
    command_start(&service->running,
                  &(struct command){.arguments = whole, .directory = service->directory});
    service->runs = true;
    const struct timespec pause = {.tv_nsec = 10 * 1000 * 1000};
    while (!takes_connections(service)) {
        if (has_ended(service))
            fail_msg("%s ended before it answered on port %s", arguments[0], service->port);
        nanosleep(&pause, NULL);
    }
}

char *service_ask(const struct service *service, const char *const *arguments)
{
    /* Some clients go on asking a server that is dead. */
    const char *const prefix[] = {"timeout", "60"};
    const char *whole[UNHARMED_ARGUMENTS];
    unharmed_join(whole, prefix, 2, arguments);
    insert_port(service, whole);
    struct command_result result = command_run(&(struct command){.arguments = whole});
    assert_string_equal(result.error, "");
    assert_int_equal(result.status, 0);
    free(result.error);
    return result.output;
}

struct command_result service_stop(struct service *service)
{
    service->runs = false;
    kill(service->running.pid, SIGTERM);
    return command_finish(&service->running);
}

static size_t hide_numbers(char *text)
{
    char *to = text;
    for (const char *from = text; *from != '\0'; from++) {
        if (!isdigit((unsigned char)*from))
            *to++ = *from;
        else if (!isdigit((unsigned char)from[1]))
            *to++ = '#';
    }
    *to = '\0';
    return (size_t)(to - text);
}

void service_hide_numbers(struct command_result *result)
{
    result->output_size = hide_numbers(result->output);
    result->error_size = hide_numbers(result->error);
}
