/* snarl confirm: what it is told of (recordings, files, suppressions, interruptions), and what it
 * tells where nothing can be confirmed. */
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "confirm_ask.h"
#include "report_words.h"
#include "support/cmocka_all.h"
#include "support/command.h"

/* The twins differ in one letter of the rule. */
static void what_is_suppressed_is_not_tried(void **state)
{
    (void)state;
    char *rules = path_in(place, "rules");
    file_write(rules, "deadlock:^rotator$\n", 19, 0600);
    json_t *report = CONFIRM(0, "-s", rules, SCENARIO("deadlock_by_chance"));
    check_findings(report, "");
    assert_int_equal(json_integer_value(report_at(report, "suppressed")), 1);
    json_decref(report);
    file_write(rules, "deadlock:^rotate_$\n", 19, 0600);
    report = CONFIRM(66, "-s", rules, SCENARIO("deadlock_by_chance"));
    assert_int_equal(json_integer_value(report_at(report, "suppressed")), 0);
    json_decref(report);
    CHECK(125, "", "snarl: error: \"/nonexistent/rules\": No such file or directory\n",
          SNARL_COMMAND, "confirm", "-s", "/nonexistent/rules", "echo", "must not run");
    free(rules);
}

/* The very program, told to do something else. */
static void a_schedule_that_leads_nowhere_is_told(void **state)
{
    (void)state;
    json_t *report = CONFIRM(66, SNARL_CYCLES, "pair");
    const char *schedule = json_string_value(report_at(report, "findings.0.confirmation.schedule"));
    char expected[600];
    snprintf(expected, sizeof expected, "snarl: %s did not lead this run into its deadlock\n",
             schedule);
    CHECK(0, "", expected, SNARL_COMMAND, "run", "-o", "/dev/null", "--replay", schedule,
          SNARL_CYCLES, "gated");
    CHECK(66, "", "", SNARL_COMMAND, "run", "-o", "/dev/null", "--replay", schedule, SNARL_CYCLES,
          "pair");
    json_decref(report);
}

/* It is no program that could not be found. */
static void a_recording_that_is_damaged_is_a_recording(void **state)
{
    (void)state;
    char *damaged = path_in(place, "damaged.rec"), expected[600];
    file_write(damaged, "text", 4, 0600);
    snprintf(expected, sizeof expected, "snarl: error: %s: not a recording of snarl's\n", damaged);
    CHECK(125, "", expected, SNARL_COMMAND, "confirm", damaged);
    free(damaged);
}

static size_t lines_of(const char *name)
{
    FILE *file = fopen(name, "r");
    size_t lines = 0;
    for (int character; file && (character = fgetc(file)) != EOF;)
        lines += character == '\n';
    if (file)
        fclose(file);
    return lines;
}

/* Whenever the signal comes: within a run, or between two. */
static void who_is_interrupted_tells_what_is_known_and_cleans_up(void **state)
{
    (void)state;
    char *temporary = path_in(place, "temporary"), *runs = path_in(place, "runs"), variable[600];
    assert_int_equal(mkdir(temporary, 0700), 0);
    snprintf(variable, sizeof variable, "TMPDIR=%s", temporary);
    struct command command = {
        .arguments = (const char *[]){SNARL_COMMAND, "confirm", "--runs=100000", "-f", "json", "-o",
                                      path, "--", "sh", "-c", "echo >> \"$1\"; exec \"$0\" seldom",
                                      SNARL_CYCLES, runs, NULL},
        .environment = (const char *[]){variable, NULL},
    };
    struct command_running running;
    command_start(&running, &command);
    while (lines_of(runs) < 4) {
        siginfo_t end = {0};
        waitid(P_PID, (id_t)running.pid, &end, WEXITED | WNOHANG | WNOWAIT);
        if (end.si_pid)
            fail_msg("it has ended after %zu runs", lines_of(runs));
        usleep(1000);
    }
    kill(running.pid, SIGTERM);
    struct command_result result = command_finish(&running);
    assert_string_equal(result.error, "snarl: error: stopped by SIGTERM\n");
    assert_int_equal(result.status, 128 + SIGTERM);
    json_t *report = report_load(path);
    assert_string_equal(json_string_value(report_at(report, "findings.0.status")), "predicted");
    assert_in_range(json_integer_value(report_at(report, "findings.0.confirmation.runs")), 2, 9999);
    assert_int_equal(rmdir(temporary), 0); /* it is empty */
    json_decref(report);
    command_free(&result);
    free(temporary), free(runs);
}

