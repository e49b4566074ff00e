/* snarl run where nothing in the program can run any more, and where it only seems so. */
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report_words.h"
#include "support/cmocka_all.h"
#include "support/command.h"

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

/* Runs to a report in `path`, with these words before the program's case. */
#define RUN(...) COMMAND(SNARL_COMMAND, "run", "-f", "json", "-o", path, __VA_ARGS__)

/* Each finding as "KIND STATUS SEVERITY\n". */
static void assert_findings(const json_t *report, const char *expected)
{
    char found[1024] = "";
    size_t length = 0, index;
    json_t *finding;
    json_array_foreach(report_at(report, "findings"), index, finding)
    {
        length += (size_t)snprintf(found + length, sizeof found - length, "%s %s %s\n",
                                   json_string_value(report_at(finding, "kind")),
                                   json_string_value(report_at(finding, "status")),
                                   json_string_value(report_at(finding, "severity")));
        assert_true(length < sizeof found);
    }
    assert_string_equal(found, expected);
}

#define ERROR "all-threads-blocked occurred error\n"
#define WARNING "all-threads-blocked occurred warning\n"

/* The exit code, or NULL's -1, and whether the time limit was needed. */
static void assert_end(const json_t *report, int exit_code, bool timed_out)
{
    json_t *code = report_at(report, "program.exit_code");
    assert_int_equal(json_is_null(code) ? -1 : json_integer_value(code), exit_code);
    assert_int_equal(json_integer_value(report_at(report, "program.signal")),
                     exit_code < 0 ? SIGKILL : 0);
    assert_int_equal(json_is_true(report_at(report, "program.timed_out")), timed_out);
}

/* No time limit: a program that is not ended hangs, and with it the test. */
static void a_program_that_sleeps_is_ended_at_once(void **state)
{
    (void)state;
    static const char *const cases[] = {"lost-wakeup", "never-posted", "short-of-a-party"};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct command_result result = RUN(SNARL_ASLEEP, cases[i]);
        assert_int_equal(result.status, 66);
        assert_string_equal(result.output, "sleeps\n");
        assert_string_equal(result.error, "");
        json_t *report = report_load(path);
        assert_findings(report, ERROR);
        assert_end(report, 66, false);
        assert_true(json_is_true(report_at(report, "processes.0.ended")));
        json_decref(report);
        command_free(&result);
    }
}

/* As one that libsnarl.so ends at a deadlock. */
static void its_own_status_is_that_of_a_deadlock(void **state)
{
    (void)state;
    struct command_result result = RUN("-e0", SNARL_ASLEEP, "lost-wakeup");
    assert_int_equal(result.status, 66);
    command_free(&result);
    result = RUN("-e0", SNARL_SCENARIOS "/deadlock_relock");
    assert_int_equal(result.status, 66);
    command_free(&result);
    result = RUN("-e3", SNARL_ASLEEP, "lost-wakeup");
    assert_int_equal(result.status, 3);
    command_free(&result);
}

static void what_may_be_woken_from_outside_is_left_alone(void **state)
{
    (void)state;
    static const char *const cases[] = {"lost-wakeup-timer", "never-posted-handler",
                                        "never-posted-shared"};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct command_result result = RUN("-t3", SNARL_ASLEEP, cases[i]);
        assert_int_equal(result.status, 124);
        assert_string_equal(result.error, "");
        json_t *report = report_load(path);
        assert_findings(report, WARNING);
        assert_end(report, -1, true);
        json_decref(report);
        command_free(&result);
    }
}

static void what_may_go_on_by_itself_is_nothing(void **state)
{
    (void)state;
    static const char *const cases[] = {"lost-wakeup-other-wait", "lost-wakeup-limit"};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct command_result result = RUN("-t1", SNARL_ASLEEP, cases[i]);
        assert_int_equal(result.status, 124);
        json_t *report = report_load(path);
        assert_findings(report, "");
        json_decref(report);
        command_free(&result);
    }
}

/* It seemed asleep, with a doubt; the doubt was right. */
static void one_that_wakes_is_nothing(void **state)
{
    (void)state;
    struct command_result result = RUN(SNARL_ASLEEP, "posted-by-handler");
    assert_int_equal(result.status, 0);
    assert_string_equal(result.output, "sleeps\nwoke\n");
    json_t *report = report_load(path);
    assert_findings(report, "");
    assert_end(report, 0, false);
    json_decref(report);
    command_free(&result);
}

static void a_hang_that_is_wanted_is_told_of(void **state)
{
    (void)state;
    static const char *const options[] = {"--on-deadlock=report", "--on-deadlock=edeadlk"};
    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        struct command_result result = RUN(options[i], "-t3", SNARL_ASLEEP, "lost-wakeup");
        assert_int_equal(result.status, 66);
        json_t *report = report_load(path);
        assert_findings(report, ERROR);
        assert_end(report, -1, true);
        char line[8192];
        snprintf(line, sizeof line, "snarl: all threads are asleep in " SNARL_ASLEEP " (pid %d)\n",
                 (int)json_integer_value(report_at(report, "processes.0.pid")));
        assert_string_equal(result.error, line);
        json_decref(report);
        command_free(&result);
    }
}

