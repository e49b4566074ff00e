/* snarl run --chaos: what needs rare timing comes out within a hundred runs; what is right stays
 * so.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report_words.h"
#include "support/cmocka_all.h"
#include "support/command.h"

enum {
    MOST_RUNS = 100,
    MOST_RUNS_BY_CHANCE = 20,
};

/* Without the option: then not all of the mistakes come out in so few runs. */
static bool left_to_chance;

static char *directory, *path;

static int enter(void **state)
{
    (void)state;
    directory = directory_make();
    path = path_in(directory, "report.json");
    return 0;
}

static int leave(void **state)
{
    (void)state;
    free(path);
    directory_remove(directory);
    return 0;
}

struct run {
    int status;
    json_t *report;
};

/* A run of one of the programs with this seed. It is said, and stands in the report. */
static struct run run_with(int seed, const char *program, const char *name)
{
    char option[32], line[96];
    snprintf(option, sizeof option, "--chaos=%d", seed);
    snprintf(line, sizeof line, "snarl: random delays, seed %d (the same delays again: %s)\n", seed,
             option);
    struct command_result result = COMMAND(SNARL_COMMAND, "run", "-f", "json", "-o", path,
                                           left_to_chance ? "--" : option, program, name);
    struct run run = {result.status, report_load(path)};
    assert_string_equal(result.error, left_to_chance ? "" : line);
    if (!left_to_chance)
        assert_int_equal(json_integer_value(report_at(run.report, "chaos.seed")), seed);
    assert_string_equal(result.output, "");
    command_free(&result);
    return run;
}

static bool has_occurred(const json_t *report, const char *kind)
{
    size_t index;
    json_t *finding;
    json_array_foreach(report_at(report, "findings"), index, finding)
    {
        if (strcmp(json_string_value(report_at(finding, "kind")), kind) == 0 &&
            strcmp(json_string_value(report_at(finding, "status")), "occurred") == 0)
            return true;
    }
    return false;
}

/* How many runs it takes until the program hangs in this way or, for NULL, its result is wrong. */
static int runs_until(const char *name, const char *kind)
{
    int most = left_to_chance ? MOST_RUNS_BY_CHANCE : MOST_RUNS;
    for (int seed = 1; seed <= most; seed++) {
        struct run run = run_with(seed, SNARL_RARE, name);
        bool found = kind ? run.status == 66 && has_occurred(run.report, kind) : run.status == 1;
        json_decref(run.report);
        if (found)
            return seed;
    }
    fail_msg("%s came out well %d times", name, most);
    return 0;
}

static void check(const char *name, const char *kind)
{
    int runs = runs_until(name, kind);
    print_message("%s: in run %d\n", name, runs);
    for (int seed = 1; seed <= runs; seed++) {
        struct run run = run_with(seed, SNARL_RARE_MENDED, name);
        assert_int_equal(run.status, 0);
        assert_int_equal(json_array_size(report_at(run.report, "findings")), 0);
        json_decref(run.report);
    }
}

static void a_state_is_looked_at_before_the_lock_is_taken(void **state)
{
    (void)state;
    check("lost_wakeup", "all-threads-blocked");
}

static void a_flag_is_set_without_the_lock(void **state)
{
    (void)state;
    check("stop_flag", "all-threads-blocked");
}

static void an_update_is_lost_between_two_critical_sections(void **state)
{
    (void)state;
    check("lost_update", NULL);
}

static void a_signal_wakes_one_of_the_wrong_kind(void **state)
{
    (void)state;
    check("one_condition", "all-threads-blocked");
}

static void two_locks_are_taken_in_two_orders(void **state)
{
    (void)state;
    check("two_orders", "deadlock");
}

static void lost_wakeups_of_the_scenarios_appear(void **state)
{
    (void)state;
    struct command_result result =
        COMMAND(SNARL_COMMAND, "run", "-f", "json", "-o", path, "--chaos=1",
                SNARL_SCENARIOS "/producer_consumer_lost_wakeup");
    assert_int_equal(result.status, 66);
    json_t *report = report_load(path);
    assert_true(has_occurred(report, "all-threads-blocked"));
    json_decref(report);
    command_free(&result);
}

