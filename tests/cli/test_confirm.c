/* snarl confirm: what is predicted and can happen is made to happen, and again by its schedule;
 * what cannot is not. */
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "report_words.h"
#include "support/cmocka_all.h"
#include "support/command.h"

#define SCENARIO(name) SNARL_SCENARIOS "/" name

static char *place; /* where the report and the schedules of the test at hand go */
static char *path;

static int enter(void **state)
{
    (void)state;
    place = directory_make();
    path = path_in(place, "report.json");
    return 0;
}

static int leave(void **state)
{
    (void)state;
    free(path);
    directory_remove(place);
    return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, enter, leave)

/* The report of a confirmation, to be given back. */
#define CONFIRM(status_, ...)                                                                      \
    confirm(status_, (const char *const[]){SNARL_COMMAND, "confirm", "-f", "json", "-o", path,     \
                                           "--schedules", place, __VA_ARGS__, NULL})

static json_t *run_and_load(int status, const char *const *arguments)
{
    struct command_result result = command_run(&(struct command){.arguments = arguments});
    if (result.status != status)
        fail_msg("%s: exit status %d, not %d: %s", arguments[8], result.status, status,
                 result.error);
    command_free(&result);
    return report_load(path);
}

static json_t *confirm(int status, const char *const *arguments)
{
    return run_and_load(status, arguments);
}

static json_t *replay(int status, const char *schedule, const char *cycle)
{
    return run_and_load(status,
                        (const char *const[]){SNARL_COMMAND, "run", "-f", "json", "-o", path,
                                              "--replay", schedule, SNARL_CYCLES, cycle, NULL});
}

/* What is found, without the lines of steps whose locks have no names. */
static void check_findings(const json_t *report, const char *expected)
{
    char *found = report_findings(report);
    assert_string_equal(found, expected);
    free(found);
}

static const struct happens {
    const char *name;
    const char *steps; /* NULL where locks take part that have no names, or are no side of it */
    size_t threads;
} happens[] = {
    {"pair",
     "  pair_first holds a (both) wants b (both)\n"
     "  pair_second holds b (both) wants a (both)\n",
     2},
    {"main",
     "  main holds a (both) wants b (both)\n"
     "  main_other holds b (both) wants a (both)\n",
     2},
    {"ring",
     "  ring_first holds a (both) wants b (both)\n"
     "  ring_second holds b (both) wants c (both)\n"
     "  ring_third holds c (both) wants a (both)\n",
     3},
    {"rwlock",
     "  rwlock_first holds readers (rwlock_first) wants writers (rwlock_first)\n"
     "  rwlock_second holds writers (rwlock_second) wants readers (rwlock_second)\n",
     2},
    {"handed",
     "  handed_first holds a (handed_first) wants b (both)\n"
     "  handed_second holds b (both) wants a (both)\n",
     2},
    {"spins",
     "  spins_first holds spin (spins_first) wants plain (spins_first)\n"
     "  spins_second holds plain (spins_second) wants spin (spins_second)\n",
     2},
    {"loops",
     "  loops_first holds a (both) wants b (both)\n"
     "  loops_second holds b (both) wants a (both)\n",
     2},
    {"again",
     "  again_first holds again::deep (again_first) wants b (both)\n"
     "  again_second holds b (again_second) wants again::deep (again_second)\n",
     2},
    {"nested", NULL, 2},
    {"made", NULL, 5},
    {"unmade", NULL, 2},
    {"transfers", NULL, 2},
};

static bool has_hung(const json_t *report)
{
    const char *kind = json_string_value(report_at(report, "findings.0.kind"));
    return kind != NULL && strcmp(kind, "deadlock") == 0;
}

/* On a busy machine it may take more than one run: threads come to their places late. */
static json_t *replay_until_hung(const char *schedule, const char *name)
{
    enum {
        MOST_REPLAYS = 5,
    };
    json_t *report = replay(66, schedule, name);
    for (int i = 1; i < MOST_REPLAYS && !has_hung(report); i++) {
        json_decref(report);
        report = replay(66, schedule, name);
    }
    return report;
}