/* The user's own options count, and the command line before them. */
static void options_have_their_order(void **state)
{
    (void)state;
    const char *arguments[] = {SNARL_COMMAND, "run", "-o",         path,          "-t3",
                               "-e0",         "--",  SNARL_ASLEEP, "lost-wakeup", NULL};
    struct command command = {
        .arguments = arguments,
        .environment = (const char *[]){"SNARL_OPTIONS=on-deadlock=report:stack_depth=9", NULL}};
    struct command_result result = command_run(&command);
    assert_int_equal(result.status, 124);
    command_free(&result);
    arguments[6] = "--on-deadlock=abort";
    result = command_run(&command);
    assert_int_equal(result.status, 66);
    command_free(&result);
}

static void without_detectors_nobody_looks(void **state)
{
    (void)state;
    struct command_result result = RUN("--detect-deadlocks=0", "-t1", SNARL_ASLEEP, "lost-wakeup");
    assert_int_equal(result.status, 124);
    assert_string_equal(result.error, "");
    json_t *report = report_load(path);
    assert_findings(report, "");
    json_decref(report);
    command_free(&result);
}

/* Who started it sees it killed, and goes on. */
static void a_child_that_sleeps_is_ended(void **state)
{
    (void)state;
    struct command_result result =
        RUN("sh", "-c", "\"$0\" lost-wakeup; echo $?; exit 5", SNARL_ASLEEP);
    assert_int_equal(result.status, 66);
    assert_string_equal(result.output, "sleeps\n137\n");
    json_t *report = report_load(path);
    assert_findings(report, ERROR);
    assert_end(report, 5, false);
    json_decref(report);
    command_free(&result);
}

/* The report of a program that hangs, made from beside, with nothing written to its recording. */
static void a_living_program_is_judged_by_the_report(void **state)
{
    (void)state;
    char *keep = path_in(directory, "kept");
    struct command command = {
        .arguments = (const char *[]){SNARL_COMMAND, "run", "-k", keep, "--on-deadlock=report",
                                      "-o", "/dev/null", SNARL_ASLEEP, "lost-wakeup", NULL}};
    struct command_running running;
    command_start(&running, &command);
    command_await(&running, "sleeps\n");
    for (size_t found = 0; found == 0;) { /* it may only be about to sleep */
        CHECK(0, "", "", SNARL_COMMAND, "report", "-f", "json", "-o", path, keep);
        json_t *report = report_load(path);
        found = json_array_size(report_at(report, "findings"));
        if (found > 0)
            assert_findings(report, ERROR);
        json_decref(report);
    }
    kill(running.pid, SIGTERM);
    struct command_result result = command_finish(&running);
    command_free(&result);
    free(keep);
}

/* A kept recording says it, too. */
static void a_kept_recording_says_so(void **state)
{
    (void)state;
    char *keep = path_in(directory, "kept");
    struct command_result result = RUN("-k", keep, SNARL_ASLEEP, "lost-wakeup");
    assert_int_equal(result.status, 66);
    command_free(&result);
    CHECK(0, "", "", SNARL_COMMAND, "report", "-f", "json", "-o", path, keep);
    json_t *report = report_load(path);
    assert_findings(report, ERROR);
    json_decref(report);
    free(keep);
}

static void thread_pools_are_nothing(void **state)
{
    (void)state;
    struct command_result result = RUN(SNARL_ASLEEP, "pools");
    assert_int_equal(result.status, 0);
    assert_string_equal(result.output, "10000 threads started and stopped\n");
    assert_string_equal(result.error, "");
    json_t *report = report_load(path);
    assert_findings(report, "");
    assert_int_equal(json_integer_value(report_at(report, "statistics.threads")), 10001);
    json_decref(report);
    command_free(&result);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, enter, leave)
    const struct CMUnitTest tests[] = {
        TEST(a_program_that_sleeps_is_ended_at_once),
        TEST(its_own_status_is_that_of_a_deadlock),
        TEST(what_may_be_woken_from_outside_is_left_alone),
        TEST(what_may_go_on_by_itself_is_nothing),
        TEST(one_that_wakes_is_nothing),
        TEST(a_hang_that_is_wanted_is_told_of),
        TEST(options_have_their_order),
        TEST(without_detectors_nobody_looks),
        TEST(a_child_that_sleeps_is_ended),
        TEST(a_living_program_is_judged_by_the_report),
        TEST(a_kept_recording_says_so),
        TEST(thread_pools_are_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