static void scenarios_that_are_right_stay_so(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"producer_consumer_queue", "expected 100010000, got 100010000"},
        {"deadlock_ordered", "alice has 80, bob has 120"},
        {"counter_locked", "expected 2000000, got 2000000, lost 0"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        for (int seed = 1; seed <= 3; seed++) {
            char option[32], *program = path_in(SNARL_SCENARIOS, rows[i][0]);
            snprintf(option, sizeof option, "--chaos=%d", seed);
            struct command_result result =
                COMMAND(SNARL_COMMAND, "run", "-f", "json", "-o", path, option, program);
            assert_int_equal(result.status, 0);
            assert_non_null(strstr(result.output, rows[i][1]));
            json_t *report = report_load(path);
            assert_int_equal(json_array_size(report_at(report, "findings")), 0);
            json_decref(report);
            command_free(&result);
            free(program);
        }
}

/* The number between two texts, both of which must be there. */
static long number_between(const char *text, const char *before, const char *after)
{
    const char *place = strstr(text, before);
    assert_non_null(place);
    char *end;
    long number = strtol(place + strlen(before), &end, 10);
    assert_memory_equal(end, after, strlen(after));
    return number;
}

static void without_a_seed_one_is_chosen(void **state)
{
    (void)state;
    long seeds[3];
    for (size_t i = 0; i < 3; i++) {
        struct command_result result = COMMAND(SNARL_COMMAND, "run", "--chaos", "true");
        assert_int_equal(result.status, 0);
        seeds[i] = number_between(result.error, "snarl: random delays, seed ", " (the same");
        assert_in_range(seeds[i], 1, 999999999);
        assert_int_equal(number_between(result.error, "again: --chaos=", ")\n"), seeds[i]);
        assert_int_equal(number_between(result.error, "\nRandom delays, seed ", ". The"), seeds[i]);
        command_free(&result);
    }
    assert_false(seeds[0] == seeds[1] && seeds[1] == seeds[2]);
}

static void without_the_option_there_is_no_seed(void **state)
{
    (void)state;
    struct command_result result = COMMAND(SNARL_COMMAND, "run", "-f", "json", "-o", path, "true");
    assert_string_equal(result.error, "");
    json_t *report = report_load(path);
    assert_null(json_object_get(report, "chaos"));
    json_decref(report);
    command_free(&result);
}

/* What a run was delayed by is known of its recordings, too. */
static void recordings_keep_the_seed(void **state)
{
    (void)state;
    char *kept = path_in(directory, "kept");
    struct command_result result = COMMAND(SNARL_COMMAND, "run", "-o", "/dev/null", "-k", kept,
                                           "--chaos=77", SNARL_RARE_MENDED, "two_orders");
    assert_int_equal(result.status, 0);
    command_free(&result);
    result = COMMAND(SNARL_COMMAND, "report", "-f", "json", "-o", path, kept);
    assert_int_equal(result.status, 0);
    json_t *report = report_load(path);
    assert_int_equal(json_integer_value(report_at(report, "chaos.seed")), 77);
    json_decref(report);
    command_free(&result);
    free(kept);
}

int main(void)
{
    const struct CMUnitTest rare[] = {
        cmocka_unit_test(a_state_is_looked_at_before_the_lock_is_taken),
        cmocka_unit_test(a_flag_is_set_without_the_lock),
        cmocka_unit_test(an_update_is_lost_between_two_critical_sections),
        cmocka_unit_test(a_signal_wakes_one_of_the_wrong_kind),
        cmocka_unit_test(two_locks_are_taken_in_two_orders),
    };
    const struct CMUnitTest others[] = {
        cmocka_unit_test(lost_wakeups_of_the_scenarios_appear),
        cmocka_unit_test(scenarios_that_are_right_stay_so),
        cmocka_unit_test(without_a_seed_one_is_chosen),
        cmocka_unit_test(without_the_option_there_is_no_seed),
        cmocka_unit_test(recordings_keep_the_seed),
    };
    left_to_chance = getenv("SNARL_TEST_LEFT_TO_CHANCE") != NULL;
    int failed = cmocka_run_group_tests(rare, enter, leave);
    return left_to_chance ? failed : failed + cmocka_run_group_tests(others, enter, leave);
}