static void a_recording_is_enough(void **state)
{
    (void)state;
    char *recordings = path_in(place, "recordings");
    struct command command = {.arguments =
                                  (const char *[]){SNARL_COMMAND, "run", "-k", recordings, "-o",
                                                   "/dev/null", "./cycles", "ring", NULL},
                              .environment = (const char *[]){"CYCLE=ring", NULL},
                              .directory = place};
    char *copy = path_in(place, "cycles");
    assert_int_equal(symlink(SNARL_CYCLES, copy), 0);
    struct command_result result = command_run(&command);
    assert_int_equal(result.status, 66);
    command_free(&result);
    json_t *report = CONFIRM(66, recordings);
    check_findings(report,
                   "lock-order-cycle confirmed error\n"
                   "  ring_first holds a (both) wants b (both)\n"
                   "  ring_second holds b (both) wants c (both)\n"
                   "  ring_third holds c (both) wants a (both)\n");
    json_decref(report);
    free(copy);
    free(recordings);
}

/* The case is in the environment of the recorded run alone. */
static void the_recorded_environment_is_used(void **state)
{
    (void)state;
    static const char script[] = "\"$0\" \"$CYCLE\"";
    for (int kept = 0; kept < 2; kept++) {
        char *recordings = path_in(place, kept ? "kept" : "not_kept");
        struct command command = {
            .arguments = (const char *[]){SNARL_COMMAND, "run", "-k", recordings, "-o", "/dev/null",
                                          kept ? "--environment=1" : "--environment=0", "sh", "-c",
                                          script, SNARL_CYCLES, NULL},
            .environment = (const char *[]){"CYCLE=pair", NULL}};
        struct command_result result = command_run(&command);
        assert_int_equal(result.status, 66);
        command_free(&result);
        result = COMMAND(SNARL_COMMAND, "confirm", "-n2", "-f", "json", "-o", path, "--schedules",
                         place, recordings);
        assert_int_equal(result.status, kept ? 66 : 0);
        const char *line = strstr(result.error, " holds no environment: the one of now is used\n");
        assert_true(kept ? *result.error == '\0' : line != NULL);
        command_free(&result);
        free(recordings);
    }
}

/* A child of the program's is steered as well. */
static void a_child_is_steered(void **state)
{
    (void)state;
    json_t *report = CONFIRM(66, "--", "sh", "-c", "\"$0\" pair; true", SNARL_CYCLES);
    check_findings(report,
                   "lock-order-cycle confirmed error\n"
                   "  pair_first holds a (both) wants b (both)\n"
                   "  pair_second holds b (both) wants a (both)\n");
    json_decref(report);
}

/* A file is read again by each run; what came through a pipe is gone. */
static void files_are_read_again(void **state)
{
    (void)state;
    static const char script[] =
        "\"$1\" confirm -n2 -o /dev/null --schedules \"$3\" -- sh -c 'read cycle; \"$0\" $cycle' "
        "\"$2\"";
    char from_file[512], from_pipe[512];
    snprintf(from_file, sizeof from_file, "echo pair >\"$3/input\"; %s <\"$3/input\"", script);
    snprintf(from_pipe, sizeof from_pipe, "echo pair | %s", script);
    struct command_result result =
        COMMAND("sh", "-c", from_file, "sh", SNARL_COMMAND, SNARL_CYCLES, place);
    assert_int_equal(result.status, 66);
    command_free(&result);
    result = COMMAND("sh", "-c", from_pipe, "sh", SNARL_COMMAND, SNARL_CYCLES, place);
    assert_int_equal(result.status, 0);
    command_free(&result);
}

