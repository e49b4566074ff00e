/* Python programs: two locks in opposite orders are reported; what is built of locks is not. */
#include <stdio.h>

#include "support/cmocka_all.h"
#include "watched.h"

static struct watched run(const char *what)
{
    struct watched watched =
        WATCH("on-deadlock=abort", SNARL_PYTHON, SNARL_PYTHON_PROGRAMS "/locks.py", what);
    assert_string_equal(watched.result.error, "");
    assert_string_equal(watched.result.output, "granted\n");
    assert_int_equal(watched.result.status, 0);
    watched_check_complete(&watched);
    return watched;
}

static void check_cycle(const char *what, enum snarl_severity severity)
{
    struct watched watched = run(what);
    const struct snarl_report *report = watched.report;
    assert_int_equal(report->finding_count, 1);
    const struct snarl_report_finding *finding = &report->findings[0];
    assert_string_equal(snarl_finding_name(finding->kind), "lock-order-cycle");
    assert_int_equal(finding->status, SNARL_PREDICTED);
    assert_string_equal(snarl_severity_name(finding->severity), snarl_severity_name(severity));
    assert_int_equal(finding->lock_count, 2);
    assert_int_equal(finding->step_count, 2);
    for (size_t i = 0; i < 2; i++) {
        const struct snarl_report_lock *lock = snarl_report_lock_by_id(report, finding->locks[i]);
        assert_string_equal(lock->kind, "semaphore");
        assert_true(finding->steps[i].tried); /* CPython never waits before it has tried */
        assert_false(finding->steps[i].timed);
    }
    watched_free(&watched);
}

static void opposite_orders_are_reported(void **state)
{
    (void)state;
    check_cycle("abba", SNARL_ERROR);
    check_cycle("recursive", SNARL_ERROR);
}

static void a_lock_that_is_also_polled_makes_a_warning(void **state)
{
    (void)state;
    check_cycle("polled", SNARL_WARNING);
}

static void what_is_built_of_locks_is_not(void **state)
{
    (void)state;
    static const char *const cases[] = {"one-order", "signal", "condition", "queues",
                                        "events",    "pools",  "barriers",  "semaphores"};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct watched watched = run(cases[i]);
        for (size_t j = 0; j < watched.report->finding_count; j++)
            fail_msg("%s: %s", cases[i], watched.report->findings[j].message);
        watched_free(&watched);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(opposite_orders_are_reported),
        cmocka_unit_test(a_lock_that_is_also_polled_makes_a_warning),
        cmocka_unit_test(what_is_built_of_locks_is_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
