/* snarl run: the program runs as it would by itself, and the exit status is the contract's. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "report_words.h"
#include "support/cmocka_all.h"
#include "support/command.h"

#define SCENARIO(name) SNARL_SCENARIOS "/" name

/* Runs with the report thrown away, so that standard error is the program's too. */
#define QUIETLY(...) COMMAND(SNARL_COMMAND, "run", "-o", "/dev/null", __VA_ARGS__)

static void streams_and_arguments_are_the_program_s(void **state)
{
    (void)state;
    struct command_result result =
        QUIETLY("--", "sh", "-c", "printf '<%s>' \"$@\"; printf oops >&2", "sh", "two words", "",
                "--timeout", "*");
    assert_string_equal(result.output, "<two words><><--timeout><*>");
    assert_string_equal(result.error, "oops");
    assert_int_equal(result.status, 0);
    command_free(&result);
}

static void options_end_at_the_program(void **state)
{
    (void)state;
    struct command_result result = QUIETLY("echo", "--all", "--nonsense");
    assert_string_equal(result.output, "--all --nonsense\n");
    command_free(&result);
}

static void exit_statuses_are_the_program_s(void **state)
{
    (void)state;
    static const int statuses[] = {0, 1, 7, 66, 124, 125, 126, 127, 255};
    for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++) {
        char script[32];
        snprintf(script, sizeof script, "exit %d", statuses[i]);
        struct command_result result = QUIETLY("sh", "-c", script);
        assert_int_equal(result.status, statuses[i]);
        command_free(&result);
    }
}

static void death_by_signal_is_told_as_the_shell_does(void **state)
{
    (void)state;
    static const int signals[] = {SIGHUP, SIGINT, SIGKILL, SIGSEGV, SIGTERM};
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
        char script[32];
        snprintf(script, sizeof script, "kill -%d $$", signals[i]);
        struct command_result result = QUIETLY("sh", "-c", script);
        assert_int_equal(result.status, 128 + signals[i]);
        command_free(&result);
    }
}

static void findings_override_the_status(void **state)
{
    (void)state;
    static const struct {
        const char *option;
        int status;
    } rows[] = {{"--error-exitcode=66", 66}, {"--error-exitcode=3", 3}, {"-e0", 0}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct command_result result = QUIETLY(rows[i].option, SCENARIO("deadlock_abba_latent"));
        assert_int_equal(result.status, rows[i].status);
        command_free(&result);
    }
}

static void findings_override_the_time_limit(void **state)
{
    (void)state;
    struct command_result result =
        QUIETLY("--on-deadlock=report", "--timeout=0.7", SCENARIO("deadlock_abba"));
    assert_int_equal(result.status, 66);
    command_free(&result);
    result = QUIETLY("--on-deadlock=report", "--timeout=0.7", "--error-exitcode=0",
                     SCENARIO("deadlock_abba"));
    assert_int_equal(result.status, 124);
    command_free(&result);
}

/* An own SNARL_OPTIONS is heeded, and the command line overrides it. */
static void options_have_their_order(void **state)
{
    (void)state;
    const char *environment[] = {"SNARL_OPTIONS=on-deadlock=report:quiet=0", NULL};
    struct command command = {.arguments = (const char *[]){SNARL_COMMAND, "run", "-e0", "-t0.7",
                                                            SCENARIO("deadlock_relock"), NULL},
                              .environment = environment};
    struct command_result result = command_run(&command);
    assert_int_equal(result.status, 124);
    command_free(&result);
    command.arguments = (const char *[]){
        SNARL_COMMAND, "run", "-t10", "--on-deadlock=abort", SCENARIO("deadlock_relock"), NULL};
    result = command_run(&command);
    assert_int_equal(result.status, 66);
    command_free(&result);
}

/* The leftover would hold the pipes, and so the test, until it ended by itself. */
static void the_time_limit_ends_descendants_too(void **state)
{
    (void)state;
    struct command_result result =
        QUIETLY("--timeout", "0.5", "sh", "-c",
                "(trap '' TERM HUP; sleep 1000 & sleep 1000) & setsid sleep 1000 & wait");
    assert_int_equal(result.status, 124);
    command_free(&result);
}

static void what_is_left_behind_at_a_normal_end_lives(void **state)
{
    (void)state;
    struct command_result result = QUIETLY("sh", "-c", "(sleep 0.3; echo late) & echo early");
    assert_string_equal(result.output, "early\nlate\n");
    assert_int_equal(result.status, 0);
    command_free(&result);
}

static void signals_sent_to_snarl_reach_the_program(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int signal;
    } rows[] = {{"TERM", SIGTERM}, {"INT", SIGINT}, {"HUP", SIGHUP}, {"QUIT", SIGQUIT}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char script[128];
        snprintf(script, sizeof script,
                 "trap 'kill -9 $!; echo caught; exit 7' %s; sleep 1000 & echo ready; wait",
                 rows[i].name);
        struct command command = {.arguments =
                                      (const char *[]){SNARL_COMMAND, "run", "-o", "/dev/null",
                                                       "sh", "-c", script, NULL}};
        struct command_running running;
        command_start(&running, &command);
        command_await(&running, "ready\n");
        kill(running.pid, rows[i].signal);
        struct command_result result = command_finish(&running);
        assert_string_equal(result.output, "ready\ncaught\n");
        assert_int_equal(result.status, 7);
        command_free(&result);
    }
}

