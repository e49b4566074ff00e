/* Code that libsnarl.so does not know: early and late libraries, allocators, plugins, C++. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support/cmocka_all.h"
#include "watched.h"

static void calls_come_before_it_is_up_and_after_its_end(void **state)
{
    (void)state;
    char *early = built_path("early.so");
    const char *const arguments[] = {"values", "all", NULL};
    watched_check_same(&(struct watch){.arguments = arguments, .preload_before = early}, 18, 5);
    watched_check_same(&(struct watch){.arguments = arguments, .preload_after = early}, 18, 5);
    const char *const forking[] = {"forks", "while-others-lock", NULL};
    watched_check_unharmed(&(struct watch){.arguments = forking, .preload_before = early}, 800);
    free(early);
}

static void an_allocator_behind_a_mutex(void **state)
{
    (void)state;
    UNHARMED(4 * 10 * 1000 * 7, "own_allocator");
}

static void jemalloc_before_and_behind(void **state)
{
    (void)state;
    const char *const library = "/usr/lib/x86_64-linux-gnu/libjemalloc.so.2";
    if (access(library, R_OK) != 0) {
        print_message("SKIPPED: there is no %s (package libjemalloc2)\n", library);
        skip();
    }
    const char *const arguments[] = {"allocator", NULL};
    watched_check_unharmed(&(struct watch){.arguments = arguments, .preload_before = library},
                           40000);
    watched_check_unharmed(&(struct watch){.arguments = arguments, .preload_after = library},
                           40000);
    const char *const forking[] = {"forks", "while-others-lock", NULL};
    watched_check_unharmed(&(struct watch){.arguments = forking, .preload_after = library}, 800);
}

static void a_lock_in_the_place_of_another_is_another(void **state)
{
    (void)state;
    struct watched watched = WATCH(NULL, "unload", "two", SNARL_PROGRAMS);
    assert_string_equal(watched.result.error, "");
    assert_string_equal(watched.result.output, "same place\n"); /* else this says nothing */
    watched_check_complete(&watched);
    assert_int_equal(watched.report->finding_count, 0);
    assert_int_equal(watched.report->statistics.locks, 3);
    assert_int_equal(watched.report->edge_count, 3); /* one is the loader's own */
    watched_free(&watched);
}

static void locks_of_libraries_that_are_gone_have_their_names(void **state)
{
    (void)state;
    struct watched watched = WATCH(NULL, "unload", "one", SNARL_PROGRAMS);
    assert_string_equal(watched.result.error, "");
    watched_only_finding(&watched, SNARL_FINDING_LOCK_ORDER_CYCLE, SNARL_PREDICTED, SNARL_ERROR,
                         (const char *const[]){"host", "lock_of_blue", NULL});
    watched_free(&watched);
}

static void exceptions_reach_their_handlers(void **state)
{
    (void)state;
    char *program = built_path("exceptions");
    bool there = access(program, X_OK) == 0;
    free(program);
    if (!there) {
        print_message("SKIPPED: the build found no C++ compiler\n");
        skip();
    }
    UNHARMED(200 * 4 + 400, "exceptions");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(calls_come_before_it_is_up_and_after_its_end),
        cmocka_unit_test(an_allocator_behind_a_mutex),
        cmocka_unit_test(jemalloc_before_and_behind),
        cmocka_unit_test(a_lock_in_the_place_of_another_is_another),
        cmocka_unit_test(locks_of_libraries_that_are_gone_have_their_names),
        cmocka_unit_test(exceptions_reach_their_handlers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
