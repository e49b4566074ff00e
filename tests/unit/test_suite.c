/* Which legs a suite runs how often, and what they come to. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "suite/suite.h"

static struct snarl_scenario scenarios[] = {
    {.name = "a"}, {.name = "b"}, {.name = "c"}, {.name = "d"}, {.name = "e"}};

enum {
    SCENARIOS = sizeof scenarios / sizeof *scenarios,
};

/* `b` is left to chance, `c` has no leg for ThreadSanitizer. */
static struct snarl_suite_choice choose(void)
{
    static const struct snarl_scenario *chosen[SCENARIOS];
    for (size_t i = 0; i < SCENARIOS; i++) {
        chosen[i] = &scenarios[i];
        scenarios[i].deterministic = i != 1;
        scenarios[i].expect.ends = true;
        for (int leg = 0; leg <= SNARL_LEG_THREAD_SANITIZER; leg++)
            scenarios[i].expect.legs[leg].given = true;
    }
    scenarios[2].expect.legs[SNARL_LEG_THREAD_SANITIZER].given = false;
    return (struct snarl_suite_choice){.scenarios = chosen,
                                       .count = SCENARIOS,
                                       .legs = {[SNARL_LEG_NATIVE] = true,
                                                [SNARL_LEG_SNARL] = true,
                                                [SNARL_LEG_RACES] = true,
                                                [SNARL_LEG_THREAD_SANITIZER] = true},
                                       .repeat = 1,
                                       .shard = 1,
                                       .shards = 1};
}

/* The runs of each leg of each scenario: "a 1 1 1 1 0 0, b ...". */
static const char *runs_of(const struct snarl_suite *suite)
{
    static char text[512];
    char *end = text;
    size_t jobs = 0;
    for (size_t i = 0; i < suite->count; i++) {
        end += sprintf(end, "%s%s", i ? ", " : "", suite->rows[i].scenario->name);
        for (int leg = 0; leg < SNARL_LEG_KINDS; leg++) {
            end += sprintf(end, " %u", suite->rows[i].legs[leg].runs);
            jobs += suite->rows[i].legs[leg].runs;
        }
    }
    assert_int_equal(suite->job_count, jobs);
    return text;
}

static void check_runs(const struct snarl_suite_choice *choice, const char *expected)
{
    struct snarl_suite suite;
    snarl_suite_make(&suite, choice);
    assert_string_equal(runs_of(&suite), expected);
    snarl_suite_free(&suite);
}

static void legs_run_as_often_as_they_are_to(void **state)
{
    (void)state;
    struct snarl_suite_choice choice = choose();
    check_runs(&choice,
               "a 1 1 1 1 0 0, b 10 10 10 10 0 0, c 1 1 1 0 0 0, d 1 1 1 1 0 0, "
               "e 1 1 1 1 0 0");
    choice.repeat = 3;
    check_runs(&choice,
               "a 3 3 3 3 0 0, b 10 10 10 10 0 0, c 3 3 3 0 0 0, d 3 3 3 3 0 0, "
               "e 3 3 3 3 0 0");
    choice.repeat = 12;
    choice.count = 2;
    check_runs(&choice, "a 12 12 12 12 0 0, b 12 12 12 12 0 0");
    choice.repeat = 1;
    choice.legs[SNARL_LEG_HELGRIND] = true; /* of which the manifest expects nothing */
    choice.legs[SNARL_LEG_SNARL] = false;
    check_runs(&choice, "a 1 0 1 1 0 0, b 10 0 10 10 0 0");
}

/* Every scenario is in exactly one part. */
static void shards_are_a_partition(void **state)
{
    (void)state;
    struct snarl_suite_choice choice = choose();
    for (choice.shards = 1; choice.shards <= SCENARIOS + 2; choice.shards++) {
        unsigned seen[SCENARIOS] = {0};
        for (choice.shard = 1; choice.shard <= choice.shards; choice.shard++) {
            struct snarl_suite suite;
            snarl_suite_make(&suite, &choice);
            for (size_t i = 0; i < suite.count; i++)
                seen[suite.rows[i].scenario - scenarios]++;
            snarl_suite_free(&suite);
        }
        for (size_t i = 0; i < SCENARIOS; i++)
            assert_int_equal(seen[i], 1);
    }
}

/* Hands in what came of the first runs of a's or b's native leg: '+' as expected, '-' not, 's'
 * skipped, 'f' failed; and returns the verdict. */
static const char *verdict_of(size_t row, const char *runs)
{
    struct snarl_suite suite;
    struct snarl_suite_choice choice = choose();
    snarl_suite_make(&suite, &choice);
    for (const char *run = runs; *run; run++) {
        struct snarl_outcome outcome = {.output_matches = true, .exit_code = *run == '-'};
        if (*run == 's' || *run == 'f') {
            outcome.kind = *run == 's' ? SNARL_OUTCOME_SKIPPED : SNARL_OUTCOME_FAILED;
            strcpy(outcome.reason, "no");
        }
        struct snarl_suite_job job = {row, SNARL_LEG_NATIVE};
        assert_int_equal(snarl_suite_add(&suite, &job, &outcome), *run == '+');
    }
    const char *name = snarl_verdict_name(
        snarl_suite_verdict(suite.rows[row].scenario, &suite.rows[row].legs[SNARL_LEG_NATIVE]));
    snarl_suite_free(&suite);
    return name;
}

static void runs_come_to_a_verdict(void **state)
{
    (void)state;
    enum {
        FORCED = 0,
        CHANCE = 1,
    };
    assert_string_equal(verdict_of(FORCED, ""), "none");
    assert_string_equal(verdict_of(FORCED, "+"), "met");
    assert_string_equal(verdict_of(FORCED, "-"), "unmet");
    assert_string_equal(verdict_of(FORCED, "++-+"), "unmet");
    assert_string_equal(verdict_of(FORCED, "s"), "skipped");
    assert_string_equal(verdict_of(FORCED, "+f+"), "failed");
    assert_string_equal(verdict_of(CHANCE, "---+--"), "met");
    assert_string_equal(verdict_of(CHANCE, "------"), "unmet");
    assert_string_equal(verdict_of(CHANCE, "++++++"), "met");
}

/* The outcome that is kept is that of the first run that was not as expected. */
static void the_first_difference_is_kept(void **state)
{
    (void)state;
    struct snarl_suite suite;
    struct snarl_suite_choice choice = choose();
    struct snarl_suite_job job = {0, SNARL_LEG_NATIVE};
    snarl_suite_make(&suite, &choice);
    for (int status = 0; status < 4; status++) {
        struct snarl_outcome outcome = {
            .output_matches = true, .exit_code = status % 3, .wall_s = 0.5};
        snarl_suite_add(&suite, &job, &outcome);
    }
    const struct snarl_suite_leg *leg = &suite.rows[0].legs[SNARL_LEG_NATIVE];
    assert_int_equal(leg->done, 4);
    assert_int_equal(leg->met, 2);
    assert_true(leg->wall_s == 2.0);
    assert_int_equal(leg->outcome->exit_code, 1);
    assert_string_equal(leg->why, "it ended with status 1 instead of 0");
    assert_int_equal(snarl_suite_count(&suite, SNARL_VERDICT_UNMET), 1);
    assert_int_equal(snarl_suite_count(&suite, SNARL_VERDICT_MET), 0);
    snarl_suite_free(&suite);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(legs_run_as_often_as_they_are_to),
        cmocka_unit_test(shards_are_a_partition),
        cmocka_unit_test(runs_come_to_a_verdict),
        cmocka_unit_test(the_first_difference_is_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
