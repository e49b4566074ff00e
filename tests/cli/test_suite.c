/* snarl suite: on scenarios of a project's own, and on snarl's with a row changed. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "report_words.h"
#include "support/cmocka_all.h"
#include "support/command.h"
#include "support/own_directory.h"

#define ROW(name, arguments, expect)                                                               \
    "{\"name\": \"" name                                                                           \
    "\", \"summary\": \"S.\", \"program\": \"cli_suite\", \"arguments\": [" arguments              \
    "], \"expect\": {" expect "}}"
#define ENDS ROW("ends", "\"ends\"", "\"output\": \"all came\", \"snarl\": []")
#define HANGS                                                                                      \
    ROW("hangs", "\"hangs\"",                                                                      \
        "\"output\": \"again\", \"ends\": false, \"snarl\": [\"self-deadlock\"]")

/* The manifest of the directory, with these rows. */
static void write_rows(const char *rows)
{
    char text[8192];
    char *path = path_in(directory, "manifest.json");
    int size = snprintf(text, sizeof text,
                        "{\"schema\": \"snarl-manifest/1\", \"lesson\": \"Ours\",\n"
                        " \"scenarios\": [%s]}\n",
                        rows);
    assert_in_range(size, 1, sizeof text - 1);
    file_write(path, text, (size_t)size, 0600);
    free(path);
}

#define SUITE(...)                                                                                 \
    COMMAND(SNARL_COMMAND, "suite", "--dir", directory, "--programs", SNARL_PROGRAMS, __VA_ARGS__)

/* The output without the time at its end, which must be there. */
static void check_output(struct command_result *result, int status, const char *expected)
{
    char *time = strrchr(result->output, ';');
    assert_non_null(time);
    assert_non_null(strstr(time, " s\n"));
    strcpy(time, "\n");
    assert_string_equal(result->output, expected);
    assert_string_equal(result->error, "");
    assert_int_equal(result->status, status);
    command_free(result);
}

static void own_scenarios_run(void **state)
{
    (void)state;
    write_rows(ENDS ", " HANGS);
    char *json = path_in(directory, "suite.json"), *junit = path_in(directory, "suite.xml");
    struct command_result result = SUITE("--json", json, "--junit", junit);
    check_output(&result, 0,
                 "as expected?                       native     snarl\n"
                 "Ours\n"
                 "  ends                             yes        yes\n"
                 "  hangs                            yes        yes\n"
                 "\n"
                 "2 scenarios: 4 legs as expected\n");
    json_t *document = json_load_file(json, 0, NULL);
    assert_string_equal(json_string_value(report_at(document, "schema")), "snarl-suite/1");
    assert_int_equal(json_integer_value(report_at(document, "legs.met")), 4);
    assert_true(json_is_true(report_at(document, "scenarios.1.legs.native.hung")));
    assert_string_equal(json_string_value(report_at(document, "scenarios.1.legs.snarl.found.0")),
                        "self-deadlock");
    json_decref(document);
    size_t size;
    char *text = file_read(junit, &size);
    assert_non_null(strstr(text, "<testcase classname=\"hangs\" name=\"snarl\""));
    free(text), free(json), free(junit);
}