/* Then its schedule leads there once more. */
static void is_confirmed(void **state)
{
    const struct happens *row = *state;
    char expected[1024];
    enter(state);
    json_t *report = CONFIRM(66, SNARL_CYCLES, row->name);
    assert_int_equal(json_array_size(report_at(report, "findings")), 1);
    const json_t *finding = report_at(report, "findings.0");
    assert_int_equal(json_array_size(report_at(finding, "threads")), row->threads);
    if (row->steps) {
        snprintf(expected, sizeof expected, "lock-order-cycle confirmed error\n%s", row->steps);
        check_findings(report, expected);
    }
    assert_string_equal(json_string_value(report_at(finding, "status")), "confirmed");
    assert_in_range(json_integer_value(report_at(finding, "confirmation.run")), 1, 10);
    assert_int_equal(json_integer_value(report_at(finding, "confirmation.runs")), 10);
    assert_true(json_is_null(report_at(finding, "confirmation.reason")));
    char *schedule = strdup(json_string_value(report_at(finding, "confirmation.schedule")));
    json_decref(report);

    report = replay_until_hung(schedule, row->name);
    if (row->steps) {
        snprintf(expected, sizeof expected, "deadlock occurred error\n%s", row->steps);
        check_findings(report, expected);
    }
    assert_string_equal(json_string_value(report_at(report, "findings.0.kind")), "deadlock");
    assert_int_equal(json_array_size(report_at(report, "findings.0.threads")), row->threads);
    json_decref(report);
    free(schedule);
    leave(state);
}

/* Without the numbers of lines: "both() (cycles.c)". To be freed. */
static char *without_lines(const char *text)
{
    char *copy = calloc(strlen(text) + 1, 1), *to = copy;
    for (; *text; text++)
        if (*text == ':' && text[1] >= '0' && text[1] <= '9')
            text += strspn(text + 1, "0123456789");
        else
            *to++ = *text;
    return copy;
}

static void the_scenario_that_can_happen_does(void **state)
{
    (void)state;
    json_t *report = CONFIRM(66, SCENARIO("deadlock_by_chance"));
    check_findings(report,
                   "lock-order-cycle confirmed error\n"
                   "  rotator holds journal.lock (rotate) wants queue.lock (rotate)\n"
                   "  server holds queue.lock (serve) wants journal.lock (serve)\n");
    json_decref(report);
}

/* Not confirmed, whatever is tried; the reason, NULL for what is known not to happen. */
static void check_apart(const char *name, const char *reason)
{
    json_t *report = CONFIRM(0, "--runs=4", SNARL_CYCLES, name);
    if (!reason) {
        assert_int_equal(json_array_size(report_at(report, "findings")), 0);
    } else {
        const json_t *finding = report_at(report, "findings.0");
        assert_string_equal(json_string_value(report_at(finding, "status")), "predicted");
        assert_true(json_is_null(report_at(finding, "confirmation.run")));
        assert_int_equal(json_integer_value(report_at(finding, "confirmation.runs")), 4);
        char *told = without_lines(json_string_value(report_at(finding, "confirmation.reason")));
        assert_string_equal(told, reason);
        free(told);
    }
    json_decref(report);
}

static void a_gate_lock_keeps_them_apart(void **state)
{
    (void)state;
    check_apart("gated", NULL);
}

static void a_message_keeps_them_apart(void **state)
{
    (void)state;
    check_apart(
        "told",
        "While thread 2 (told_first) was held in both() (cycles.c), nothing else could run: "
        "thread 3 (told_second) waited on said in told_second() (cycles.c).");
}

static void one_side_never_comes(void **state)
{
    (void)state;
    check_apart("seldom",
                "No thread came to want a in both() (cycles.c) with b held, as thread 3 "
                "(seldom_second) once did.");
}

static void a_hang_elsewhere_is_none(void **state)
{
    (void)state;
    check_apart("elsewhere",
                "No thread came to want b in both() (cycles.c) with a held, as thread 2 "
                "(elsewhere_first) once did. In 4 of the runs it hung on another "
                "cycle: thread 2 (elsewhere_first) locks c, which it holds already.");
}

