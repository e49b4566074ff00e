/* Each scenario under snarl: exactly what is to be found, on which locks, by whom and where. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "report_words.h"
#include "support/cmocka_all.h"
#include "support/command.h"

static const struct expected {
    const char *name;
    int status;
    unsigned threads, locks_at_least;
    const char *findings;
} scenarios[] = {
    {"thread_start", 0, 4, 0, ""},
    {"thread_join", 0, 5, 0, ""},
    {"counter_race", 0, 3, 0, ""},
    {"counter_locked", 0, 3, 1, ""},
    {"deadlock_abba", 66, 3, 2,
     "deadlock occurred error\n"
     "  painter holds paper (draw_picture) wants pen (draw_picture)\n"
     "  writer holds pen (write_letter) wants paper (write_letter)\n"},
    {"deadlock_abba_latent", 66, 3, 2,
     "lock-order-cycle predicted error\n"
     "  payer holds alice.lock (pay) wants bob.lock (pay)\n"
     "  refunder holds bob.lock (refund) wants alice.lock (refund)\n"},
    {"deadlock_by_chance", 66, 3, 2,
     "lock-order-cycle predicted error\n"
     "  rotator holds journal.lock (rotate) wants queue.lock (rotate)\n"
     "  server holds queue.lock (serve) wants journal.lock (serve)\n"},
    {"deadlock_ordered", 0, 3, 2, ""},
    {"deadlock_relock", 66, 2, 1,
     "self-deadlock occurred error\n"
     "  teller holds account_lock (withdraw) wants account_lock (may_withdraw)\n"},
    {"deadlock_dining", 66, 6, 5,
     "deadlock occurred error\n"
     "  philosopher 1 holds forks[0] (dine) wants forks[1] (dine)\n"
     "  philosopher 2 holds forks[1] (dine) wants forks[2] (dine)\n"
     "  philosopher 3 holds forks[2] (dine) wants forks[3] (dine)\n"
     "  philosopher 4 holds forks[3] (dine) wants forks[4] (dine)\n"
     "  philosopher 5 holds forks[4] (dine) wants forks[0] (dine)\n"},
    {"deadlock_callback", 66, 2, 1,
     "self-deadlock occurred error\n"
     "  sensor holds thermometer.lock (thermometer_set) wants thermometer.lock "
     "(thermometer_read)\n"},
    {"deadlock_callback_mended", 0, 2, 1, ""},
    {"deadlock_ring", 66, 4, 3,
     "deadlock occurred error\n"
     "  archivist holds journal.lock (clear_away) wants cache.lock (clear_away)\n"
     "  reader holds cache.lock (fill_cache) wants database.lock (fill_cache)\n"
     "  writer holds database.lock (change_database) wants journal.lock (change_database)\n"},
    {"deadlock_ring_ordered", 0, 4, 3, ""},
    {"deadlock_bank", 66, 3, 2,
     "deadlock occurred error\n"
     "  teller down holds accounts[1].lock (transfer) wants accounts[0].lock (transfer)\n"
     "  teller up holds accounts[0].lock (transfer) wants accounts[1].lock (transfer)\n"},
    {"deadlock_gate_missing", 66, 3, 3,
     "lock-order-cycle predicted error\n"
     "  clerk holds room_key (file_letters) holds letters.lock (file_letters) wants maps.lock "
     "(file_letters)\n"
     "  porter holds maps.lock (file_maps) wants letters.lock (file_maps)\n"},
    {"deadlock_gate", 0, 3, 3, ""},
    {"deadlock_join", 66, 2, 1,
     "deadlock occurred error\n"
     "  bookkeeper wants ledger (keep_books)\n"
     "  main holds ledger (main) joins bookkeeper (main)\n"},
    {"deadlock_join_mended", 0, 2, 1, ""},
    {"semaphore_opposite", 66, 3, 2,
     "lock-order-cycle predicted error\n"
     "  fitter holds crane (fit_out) wants berth (fit_out)\n"
     "  loader holds berth (load) wants crane (load)\n"},
    {"semaphore_ordered", 0, 3, 2, ""},
    {"once_recursive", 66, 2, 1,
     "self-deadlock occurred error\n"
     "  server holds settings_once (detail_wanted) wants settings_once (detail_wanted)\n"},
    {"barrier_short", 66, 4, 0,
     "all-threads-blocked occurred error\n"
     "  main joins painter 1 (main) [join-of-waiter]\n"
     "  painter 1 waits at everyone_done (paint) [barrier-short]\n"
     "  painter 2 waits at everyone_done (paint) [barrier-short]\n"
     "  painter 3 waits at everyone_done (paint) [barrier-short]\n"},
    {"lock_error_path", 66, 3, 1,
     "all-threads-blocked occurred error\n"
     "  auditor wants ledger.lock (auditor) [holder-gone]\n"
     "  main joins auditor (main) [join-of-blocked]\n"
     "exit-holding-lock occurred warning\n"
     "  clerk\n"
     "  clerk\n"},
    {"producer_consumer_queue", 0, 5, 1, ""},
    {"producer_consumer_lost_wakeup", 66, 3, 1,
     "all-threads-blocked occurred error\n"
     "  consumer waits on item_came (consume) [lost-wakeup]\n"
     "  main joins consumer (main) [join-of-blocked]\n"},
};

static void found_is_what_is_to_be_found(void **state)
{
    const struct expected *expected = *state;
    char *directory = directory_make(), *path = path_in(directory, "report.json");
    char *program = path_in(SNARL_SCENARIOS, expected->name);
    struct command_result result = COMMAND(SNARL_COMMAND, "run", "--format", "json", "-o", path,
                                           "--timeout", "3", "--", program);
    assert_string_equal(result.error, "");
    json_t *report = report_load(path);
    char *findings = report_findings(report);
    assert_string_equal(findings, expected->findings);
    assert_int_equal(result.status, expected->status);
    assert_int_equal(json_integer_value(report_at(report, "statistics.threads")),
                     expected->threads);
    assert_true(json_integer_value(report_at(report, "statistics.locks")) >=
                expected->locks_at_least);
    if (expected->locks_at_least)
        assert_true(json_integer_value(report_at(report, "statistics.acquisitions")) > 0);
    assert_string_equal(json_string_value(report_at(report, "program.argv.0")), program);
    free(findings);
    json_decref(report);
    command_free(&result);
    directory_remove(directory);
    free(path), free(program);
}

/* The state of the thread that began in `function`: that one's stack ends in it. */
static const json_t *state_in(const json_t *report, const char *function)
{
    size_t index, place;
    json_t *thread, *frame;
    json_array_foreach(report_at(report, "processes.0.states"), index, thread)
    {
        json_array_foreach(report_at(thread, "now"), place, frame)
        {
            const char *name = json_string_value(json_object_get(frame, "function"));
            if (name && strcmp(name, function) == 0)
                return thread;
        }
    }
    fail_msg("no thread is in %s now", function);
    return NULL;
}

