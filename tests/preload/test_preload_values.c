/* Return values and errno are the program's own; what failed was no acquisition. */
#include <string.h>

#include "support/cmocka_all.h"
#include "watched.h"

static void every_call_returns_what_it_does_without(void **state)
{
    (void)state;
    const struct watch all = {.arguments = (const char *const[]){"values", "all", NULL}};
    watched_check_same(&all, 18, 5);
    struct watched watched = watched_run(&all);
    assert_int_equal(watched.report->finding_count, 5); /* three are destroyed while they are held,
                                                           two released that nobody holds */
    watched_free(&watched);
}

static void every_other_kind_returns_what_it_does_without(void **state)
{
    (void)state;
    UNHARMED(25, "returns", "all");
    UNHARMED(0, "returns", "quick-exit");
}

/* libc sees that it would wait for itself: no hang, but a mistake. */
static void what_libc_refuses_is_refused(void **state)
{
    (void)state;
    struct watched native = watched_run(&(struct watch){
        .arguments = (const char *const[]){"returns", "own-writer", NULL}, .plain = true});
    struct watched watched = WATCH("on-deadlock=abort", "returns", "own-writer");
    assert_int_equal(watched.result.status, 0);
    assert_string_equal(watched.result.error, "");
    assert_string_equal(watched.result.output, native.result.output);
    watched_check_complete(&watched);
    for (size_t i = 0; i < watched.report->finding_count; i++)
        assert_int_equal(watched.report->findings[i].kind, SNARL_FINDING_EXCLUSIVE_RECURSION);
    watched_free(&native);
    watched_free(&watched);
}

static void programs_are_started_and_refused_as_without(void **state)
{
    (void)state;
    struct watched native = watched_run(&(struct watch){
        .arguments = (const char *const[]){"values", "programs", NULL}, .plain = true});
    struct watched watched = WATCH(NULL, "values", "programs");
    assert_string_equal(watched.result.output, native.result.output);
    assert_string_equal(watched.result.error, "");
    assert_int_equal(watched.result.status, 0);
    watched_check_complete(&watched);
    assert_int_equal(watched.recording_count, 3); /* two children of it ran, watched */
    watched_free(&native);
    watched_free(&watched);
}

static void failed_calls_are_no_acquisitions(void **state)
{
    (void)state;
    struct watched watched = WATCH(NULL, "values", "busy");
    watched_check_complete(&watched);
    assert_int_equal(watched.report->statistics.acquisitions, 1); /* the other thread's */
    assert_int_equal(watched.report->statistics.dependencies, 0);
    watched_free(&watched);
}

static void a_robust_mutex_of_a_dead_owner_is_acquired(void **state)
{
    (void)state;
    struct watched watched = WATCH(NULL, "values", "robust");
    watched_check_complete(&watched);
    /* Each of two threads that died, this one twice after them, and the normal one behind. */
    assert_int_equal(watched.report->statistics.acquisitions, 5);
    assert_int_equal(watched.report->statistics.dependencies, 1);
    watched_free(&watched);
}

static void one_order_under_stress_is_never_a_deadlock(void **state)
{
    (void)state;
    struct watched watched = WATCH("on-deadlock=abort", "stress");
    assert_string_equal(watched.result.error, "");
    assert_string_equal(watched.result.output, "done\n");
    assert_int_equal(watched.result.status, 0);
    watched_check_complete(&watched);
    assert_int_equal(watched.report->finding_count, 0);
    assert_true(watched.report->statistics.acquisitions > 8 * 40000);
    assert_true(watched.report->statistics.threads > 8);
    watched_free(&watched);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_call_returns_what_it_does_without),
        cmocka_unit_test(every_other_kind_returns_what_it_does_without),
        cmocka_unit_test(what_libc_refuses_is_refused),
        cmocka_unit_test(programs_are_started_and_refused_as_without),
        cmocka_unit_test(failed_calls_are_no_acquisitions),
        cmocka_unit_test(a_robust_mutex_of_a_dead_owner_is_acquired),
        cmocka_unit_test(one_order_under_stress_is_never_a_deadlock),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
