/* What the orders between threads keep apart is no prediction, and what they do not is one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "watched.h"

struct feasible_case {
    const char *what;
    bool predicted;
    const char *ordered_by; /* in this run, and not for good */
    bool only_in_report;    /* it needs a thread that the process itself has passed over */
};

static const struct feasible_case cases[] = {
    {"made-after", false, NULL, false},
    {"made-before", true, NULL, false},
    {"done-again", true, NULL, false},
    {"joined-before", false, NULL, false},
    {"joined-after", true, NULL, false},
    {"one-by-one", false, NULL, false},
    {"at-once", true, NULL, false},
    {"one-by-one-c11", false, NULL, false},
    {"of-its-own", false, NULL, false},
    {"behind-the-makers-gate", false, NULL, false},
    {"behind-an-open-gate", true, NULL, false},
    {"gate-opened-in-between", true, NULL, false},
    {"behind-the-makers-door", false, NULL, false},
    {"both-read-the-door", true, NULL, false},
    {"barrier-of-two", false, NULL, false},
    {"barrier-of-two-for-four", true, "barrier", false},
    {"barrier-and-joined", false, NULL, false},
    {"rounds-by-turns", false, NULL, false},
    {"in-the-same-rounds", true, NULL, false},
    {"initialised", false, NULL, false},
    {"initialised-for-very-many", false, NULL, false},
    {"initialised-elsewhere", true, NULL, false},
    {"handed-off", true, "ready", false},
    {"posted-to", true, "posted", false},
    {"last-of-many", true, NULL, true},
    {"none-of-many", false, NULL, false},
};

static void comes_out(void **state)
{
    const struct feasible_case *expected = *state;
    struct watched watched = WATCH("exitcode=9", "feasible", expected->what);
    /* What the process itself counts at its end is what the report finds. */
    bool counted = expected->predicted && !expected->only_in_report;
    assert_int_equal(watched.result.status, counted ? 9 : 0);
    if (expected->predicted) {
        const struct snarl_report_finding *finding =
            watched_only_finding(&watched, SNARL_FINDING_LOCK_ORDER_CYCLE, SNARL_PREDICTED,
                                 SNARL_ERROR, (const char *const[]){"alice", "bob", NULL});
        const struct snarl_report_lock *object =
            snarl_report_lock_by_id(watched.report, finding->ordered_by);
        if (expected->ordered_by == NULL)
            assert_null(object);
        else
            assert_string_equal(object->name, expected->ordered_by);
    } else {
        watched_check_complete(&watched);
        assert_int_equal(watched.report->finding_count, 0);
        assert_true(watched.report->statistics.dependencies >= 2);
    }
    watched_free(&watched);
}

enum {
    CASES = sizeof cases / sizeof *cases,
};

int main(void)
{
    struct CMUnitTest tests[CASES];
    for (size_t i = 0; i < CASES; i++)
        tests[i] =
            (struct CMUnitTest){cases[i].what, comes_out, NULL, NULL, (void *)(uintptr_t)&cases[i]};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