static void a_hung_program_s_threads_are_told(void **state)
{
    (void)state;
    char *directory = directory_make(), *path = path_in(directory, "report.json");
    struct command_result result =
        COMMAND(SNARL_COMMAND, "run", "-f", "json", "-o", path, "-t1", "-e0",
                "--on-deadlock=report", SNARL_SCENARIOS "/producer_consumer_lost_wakeup");
    assert_int_equal(result.status, 124);
    json_t *report = report_load(path);
    assert_true(json_is_true(report_at(report, "program.timed_out")));
    assert_int_equal(json_integer_value(report_at(report, "program.signal")), 9);
    assert_true(json_is_true(report_at(report, "processes.0.ended")));
    const json_t *consumer = state_in(report, "consume");
    assert_string_equal(json_string_value(report_at(consumer, "last_call")), "pthread_cond_wait");
    const json_t *first = state_in(report, "main");
    assert_string_equal(json_string_value(report_at(first, "last_call")), "pthread_join");
    assert_true(json_equal(report_at(first, "wants_thread"), report_at(consumer, "thread")));
    json_decref(report);
    command_free(&result);
    directory_remove(directory);
    free(path);
}

static void run_says_whether_it_went_as_expected(void **state)
{
    (void)state;
    struct command_result result =
        COMMAND(SNARL_COMMAND, "scenario", "run", "deadlock_relock", "thread_join");
    assert_int_equal(result.status, 0);
    assert_non_null(
        strstr(result.output, "\ndeadlock_relock: snarl found self-deadlock, as expected\n"));
    assert_non_null(strstr(result.output, "\nthread_join: snarl found nothing, as expected\n"));
    command_free(&result);
    struct command without = {
        .arguments =
            (const char *[]){SNARL_COMMAND, "scenario", "run", "deadlock_abba_latent", NULL},
        .environment = (const char *[]){"SNARL_OPTIONS=detect_deadlocks=0", NULL}};
    result = command_run(&without);
    assert_int_equal(result.status, 1);
    assert_non_null(strstr(result.output,
                           "\ndeadlock_abba_latent: not as expected: it found nothing instead "
                           "of lock-order-cycle\n"));
    command_free(&result);
}

/* What the report says of a mend, in JSON's words. */
static char *mend_of(const char *name)
{
    char *directory = directory_make(), *path = path_in(directory, "report.json");
    char *program = path_in(SNARL_SCENARIOS, name);
    struct command_result result =
        COMMAND(SNARL_COMMAND, "run", "--format", "json", "-o", path, "--", program);
    json_t *report = report_load(path);
    char *mend = strdup(json_string_value(report_at(report, "findings.0.fix")));
    json_decref(report);
    command_free(&result);
    directory_remove(directory);
    free(path), free(program);
    return mend;
}