/* The first has ended before the second is made: whether that is known before or only seen. */
static void an_order_by_join_keeps_them_apart(void **state)
{
    (void)state;
    json_t *report = CONFIRM(0, "--runs=4", "--all", SNARL_CYCLES, "joined");
    assert_string_not_equal(json_string_value(report_at(report, "findings.0.status")), "confirmed");
    json_decref(report);
}

/* A call path as a schedule has it: return addresses, one past what the report says. */
static void write_path(FILE *file, const char *word, const json_t *stack)
{
    size_t index;
    json_t *frame;
    fprintf(file, "%s", word);
    json_array_foreach(stack, index, frame)
    {
        const char *module = json_string_value(report_at(frame, "module"));
        if (!module || strcmp(module, SNARL_CYCLES) != 0)
            break;
        unsigned long long offset =
            strtoull(json_string_value(report_at(frame, "offset")), NULL, 16);
        fprintf(file, " 1+0x%llx", offset + 1);
    }
    fputc('\n', file);
}

static const json_t *stack_of_hold(const json_t *step, const json_t *lock)
{
    size_t index;
    json_t *hold;
    json_array_foreach(report_at(step, "holds"), index, hold)
    {
        if (json_equal(report_at(hold, "lock"), lock))
            return report_at(hold, "stack");
    }
    fail_msg("the step does not hold what the one before it wants");
    return NULL;
}

/* A schedule by hand, of what `snarl run --all` says of a case: any threads, any locks. */
static char *schedule_by_hand(const char *name, const char *hold)
{
    json_t *report =
        run_and_load(strcmp(name, "gated") == 0 ? 0 : 66,
                     (const char *const[]){SNARL_COMMAND, "run", "--all", "-f", "json", "-o", path,
                                           "--", SNARL_CYCLES, name, NULL});
    const json_t *steps = report_at(report, "findings.0.steps");
    char *written = path_in(place, "by_hand.schedule");
    FILE *file = fopen(written, "w");
    assert_non_null(file);
    fprintf(file, "snarl-schedule 1\nhold %s\nmodule - %s\n", hold, SNARL_CYCLES);
    for (size_t i = 0; i < 2; i++) {
        const json_t *step = json_array_get(steps, i), *other = json_array_get(steps, 1 - i);
        fprintf(file, "step\nthread any\nholds any\n");
        write_path(file, "taken", stack_of_hold(step, report_at(other, "wants")));
        write_path(file, "wanted", report_at(step, "stack"));
    }
    fclose(file);
    json_decref(report);
    return written;
}

/* The engine itself, asked for what cannot be, and for what can. */
static void a_schedule_by_hand_does_no_more_than_can_be(void **state)
{
    (void)state;
    static const char *const holds[] = {"wanted", "taken"};
    for (size_t i = 0; i < 2; i++) {
        char *schedule = schedule_by_hand("gated", holds[i]);
        json_t *report = replay(0, schedule, "gated");
        check_findings(report, "");
        json_decref(report);
        free(schedule);
        schedule = schedule_by_hand("pair", holds[i]);
        report = replay(66, schedule, "pair");
        assert_string_equal(json_string_value(report_at(report, "findings.0.kind")), "deadlock");
        json_decref(report);
        free(schedule);
    }
}

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
    enum {
        HAPPENS = sizeof happens / sizeof *happens
    };
    const struct CMUnitTest others[] = {
        TEST(the_scenario_that_can_happen_does),
        TEST(a_gate_lock_keeps_them_apart),
        TEST(a_message_keeps_them_apart),
        TEST(one_side_never_comes),
        TEST(a_hang_elsewhere_is_none),
        TEST(an_order_by_join_keeps_them_apart),
        TEST(a_schedule_by_hand_does_no_more_than_can_be),
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
    struct CMUnitTest tests[HAPPENS];
    for (size_t i = 0; i < HAPPENS; i++)
        tests[i] = (struct CMUnitTest){.name = happens[i].name,
                                       .test_func = is_confirmed,
                                       .initial_state = (void *)(uintptr_t)&happens[i]};
    int failed = cmocka_run_group_tests_name("happens", tests, NULL, NULL);
    return failed + cmocka_run_group_tests_name("others", others, NULL, NULL);
}
