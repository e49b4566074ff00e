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
};

static const struct feasible_case cases[] = {
    {"made-after", false, NULL},
    {"made-before", true, NULL},
    {"done-again", true, NULL},
    {"joined-before", false, NULL},
    {"joined-after", true, NULL},
    {"one-by-one", false, NULL},
    {"at-once", true, NULL},
    {"one-by-one-c11", false, NULL},
    {"of-its-own", false, NULL},
    {"behind-the-makers-gate", false, NULL},
    {"behind-an-open-gate", true, NULL},
    {"gate-opened-in-between", true, NULL},
    {"behind-the-makers-door", false, NULL},
    {"both-read-the-door", true, NULL},
    {"barrier-of-two", false, NULL},
    {"barrier-of-two-for-four", true, "barrier"},
    {"barrier-and-joined", false, NULL},
    {"rounds-by-turns", false, NULL},
    {"in-the-same-rounds", true, NULL},
    {"initialised", false, NULL},
    {"initialised-for-very-many", false, NULL},
    {"initialised-elsewhere", true, NULL},
    {"handed-off", true, "ready"},
    {"posted-to", true, "posted"},
    {"last-of-many", true, NULL},
    {"none-of-many", false, NULL},
};

static void comes_out(void **state)
{
    const struct feasible_case *expected = *state;
    struct watched watched = WATCH("exitcode=9", "feasible", expected->what);
    /* What the process itself counts at its end is what the report finds. */
    assert_int_equal(watched.result.status, expected->predicted ? 9 : 0);
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
