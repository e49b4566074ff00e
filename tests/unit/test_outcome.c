/* Whether what came of a leg is what is expected: a table of pairs that differ in one thing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "suite/outcome.h"

#define KIND(NAME) ((snarl_kinds)1 << SNARL_FINDING_##NAME)
#define NATIVE SNARL_LEG_NATIVE
#define SNARL SNARL_LEG_SNARL
#define TSAN SNARL_LEG_THREAD_SANITIZER

/* What is expected, and what came: `why` is NULL where that is as it should be. */
static const struct {
    enum snarl_leg_kind leg;
    struct {
        snarl_kinds kinds;
        bool hangs;
        int exit_code;
    } expected;
    struct snarl_outcome outcome;
    const char *why;
} rows[] = {
    {NATIVE, {0, false, 0}, {.output_matches = true}, NULL},
    {NATIVE, {0, false, 0}, {.output_matches = false}, "its output has no match of \"done\""},
    {NATIVE,
     {0, false, 0},
     {.output_matches = true, .exit_code = 1},
     "it ended with status 1 instead of 0"},
    {NATIVE, {0, false, 1}, {.output_matches = true, .exit_code = 1}, NULL},
    {NATIVE, {0, false, 0}, {.output_matches = true, .signal = 11}, "signal 11 ended it"},
    {NATIVE, {0, false, 0}, {.output_matches = true, .hung = true}, "it hung"},
    {NATIVE,
     {0, false, 0},
     {.output_matches = true, .hung = true, .timed_out = true},
     "it did not end in time"},
    {NATIVE, {0, true, 0}, {.output_matches = true, .hung = true, .signal = 9}, NULL},
    {NATIVE, {0, true, 0}, {.output_matches = true}, "it ended, and was to hang"},
    {NATIVE,
     {0, true, 0},
     {.output_matches = false, .hung = true},
     "its output has no match of \"done\""},
    /* A deadlock that is found is ended, with a status of snarl's. */
    {SNARL,
     {KIND(DEADLOCK), true, 0},
     {.output_matches = true, .exit_code = 66, .found = KIND(DEADLOCK)},
     NULL},
    {SNARL,
     {KIND(DEADLOCK), true, 0},
     {.output_matches = true, .hung = true, .found = KIND(DEADLOCK)},
     "it hung, and snarl did not end it"},
    {SNARL,
     {KIND(DEADLOCK), true, 0},
     {.output_matches = true, .hung = true},
     "it found nothing instead of deadlock"},
    {SNARL,
     {KIND(DEADLOCK), true, 0},
     {.output_matches = true, .exit_code = 66, .found = KIND(DEADLOCK) | KIND(LOCK_ORDER_CYCLE)},
     "it found lock-order-cycle, deadlock instead of deadlock"},
    {SNARL, {0, true, 0}, {.output_matches = true, .hung = true}, NULL},
    {SNARL,
     {0, false, 0},
     {.output_matches = true, .found = KIND(DATA_RACE)},
     "it found data-race instead of nothing"},
    /* A status of a sanitizer's own is nobody's concern. */
    {TSAN,
     {KIND(DATA_RACE), false, 0},
     {.output_matches = true, .exit_code = 66, .found = KIND(DATA_RACE)},
     NULL},
    {TSAN, {0, true, 0}, {.output_matches = true}, "it ended, and was to hang"},
    {TSAN, {0, true, 0}, {.output_matches = true, .hung = true}, NULL},
};

static void each_row_is_judged(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct snarl_scenario scenario = {.name = "it"};
        scenario.expect.output = "done";
        scenario.expect.ends = !rows[i].expected.hangs;
        scenario.expect.exit_code = rows[i].expected.exit_code;
        scenario.expect.legs[rows[i].leg] =
            (struct snarl_expected_kinds){true, rows[i].expected.kinds};
        char why[256] = "nothing";
        bool met = snarl_outcome_judge(&scenario, rows[i].leg, &rows[i].outcome, why, sizeof why);
        assert_int_equal(met, rows[i].why == NULL);
        if (!met)
            assert_string_equal(why, rows[i].why);
    }
}

/* With arguments of its own only the leg for races may print what it likes. */
static void other_arguments_print_something_else(void **state)
{
    (void)state;
    char why[256];
    struct snarl_scenario scenario = {.name = "it", .expect = {.output = "done", .ends = true}};
    const struct snarl_outcome outcome = {.output_matches = false};
    assert_false(snarl_outcome_judge(&scenario, SNARL_LEG_RACES, &outcome, why, sizeof why));
    scenario.races_arguments.count = 1;
    assert_true(snarl_outcome_judge(&scenario, SNARL_LEG_RACES, &outcome, why, sizeof why));
    assert_false(snarl_outcome_judge(&scenario, SNARL, &outcome, why, sizeof why));
}

static void output_is_matched_in_part_and_across_lines(void **state)
{
    (void)state;
    struct snarl_scenario scenario = {.name = "it"};
    assert_true(snarl_outcome_output_matches(&scenario, ""));
    scenario.expect.output = "one.*(two|three)";
    assert_true(snarl_outcome_output_matches(&scenario, "zero one\nand\nthree four"));
    assert_false(snarl_outcome_output_matches(&scenario, "three one"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_row_is_judged),
        cmocka_unit_test(other_arguments_print_something_else),
        cmocka_unit_test(output_is_matched_in_part_and_across_lines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