static void a_program_ended_by_sigterm_is_reported(void **state)
{
    (void)state;
    char *directory = directory_make(), *path = path_in(directory, "report.json");
    struct command command = {
        .arguments = (const char *[]){SNARL_COMMAND, "run", "-f", "json", "-o", path, "-e0",
                                      "--on-deadlock=report",
                                      SCENARIO("producer_consumer_lost_wakeup"), NULL}};
    struct command_running running;
    command_start(&running, &command);
    command_await(&running, "waits for the signal");
    kill(running.pid, SIGTERM);
    struct command_result result = command_finish(&running);
    assert_int_equal(result.status, 128 + SIGTERM);
    json_t *report = report_load(path);
    assert_int_equal(json_integer_value(report_at(report, "program.signal")), SIGTERM);
    assert_false(json_is_true(report_at(report, "program.timed_out")));
    assert_true(json_is_true(report_at(report, "processes.0.ended")));
    assert_true(json_array_size(report_at(report, "processes.0.states")) >= 2);
    json_decref(report);
    command_free(&result);
    directory_remove(directory);
    free(path);
}

static void signals_ignored_or_blocked_stay_so(void **state)
{
    (void)state;
    struct command_result result = COMMAND(
        "sh", "-c",
        "trap '' HUP CHLD; exec \"$0\" run -o /dev/null grep -E '^Sig(Blk|Ign)' /proc/self/status",
        SNARL_COMMAND);
    struct command_result plain =
        COMMAND("sh", "-c", "trap '' HUP CHLD; exec grep -E '^Sig(Blk|Ign)' /proc/self/status");
    assert_string_equal(result.output, plain.output);
    assert_int_equal(result.status, 0);
    command_free(&result);
    command_free(&plain);
}

/* A library that is preloaded already stays, behind ours. */
static void other_preloads_stay(void **state)
{
    (void)state;
    struct command command = {
        .arguments = (const char *[]){SNARL_COMMAND, "run", "-o", "/dev/null", "sh", "-c",
                                      "echo \"${LD_PRELOAD##*/libsnarl.so}\"", NULL},
        .environment = (const char *[]){
            "LD_PRELOAD=libm.so.6:libdl.so.2",
            "ASAN_OPTIONS=verify_asan_link_order=0", /* for a snarl built with sanitizers */
            NULL}};
    struct command_result result = command_run(&command);
    assert_string_equal(result.output, ":libm.so.6:libdl.so.2\n");
    command_free(&result);
}

/* The recording of a child that ends too early is lost, not the whole report. */
static void a_child_killed_early_harms_nothing(void **state)
{
    (void)state;
    for (int i = 0; i < 20; i++) {
        struct command_result result = QUIETLY("sh", "-c", "sleep 1000 & kill -9 $!; exit 7");
        assert_int_equal(result.status, 7);
        command_free(&result);
    }
}

/* A program whose recording is gone cannot be told from one that was never watched. */
static void a_run_without_recording_is_trouble(void **state)
{
    (void)state;
    char *directory = directory_make();
    struct command command = {.arguments =
                                  (const char *[]){SNARL_COMMAND, "run", "--keep", directory, "sh",
                                                   "-c", "rm -f ./*.rec; echo ran; exit 3", NULL},
                              .directory = directory};
    command_check(&command, 125, "ran\n",
                  "snarl: error: the program ran without libsnarl.so, so there is nothing to "
                  "report (try: snarl doctor)\n");
    directory_remove(directory);
}

static void the_report_goes_where_it_is_told(void **state)
{
    (void)state;
    struct command_result usual = COMMAND(SNARL_COMMAND, "run", "true");
    assert_string_equal(usual.output, "");
    assert_memory_equal(usual.error, "snarl: nothing found in true", 28);
    struct command_result output = COMMAND(SNARL_COMMAND, "run", "-o", "-", "true");
    assert_string_equal(output.error, "");
    assert_memory_equal(output.output, "snarl: nothing found in true", 28);
    assert_null(strchr(usual.error, '\033'));
    command_free(&usual);
    command_free(&output);
    struct command_result colour =
        COMMAND(SNARL_COMMAND, "run", "--color=always", SCENARIO("deadlock_relock"));
    assert_non_null(strchr(colour.error, '\033'));
    command_free(&colour);
    struct command_result full =
        COMMAND(SNARL_COMMAND, "run", "-o", "/dev/full", SCENARIO("deadlock_relock"));
    assert_int_equal(full.status, 125);
    assert_string_equal(full.error,
                        "snarl: error: the report could not be written: No space "
                        "left on device\n");
    command_free(&full);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(streams_and_arguments_are_the_program_s),
        cmocka_unit_test(options_end_at_the_program),
        cmocka_unit_test(exit_statuses_are_the_program_s),
        cmocka_unit_test(death_by_signal_is_told_as_the_shell_does),
        cmocka_unit_test(findings_override_the_status),
        cmocka_unit_test(findings_override_the_time_limit),
        cmocka_unit_test(options_have_their_order),
        cmocka_unit_test(the_time_limit_ends_descendants_too),
        cmocka_unit_test(what_is_left_behind_at_a_normal_end_lives),
        cmocka_unit_test(signals_sent_to_snarl_reach_the_program),
        cmocka_unit_test(a_program_ended_by_sigterm_is_reported),
        cmocka_unit_test(signals_ignored_or_blocked_stay_so),
        cmocka_unit_test(other_preloads_stay),
        cmocka_unit_test(a_child_killed_early_harms_nothing),
        cmocka_unit_test(a_run_without_recording_is_trouble),
        cmocka_unit_test(the_report_goes_where_it_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