/* One thing is expected otherwise in each row. */
static void what_is_otherwise_fails(void **state)
{
    (void)state;
    static const struct {
        const char *row, *lines;
    } rows[] = {
        {ROW("it", "\"ends\"", "\"output\": \"none came\""),
         "it, native: its output has no match of \"none came\"\n"},
        {ROW("it", "\"ends\"", "\"exit_code\": 1"),
         "it, native: it ended with status 0 instead of 1\n"},
        {ROW("it", "\"status\", \"7\"", ""), "it, native: it ended with status 7 instead of 0\n"},
        {ROW("it", "\"ends\"", "\"ends\": false"), "it, native: it ended, and was to hang\n"},
        {"{\"time_limit\": 0.3, \"name\": \"it\", \"summary\": \"S.\", \"program\": \"cli_suite\","
         "\"arguments\": [\"sleeps\", \"5\"], \"expect\": {}}",
         "it, native: it did not end in time\n"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char expected[512];
        write_rows(rows[i].row);
        struct command_result result = SUITE("it");
        snprintf(expected, sizeof expected,
                 "as expected?                       native\n"
                 "Ours\n"
                 "  it                               NO\n"
                 "\n"
                 "%s"
                 "1 scenario: 0 legs as expected, 1 not as expected\n",
                 rows[i].lines);
        check_output(&result, 1, expected);
    }
}

/* A copy of a lesson of snarl's own with one row changed: it does not pass any more. */
static void a_changed_expectation_fails(void **state)
{
    (void)state;
    size_t size;
    char *text = file_read(SNARL_SOURCES "/race/manifest.json", &size);
    char *path = path_in(directory, "manifest.json");
    const char *const programs[] = {SNARL_COMMAND, "suite",         "--dir",        directory,
                                    "--programs",  SNARL_SCENARIOS, "counter_race", NULL};
    file_write(path, text, size, 0600);
    struct command_result result = command_run(&(struct command){.arguments = programs});
    assert_int_equal(result.status, 0);
    command_free(&result);

    static const char right[] = "lost [1-9][0-9]*\"", wrong[] = "lost [0-0][0-0]*\"";
    char *row = strstr(text, "\"counter_race\"");
    assert_non_null(row);
    char *place = strstr(row, right);
    assert_non_null(place);
    memcpy(place, wrong, strlen(wrong));
    file_write(path, text, size, 0600);
    result = command_run(&(struct command){.arguments = programs});
    assert_int_equal(result.status, 1);
    assert_non_null(strstr(result.output, "\ncounter_race, native: its output has no match of "));
    command_free(&result);
    free(text), free(path);
}

/* In ten runs it comes three times: that is enough for what is left to chance, and not for what is
 * forced. */
static void chance_is_counted(void **state)
{
    (void)state;
    char rows[1024];
    for (int forced = 0; forced < 2; forced++) {
        char *file = path_in(directory, forced ? "forced" : "chance");
        snprintf(rows, sizeof rows,
                 "{\"name\": \"turns\", \"summary\": \"S.\", \"program\": \"cli_suite\","
                 " \"deterministic\": %s, \"arguments\": [\"turns\", \"%s\"],"
                 " \"expect\": {\"output\": \"^now\"}}",
                 forced ? "true" : "false", file);
        write_rows(rows);
        struct command_result result = SUITE("--jobs=1", "--repeat", forced ? "10" : "1");
        char expected[512];
        snprintf(expected, sizeof expected,
                 "as expected?                       native\n"
                 "Ours\n"
                 "  turns                            %s3 of 10\n"
                 "\n"
                 "%s"
                 "1 scenario: %s\n",
                 forced ? "NO " : "",
                 forced ? "turns, native: its output has no match of \"^now\"\n" : "",
                 forced ? "0 legs as expected, 1 not as expected" : "1 leg as expected");
        check_output(&result, forced, expected);
        free(file);
    }
}

static void shards_share_the_suite(void **state)
{
    (void)state;
    write_rows(ENDS ", " HANGS ", " ROW("third", "\"ends\"", ""));
    struct command_result result = SUITE("--shard", "1/2");
    check_output(&result, 0,
                 "as expected?                       native     snarl\n"
                 "Ours\n"
                 "  ends                             yes        yes\n"
                 "  third                            yes        -\n"
                 "\n"
                 "2 scenarios (part 1 of 2): 3 legs as expected\n");
    result = SUITE("--shard=2/2");
    check_output(&result, 0,
                 "as expected?                       native     snarl\n"
                 "Ours\n"
                 "  hangs                            yes        yes\n"
                 "\n"
                 "1 scenario (part 2 of 2): 2 legs as expected\n");
}

static void what_cannot_run_is_told(void **state)
{
    (void)state;
    write_rows("{\"name\": \"nowhere\", \"summary\": \"S.\", \"expect\": {}}, " ROW(
        "untested", "\"ends\"", "\"thread_sanitizer\": []"));
    struct command_result result = SUITE("*");
    check_output(&result, 125,
                 "as expected?                       native     TSan\n"
                 "Ours\n"
                 "  nowhere                          FAILED     -\n"
                 "  untested                         yes        skipped\n"
                 "\n"
                 "nowhere, native: its program nowhere is missing\n"
                 "untested, TSan, skipped: it was not built for it: there is no cli_suite.tsan\n"
                 "2 scenarios: 1 leg as expected, 1 failed to run, 1 skipped\n");
}

#define TROUBLE(line, ...)                                                                         \
    CHECK(125, "", "snarl: error: " line "\n", SNARL_COMMAND, "suite", "--dir", directory,         \
          __VA_ARGS__)

static void mistakes_are_named(void **state)
{
    (void)state;
    write_rows(ENDS);
    TROUBLE("unknown scenario \"ensd\" (did you mean \"ends\"?)", "ensd");
    TROUBLE("unknown scenario \"x*\" (see: snarl scenario list)", "e*", "x*");
    TROUBLE("--shard \"3/2\": is not a part such as 2/3", "--shard", "3/2");
    TROUBLE("--shard \"0/2\": is not a part such as 2/3", "--shard", "0/2");
    TROUBLE("--shard \"1/2x\": is not a part such as 2/3", "--shard", "1/2x");
    TROUBLE("--repeat \"0\": is not a number from 1 to 100000", "--repeat", "0");
    TROUBLE("--jobs \"x\": is not a number", "--jobs", "x");
    TROUBLE("--with \"memcheck\": is not helgrind, drd, or helgrind,drd", "--with", "memcheck");
    TROUBLE("--with \"drd,\": is not helgrind, drd, or helgrind,drd", "--with", "drd,");
    char expected[512], *path = path_in(directory, "manifest.json");
    file_write(path, "{", 1, 0600);
    snprintf(expected, sizeof expected,
             "snarl: error: %s: line 1, column 1: string or '}' expected near end of file\n", path);
    CHECK(125, "", expected, SNARL_COMMAND, "suite", "--dir", directory);
    unlink(path);
    snprintf(expected, sizeof expected,
             "snarl: error: %s: unable to open %s: No such file or directory\n", path, path);
    CHECK(125, "", expected, SNARL_COMMAND, "suite", "--dir", directory);
    free(path);
}

static void a_result_that_cannot_be_written_is_told(void **state)
{
    (void)state;
    write_rows(ENDS);
    struct command_result result = SUITE("--json", "/nowhere/suite.json");
    assert_int_equal(result.status, 125);
    assert_string_equal(result.error,
                        "snarl: error: cannot write \"/nowhere/suite.json\": No such file or "
                        "directory\n");
    command_free(&result);
}

/* A program that hangs may have started others: none of them stays. */
static void nobody_is_left_behind(void **state)
{
    (void)state;
    char rows[1024], *file = path_in(directory, "child");
    snprintf(rows, sizeof rows,
             "{\"name\": \"leaves\", \"summary\": \"S.\", \"program\": \"cli_suite\","
             " \"arguments\": [\"leaves\", \"%s\"], \"expect\": {\"ends\": false}}",
             file);
    write_rows(rows);
    struct command_result result = SUITE("leaves");
    assert_int_equal(result.status, 0);
    size_t size;
    char *child = file_read(file, &size);
    assert_int_equal(kill((pid_t)strtol(child, NULL, 10), 0), -1);
    command_free(&result);
    free(child), free(file);
}

/* What goes to standard output by request has it for itself. */
static void json_can_be_piped(void **state)
{
    (void)state;
    write_rows(ENDS);
    struct command_result result = SUITE("--json", "-");
    json_t *document = json_loads(result.output, 0, NULL);
    assert_non_null(document);
    assert_non_null(strstr(result.error, "1 scenario: 2 legs as expected"));
    json_decref(document);
    command_free(&result);
}

/* Whoever ends the command ends what it runs: nothing is left behind. */
static void it_can_be_ended(void **state)
{
    (void)state;
    write_rows(ROW("sleeps", "\"sleeps\", \"600\"", ""));
    struct command_running running;
    command_start(&running,
                  &(struct command){.arguments = (const char *[]){
                                        SNARL_COMMAND, "suite", "--dir", directory, "--programs",
                                        SNARL_PROGRAMS, "--timeout", "600", NULL}});
    /* Until the program itself is there: a child of a child. */
    char path[128], child[64] = "";
    while (!strtol(child, NULL, 10)) {
        usleep(10000);
        snprintf(path, sizeof path, "/proc/%d/task/%d/children", (int)running.pid,
                 (int)running.pid);
        FILE *children = fopen(path, "re");
        long worker = 0;
        if (children != NULL && fscanf(children, "%ld", &worker) == 1) {
            snprintf(path, sizeof path, "/proc/%ld/task/%ld/children", worker, worker);
            FILE *programs = fopen(path, "re");
            if (programs == NULL || fgets(child, sizeof child, programs) == NULL)
                *child = '\0';
            if (programs != NULL)
                fclose(programs);
        }
        if (children != NULL)
            fclose(children);
    }
    kill(running.pid, SIGTERM);
    struct command_result result = command_finish(&running);
    assert_int_equal(result.status, 128 + SIGTERM);
    assert_null(strstr(result.output, "NO")); /* it says nothing of what was ended */
    assert_int_equal(kill((pid_t)strtol(child, NULL, 10), 0), -1);
    command_free(&result);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(own_scenarios_run),
        cmocka_unit_test(what_is_otherwise_fails),
        cmocka_unit_test(a_changed_expectation_fails),
        cmocka_unit_test(chance_is_counted),
        cmocka_unit_test(shards_share_the_suite),
        cmocka_unit_test(what_cannot_run_is_told),
        cmocka_unit_test(mistakes_are_named),
        cmocka_unit_test(a_result_that_cannot_be_written_is_told),
        cmocka_unit_test(nobody_is_left_behind),
        cmocka_unit_test(json_can_be_piped),
        cmocka_unit_test(it_can_be_ended),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