/* Where one side holds a lock that would keep the two apart, and the other does not. */
static void a_missing_gate_is_named(void **state)
{
    (void)state;
    char *mend = mend_of("deadlock_gate_missing");
    assert_non_null(strstr(mend,
                           "take maps.lock before letters.lock, as file_maps() does; or "
                           "take room_key first in file_maps() ("));
    assert_non_null(strstr(mend, "), too, as thread 2 \"clerk\" does."));
    free(mend);
    mend = mend_of("deadlock_abba_latent");
    assert_null(strstr(mend, "; or take "));
    free(mend);
}

/* The lines of a timeline without their times and columns, those of one thread, in order. */
static char *told_of(const char *output, const char *who)
{
    char *text, start[64];
    size_t size;
    FILE *stream = open_memstream(&text, &size);
    snprintf(start, sizeof start, "  %s ", who);
    const char *line = strstr(output, "\n      ms  ");
    for (line = line ? strchr(line + 1, '\n') : NULL; line && line[1] != '\n';
         line = strchr(line + 1, '\n')) {
        char copy[256];
        snprintf(copy, sizeof copy, "%.*s", (int)strcspn(line + 1, "\n"), line + 1);
        const char *told = strstr(copy, start);
        if (told)
            fprintf(stream, "%s\n", told + strlen(start));
    }
    fclose(stream);
    return text;
}

static void run_plays_the_lesson(void **state)
{
    (void)state;
    struct command_result result = COMMAND(SNARL_COMMAND, "scenario", "run", "deadlock_relock");
    assert_int_equal(result.status, 0);
    char *teller = told_of(result.output, "teller");
    assert_string_equal(teller,
                        "takes account_lock :30\n"
                        "waits for account_lock :22\n");
    assert_non_null(
        strstr(result.output, "A?A         SELF DEADLOCK: a thread waits for itself\n"));
    free(teller);
    command_free(&result);
}

/* Which thread comes later is chance; that it is there, between its rules, is not. */
static void run_shows_the_moment_of_a_race(void **state)
{
    (void)state;
    if (access(SNARL_SCENARIOS "/database_race.tsan", X_OK) != 0)
        skip();
    struct command_result result = COMMAND(SNARL_COMMAND, "scenario", "run", "database_race");
    assert_int_equal(result.status, 0);
    const char *race = strstr(result.output, "\n-- the race ---");
    assert_non_null(race);
    assert_non_null(strstr(race, "  write of size 8\n"));
    assert_non_null(strstr(race, "\nNothing orders the two.\n-----"));
    command_free(&result);
    result = COMMAND(SNARL_COMMAND, "scenario", "run", "database_locked");
    assert_null(strstr(result.output, "the race"));
    command_free(&result);
}

static void list_and_show_explain(void **state)
{
    (void)state;
    struct command_result list = COMMAND(SNARL_COMMAND, "scenario", "list");
    assert_int_equal(list.status, 0);
    for (size_t i = 0; i < sizeof scenarios / sizeof *scenarios; i++) {
        char line[64];
        snprintf(line, sizeof line, "\n  %s\n", scenarios[i].name);
        assert_non_null(strstr(list.output, line));
        struct command_result show = COMMAND(SNARL_COMMAND, "scenario", "show", scenarios[i].name);
        snprintf(line, sizeof line, "/%s.c\n", scenarios[i].name);
        assert_non_null(strstr(show.output, "\n>  ")); /* a line that matters, */
        assert_non_null(strstr(show.output, " ^ "));   /* and why */
        assert_non_null(strstr(show.output, "\nTo try next:  "));
        assert_int_equal(show.status, 0);
        assert_non_null(strstr(show.output, line));
        command_free(&show);
    }
    command_free(&list);
}

int main(void)
{
    enum {
        SCENARIOS = sizeof scenarios / sizeof *scenarios,
    };
    struct CMUnitTest tests[SCENARIOS + 6] = {
        [SCENARIOS] = cmocka_unit_test(a_hung_program_s_threads_are_told),
        [SCENARIOS + 1] = cmocka_unit_test(run_says_whether_it_went_as_expected),
        [SCENARIOS + 2] = cmocka_unit_test(list_and_show_explain),
        [SCENARIOS + 3] = cmocka_unit_test(a_missing_gate_is_named),
        [SCENARIOS + 4] = cmocka_unit_test(run_plays_the_lesson),
        [SCENARIOS + 5] = cmocka_unit_test(run_shows_the_moment_of_a_race),
    };
    for (size_t i = 0; i < SCENARIOS; i++)
        tests[i] = (struct CMUnitTest){.name = scenarios[i].name,
                                       .test_func = found_is_what_is_to_be_found,
                                       .initial_state = (void *)&scenarios[i]};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
