/* Small programs with a data race, which is found, and their twins without, of which nothing is
 * said. */
#include <stdlib.h>
#include <string.h>

#include "race_run.h"
#include "report_words.h"
#include "support/cmocka_all.h"

enum {
    MOST_RUNS = 20,  /* until a race is found */
    RIGHT_RUNS = 3,  /* of a program that has none */
    EXIT_FOUND = 66, /* snarl's, where it says error */
};

#define PROGRAM(name) SNARL_RACE_PROGRAMS "/" name

/* The words of the first run that has any; fails if none has. */
static char *find_race(const char *program, const char *options, int *status)
{
    for (int i = 0; i < MOST_RUNS; i++) {
        struct race_run run = race_run((const char *const[]){program, NULL}, options);
        char *words = race_words(run.report);
        *status = run.result.status;
        assert_string_equal(run.result.output, "");
        assert_string_equal(run.result.error, "");
        race_run_free(&run);
        if (*words != '\0')
            return words;
        free(words);
    }
    fail_msg("%s: no race in %d runs", program, MOST_RUNS);
    return NULL;
}

/* Also that each of the threads' stacks reaches back to where the thread began. */
static void assert_stacks_are_whole(const char *program)
{
    struct race_run run = race_run((const char *const[]){program, NULL}, NULL);
    size_t finding_index, index;
    json_t *finding, *step;
    json_array_foreach(report_at(run.report, "findings"), finding_index, finding)
    {
        json_array_foreach(report_at(finding, "steps"), index, step)
        {
            assert_in_range(json_array_size(report_at(step, "stack")), 3, 6);
        }
    }
    race_run_free(&run);
}

struct row {
    const char *program;
    int status;
    const char *words;
};

#define COUNTER_WORDS                                                                              \
    "error counter (long int)\n"                                                                   \
    "  deposit read and write of size 8\n"                                                         \
    "  withdraw read and write of size 8\n"

static void races_are_found(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {PROGRAM("counter"), EXIT_FOUND, COUNTER_WORDS},
        {PROGRAM("level"), EXIT_FOUND,
         "error level (long int)\n"
         "  raise_level write of size 8\n"
         "  read_level read of size 8\n"},
        {PROGRAM("flag"), EXIT_FOUND,
         "error flag (int)\n"
         "  mark_first write of size 4\n"
         "  mark_second write of size 4\n"},
        {PROGRAM("argument"), EXIT_FOUND, /* right after threads were made */
         "error number (int)\n"
         "  count read and write of size 4\n"
         "  read_number read of size 4\n"},
        {PROGRAM("heap"), EXIT_FOUND,
         "error byte 8 of a block of 16 bytes allocated in open_account() (heap.c:39)\n"
         "  deposit read and write of size 8\n"
         "  withdraw read and write of size 8\n"},
        {PROGRAM("heap_new"), EXIT_FOUND,
         "error byte 8 of a block of 16 bytes allocated in open_account() (heap_new.cc:13)\n"
         "  deposit(account*) read and write of size 8\n"
         "  deposit(account*) read and write of size 8\n"},
    };
    if (!race_has_watchpoints())
        skip();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int status;
        char *words = find_race(rows[i].program, NULL, &status);
        assert_string_equal(words, rows[i].words);
        assert_int_equal(status, rows[i].status);
        free(words);
    }
}

static void stacks_are_whole(void **state)
{
    (void)state;
    if (!race_has_watchpoints())
        skip();
    for (int i = 0; i < RIGHT_RUNS; i++)
        assert_stacks_are_whole(PROGRAM("counter"));
}

/* What has no name is not compared: how it is put into words may change. */
static void races_of_what_has_no_name_are_found(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {PROGRAM("counter_stripped"), EXIT_FOUND,
         "  ? read and write of size 8\n"
         "  ? read and write of size 8\n"},
        {PROGRAM("level_stripped"), EXIT_SUCCESS,
         "  ? read of size 8\n"
         "  ? write of size 8\n"},
    };
    if (!race_has_watchpoints())
        skip();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int status;
        char *words = find_race(rows[i].program, NULL, &status);
        const char *severity = rows[i].status == EXIT_FOUND ? "error " : "warning ";
        assert_int_equal(strncmp(words, severity, strlen(severity)), 0);
        assert_string_equal(strchr(words, '\n') + 1, rows[i].words);
        assert_int_equal(status, rows[i].status);
        free(words);
    }
}

static void assert_right(const char *program, const char *options)
{
    for (int i = 0; i < RIGHT_RUNS; i++) {
        struct race_run run = race_run((const char *const[]){program, NULL}, options);
        char *words = race_words(run.report);
        if (strcmp(words, "") != 0)
            fail_msg("%s: %s", program, words);
        assert_string_equal(run.result.output, "");
        assert_string_equal(run.result.error, "");
        assert_int_equal(run.result.status, 0);
        free(words);
        race_run_free(&run);
    }
}

static void nothing_is_said_of_what_is_right(void **state)
{
    (void)state;
    static const char *const programs[] = {
        PROGRAM("counter_mutex"), PROGRAM("counter_atomic"), PROGRAM("counter_thread_local"),
        PROGRAM("level_atomic"), /* by its type, which debug information tells */
        PROGRAM("heap_own"),      PROGRAM("argument_own"),
    };
    for (size_t i = 0; i < sizeof programs / sizeof *programs; i++) {
        assert_right(programs[i], NULL);
        assert_right(programs[i], "race_watchpoints=0");
    }
}

/* Runs it, and checks that whatever is said of it begins with that severity. */
static void assert_at_most(const char *program, const char *severity)
{
    for (int i = 0; i < RIGHT_RUNS; i++) {
        struct race_run run = race_run((const char *const[]){program, NULL}, NULL);
        char *words = race_words(run.report);
        if (strcmp(words, "") != 0 && strncmp(words, severity, strlen(severity)) != 0)
            fail_msg("%s: %s", program, words);
        assert_int_equal(run.result.status, 0);
        free(words);
        race_run_free(&run);
    }
}

static void what_may_be_right_is_no_error(void **state)
{
    (void)state;
    assert_at_most(PROGRAM("level_atomic_bare"), "warning level\n");
    assert_at_most(PROGRAM("flag_same"), "note flag (int)\n");
}

/* By the values that stand there, which leaves one side untold, or by two who are held at the same
 * time. */
static void races_are_found_without_watchpoints(void **state)
{
    (void)state;
    static const char *const possible[] = {
        COUNTER_WORDS,
        "error counter (long int)\n  deposit read and write of size 8\n",
        "error counter (long int)\n  withdraw read and write of size 8\n",
    };
    if (race_is_confined())
        skip();
    int status;
    char *words = find_race(PROGRAM("counter"), "race_watchpoints=0", &status);
    bool expected = false;
    for (size_t i = 0; i < sizeof possible / sizeof *possible; i++)
        expected = expected || strcmp(words, possible[i]) == 0;
    if (!expected)
        fail_msg("%s", words);
    assert_int_equal(status, EXIT_FOUND);
    free(words);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(races_are_found),
        cmocka_unit_test(stacks_are_whole),
        cmocka_unit_test(races_of_what_has_no_name_are_found),
        cmocka_unit_test(nothing_is_said_of_what_is_right),
        cmocka_unit_test(what_may_be_right_is_no_error),
        cmocka_unit_test(races_are_found_without_watchpoints),
    };
    return cmocka_run_group_tests(tests, race_set_up, race_tear_down);
}