static void what_has_happened_needs_no_confirmation(void **state)
{
    (void)state;
    json_t *report = CONFIRM(66, "-t5", SCENARIO("deadlock_abba"));
    assert_string_equal(json_string_value(report_at(report, "findings.0.status")), "occurred");
    assert_string_equal(
        json_string_value(report_at(report, "findings.0.confirmation.reason")),
        "It came by itself, before anything was steered: there is nothing to confirm.");
    json_decref(report);
}

/* The program's words are passed on once, and the report says how to see it again. */
static void the_text_says_how_to_see_it_again(void **state)
{
    (void)state;
    struct command command = {.arguments =
                                  (const char *[]){SNARL_COMMAND, "confirm", "--", "sh", "-c",
                                                   "echo once; \"$0\" pair", SNARL_CYCLES, NULL},
                              .directory = place};
    struct command_result result = command_run(&command);
    assert_int_equal(result.status, 66);
    assert_string_equal(result.output, "once\n");
    assert_non_null(strstr(result.error, "\n  Confirmed in run 1 of 10: steered there, process "));
    assert_non_null(strstr(result.error, "\n  To see it again:\n    snarl run --replay snarl."));
    assert_null(strstr(result.error, "finding 1 of 1")); /* no progress but on a terminal */
    command_free(&result);
}

static void schedules_that_are_none_are_refused(void **state)
{
    (void)state;
    char *schedule = path_in(place, "bad.schedule");
    char error[1024];
    static const char bad[] = "snarl-schedule 1\nhold on\n";
    file_write(schedule, bad, sizeof bad - 1, 0600);
    snprintf(error, sizeof error, "snarl: error: %s:2: expected wanted, taken or either\n",
             schedule);
    command_check(&(struct command){.arguments = (const char *[]){SNARL_COMMAND, "run", "--replay",
                                                                  schedule, "echo", "ran", NULL}},
                  125, "", error);
    command_check(
        &(struct command){.arguments = (const char *[]){SNARL_COMMAND, "run", "--replay",
                                                        "/nonexistent", "echo", "ran", NULL}},
        125, "",
        "snarl: error: the schedule \"/nonexistent\" cannot be read: No such file or "
        "directory\n");
    free(schedule);
}

static void trouble_is_told(void **state)
{
    (void)state;
    command_check(&(struct command){.arguments = (const char *[]){SNARL_COMMAND, "confirm", NULL}},
                  125, "",
                  "snarl: error: confirm: no program given (usage: snarl confirm [options] "
                  "RECORDING|DIRECTORY|[--] PROGRAM [ARGUMENT...])\n");
    command_check(&(struct command){.arguments = (const char *[]){SNARL_COMMAND, "confirm", "-n0",
                                                                  "true", NULL}},
                  125, "", "snarl: error: --runs \"0\": is not a number from 1 to 999999\n");
    struct command_result result = COMMAND(SNARL_COMMAND, "confirm", "./no_such_program");
    assert_int_equal(result.status, 127);
    command_free(&result);
    result = COMMAND(SNARL_COMMAND, "confirm", "-o", "/dev/null", "--schedules", "/nonexistent",
                     SNARL_CYCLES, "pair");
    assert_int_equal(result.status, 125);
    assert_non_null(strstr(result.error, "snarl: error: the schedule \"/nonexistent/snarl."));
    command_free(&result);
    result = COMMAND(SNARL_COMMAND, "confirm", place);
    assert_int_equal(result.status, 125);
    assert_non_null(strstr(result.error, "no recordings (*.rec) in this directory"));
    command_free(&result);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_schedule_that_leads_nowhere_is_told),
        TEST(a_recording_that_is_damaged_is_a_recording),
        TEST(what_is_suppressed_is_not_tried),
        TEST(who_is_interrupted_tells_what_is_known_and_cleans_up),
        TEST(a_recording_is_enough),
        TEST(the_recorded_environment_is_used),
        TEST(a_child_is_steered),
        TEST(files_are_read_again),
        TEST(what_has_happened_needs_no_confirmation),
        TEST(the_text_says_how_to_see_it_again),
        TEST(schedules_that_are_none_are_refused),
        TEST(trouble_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
