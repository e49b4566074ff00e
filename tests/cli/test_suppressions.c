/* Suppressions on the command line: what they take out, what is listed, what damage does. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "report_words.h"
#include "support/cmocka_all.h"
#include "support/own_directory.h"

/* A file in the directory; its path, to be freed. */
static char *written(const char *name, const char *text)
{
    char *path = path_in(directory, name);
    file_write(path, text, strlen(text), 0600);
    return path;
}

/* Runs a scenario with "--NAME=PATH"; its status, and its report in `*report`, to be given back. */
static int run(const char *scenario, const char *name, const char *path, json_t **report)
{
    char option[4096];
    char *output = path_in(directory, "report.json"), program[4096];
    snprintf(program, sizeof program, "%s/%s", SNARL_SCENARIOS, scenario);
    snprintf(option, sizeof option, "--%s=%s", name, path);
    struct command_result result =
        COMMAND(SNARL_COMMAND, "run", "-f", "json", "-o", output, option, "--", program);
    assert_string_equal(result.error, "");
    *report = report_load(output);
    int status = result.status;
    command_free(&result);
    free(output);
    return status;
}

static json_int_t number_at(const json_t *report, const char *path)
{
    return json_integer_value(report_at(report, path));
}

/* The twins differ in one letter. */
static void a_rule_that_matches_makes_the_run_succeed(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int status;
        json_int_t suppressed;
    } rows[] = {
        {"# ours\ndeadlock:^pay$\n", 0, 1},
        {"# ours\ndeadlock:^pax$\n", 66, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char *path = written("rules.txt", rows[i].text);
        json_t *report;
        assert_int_equal(run("deadlock_abba_latent", "suppressions", path, &report),
                         rows[i].status);
        assert_int_equal(json_array_size(report_at(report, "findings")), 1 - rows[i].suppressed);
        assert_int_equal(number_at(report, "suppressed"), rows[i].suppressed);
        assert_int_equal(json_array_size(report_at(report, "suppressions")), 1);
        assert_string_equal(json_string_value(report_at(report, "suppressions.0.file")), path);
        assert_int_equal(number_at(report, "suppressions.0.line"), 2);
        assert_int_equal(number_at(report, "suppressions.0.used"), rows[i].suppressed);
        json_decref(report);
        free(path);
    }
}

/* Whether a deadlock that was only predicted, one that happened, or a process that fell asleep. */
static void what_is_proposed_leaves_nothing(void **state)
{
    (void)state;
    static const char *const scenarios[] = {"deadlock_abba_latent", "deadlock_abba",
                                            "deadlock_dining", "deadlock_relock",
                                            "producer_consumer_lost_wakeup"};
    char *path = path_in(directory, "proposed.txt");
    for (size_t i = 0; i < sizeof scenarios / sizeof *scenarios; i++) {
        json_t *report;
        assert_int_equal(run(scenarios[i], "gen-suppressions", path, &report), 66);
        assert_int_equal(json_array_size(report_at(report, "findings")), 1);
        json_decref(report);
        assert_int_equal(run(scenarios[i], "suppressions", path, &report), 0);
        assert_int_equal(json_array_size(report_at(report, "findings")), 0);
        assert_int_equal(number_at(report, "suppressed"), 1);
        json_decref(report);
    }
    free(path);
}

static void a_proposal_is_ready_to_be_kept(void **state)
{
    (void)state;
    char *keep = path_in(directory, "kept"), *report = path_in(directory, "report.txt");
    struct command_result result = COMMAND(SNARL_COMMAND, "run", "-k", keep, "-o", report,
                                           SNARL_SCENARIOS "/deadlock_abba_latent");
    assert_int_equal(result.status, 66);
    command_free(&result);
    result = COMMAND(SNARL_COMMAND, "report", "--gen-suppressions", "-o", report, keep);
    assert_int_equal(result.status, 0);
    char id[17];
    assert_int_equal(sscanf(result.output, "# %16[0-9a-f] ", id), 1);
    char expected[256];
    snprintf(expected, sizeof expected,
             "# %s lock-order-cycle\n"
             "# thread 2 \"payer\" and thread 3 \"refunder\" take alice.lock and bob.lock in "
             "opposite order\n"
             "deadlock:^pay$\n",
             id);
    assert_string_equal(result.output, expected);
    command_free(&result);
    free(keep), free(report);
}

/* Neither could be read by what it is for. */
static void a_proposal_is_not_mixed_with_the_report(void **state)
{
    (void)state;
    static const char complaint[] =
        "snarl: error: --gen-suppressions: the report goes to standard output, too (write one of "
        "them to a file: --gen-suppressions=FILE or --output FILE)\n";
    CHECK(125, "", complaint, SNARL_COMMAND, "report", "--gen-suppressions", "whatever.rec");
    CHECK(125, "", complaint, SNARL_COMMAND, "run", "-o", "-", "--gen-suppressions", "echo",
          "must not run");
}

/* Of a report for people, what follows the first line, which holds numbers of the run. */
static const char *below_summary(const char *text)
{
    const char *gap = strstr(text, "\n\n");
    assert_non_null(gap);
    return gap + 1;
}

static void people_read_what_was_used_and_what_was_not(void **state)
{
    (void)state;
    char *keep = path_in(directory, "listed"), *path = path_in(directory, "one.txt");
    struct command command = {
        .directory = directory,
        .arguments = (const char *[]){SNARL_COMMAND, "run", "-k", "listed", "-o", "/dev/null",
                                      SNARL_SCENARIOS "/deadlock_abba_latent", NULL}};
    struct command_result result = command_run(&command);
    assert_int_equal(result.status, 66);
    command_free(&result);
    free(written("one.txt", "deadlock:^nobody$\nsignal:x\n"));
    free(written("two.txt", "\n\ndeadlock:refund\nrace:refund\n"));
    static const char *const expected[] = {
        "\n1 finding suppressed by two.txt\n",
        "\n1 finding suppressed by two.txt:\n"
        "  one.txt:1: deadlock:^nobody$ was not used\n"
        "  one.txt:2: signal:x has no effect: snarl has no such findings\n"
        "  two.txt:3: deadlock:refund took out 1 finding\n"
        "  two.txt:4: race:refund was not used\n",
    };
    for (size_t i = 0; i < 2; i++) {
        command.arguments = (const char *[]){
            SNARL_COMMAND, "report",  "-s",     "one.txt",
            "-s",          "two.txt", "listed", i == 0 ? NULL : "--print-suppressions",
            NULL};
        result = command_run(&command);
        assert_int_equal(result.status, 0);
        assert_string_equal(below_summary(result.output), expected[i]);
        command_free(&result);
    }
    free(keep), free(path);
}

/* The command takes the key that ThreadSanitizer's users know; the library is silent about it. */
static void the_environment_may_name_the_file(void **state)
{
    (void)state;
    char *path = written("environment.txt", "deadlock:^refund$\n"), variable[4096];
    for (int wanted = 0; wanted < 2; wanted++) {
        snprintf(variable, sizeof variable, "SNARL_OPTIONS=stack_depth=8:suppressions=%s",
                 wanted ? path : "/nonexistent:suppressions=/dev/null");
        struct command command = {
            .arguments = (const char *[]){SNARL_COMMAND, "run", "-o", "/dev/null",
                                          SNARL_SCENARIOS "/deadlock_abba_latent", NULL},
            .environment = (const char *[]){variable, NULL}};
        struct command_result result = command_run(&command);
        assert_string_equal(result.error, "");
        assert_int_equal(result.status, wanted ? 0 : 66);
        command_free(&result);
    }
    free(path);
}

/* One file serves both tools: of each rule, ThreadSanitizer thinks the same. */
static void thread_sanitizer_agrees(void **state)
{
    (void)state;
    static const char program[] = SNARL_SCENARIOS "/deadlock_abba_latent";
    static const struct {
        const char *text;
        int status;
    } rows[] = {
        {"deadlock:^pay$\n", 0},
        {"deadlock:^pa$\n", 66},
        {"deadlock:efun\n", 0},
        {"deadlock:^efun\n", 66},
        {"deadlock:re*nd$\n", 0},
        {"deadlock:re*n$\n", 66},
        {"# pay\n  deadlock:pay\t\r\n", 0},
        {"#deadlock:pay\n", 66},
        {"deadlock:^payer$\n", 0},
        {"race:pay\n", 66},
        {"mutex:pay\n", 66},
        {"deadlock:_latent.c$\n", 0},
        {"deadlock:_latest.c$\n", 66},
        {"deadlock:*\n", 0},
        {"deadlok:pay\n", 125},
    };
    if (access(SNARL_SCENARIOS "/deadlock_abba_latent.tsan", X_OK) != 0)
        skip();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char *path = written("rules.txt", rows[i].text), variable[4096];
        struct command_result result =
            COMMAND(SNARL_COMMAND, "run", "-o", "/dev/null", "-s", path, program);
        if (result.status != rows[i].status)
            fail_msg("%s: %d", rows[i].text, result.status);
        command_free(&result);
        snprintf(variable, sizeof variable, "TSAN_OPTIONS=atexit_sleep_ms=0:suppressions=%s", path);
        result = command_run(&(struct command){
            .arguments = (const char *[]){SNARL_SCENARIOS "/deadlock_abba_latent.tsan", NULL},
            .environment = (const char *[]){variable, NULL}});
        if (result.status != (rows[i].status ? 66 : 0))
            fail_msg("%s: ThreadSanitizer says %d", rows[i].text, result.status);
        command_free(&result);
        free(path);
    }
}

/* A library that takes two locks, and one that calls whom it is told to. */
static const char library_source[] =
    "#include <pthread.h>\n"
    "void bank_take(pthread_mutex_t *first, pthread_mutex_t *second)\n"
    "{\n"
    "    pthread_mutex_lock(first);\n"
    "    pthread_mutex_lock(second);\n"
    "    pthread_mutex_unlock(second);\n"
    "    pthread_mutex_unlock(first);\n"
    "}\n"
    "void bank_call(void (*take)(pthread_mutex_t *, pthread_mutex_t *), pthread_mutex_t *first,\n"
    "               pthread_mutex_t *second)\n"
    "{\n"
    "    take(first, second);\n"
    "}\n";

static const char program_source[] =
    "#include <pthread.h>\n"
    "#include <sched.h>\n"
    "typedef void taking(pthread_mutex_t *, pthread_mutex_t *);\n"
    "taking bank_take;\n"
    "void bank_call(taking *take, pthread_mutex_t *first, pthread_mutex_t *second);\n"
    "static pthread_mutex_t a = PTHREAD_MUTEX_INITIALIZER, b = PTHREAD_MUTEX_INITIALIZER;\n"
    "static _Atomic int turn;\n"
    "static taking *take;\n"
    "static void own_take(pthread_mutex_t *first, pthread_mutex_t *second)\n"
    "{\n"
    "    pthread_mutex_lock(first);\n"
    "    pthread_mutex_lock(second);\n"
    "    pthread_mutex_unlock(second);\n"
    "    pthread_mutex_unlock(first);\n"
    "}\n"
    "static void *one(void *unused)\n"
    "{\n"
    "    bank_call(take, &a, &b);\n"
    "    turn = 1;\n"
    "    return unused;\n"
    "}\n"
    "static void *other(void *unused)\n"
    "{\n"
    "    while (!turn)\n"
    "        sched_yield();\n"
    "    bank_call(take, &b, &a);\n"
    "    return unused;\n"
    "}\n"
    "int main(int argc, char **argv)\n"
    "{\n"
    "    pthread_t threads[2];\n"
    "    (void)argv;\n"
    "    take = argc > 1 ? own_take : bank_take;\n"
    "    pthread_create(&threads[0], 0, one, 0);\n"
    "    pthread_create(&threads[1], 0, other, 0);\n"
    "    pthread_join(threads[0], 0);\n"
    "    pthread_join(threads[1], 0);\n"
    "    return 0;\n"
    "}\n";

/* Of a library counts who calls, not who stands further out; any other type sees every module. */
static void modules_are_matched(void **state)
{
    (void)state;
    char *program = path_in(directory, "program"), *library = path_in(directory, "libbank.so");
    char *sources[] = {written("bank.c", library_source), written("main.c", program_source)};
    CHECK(0, "", "", SNARL_CC, "-g", "-O0", "-shared", "-fPIC", "-o", library, sources[0]);
    CHECK(0, "", "", SNARL_CC, "-g", "-O0", "-pthread", "-o", program, sources[1], library);
    static const struct {
        const char *rule, *argument;
        int status;
    } rows[] = {
        {"called_from_lib:libbank.so\n", NULL, 0},      {"called_from_lib:libbanks.so\n", NULL, 66},
        {"called_from_lib:libbank.so\n", "itself", 66}, {"deadlock:libbank.so\n", "itself", 0},
        {"deadlock:libbanks.so\n", "itself", 66},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char *rules = written("rules.txt", rows[i].rule);
        struct command_result result = COMMAND(SNARL_COMMAND, "run", "-o", "/dev/null", "-s", rules,
                                               program, rows[i].argument);
        assert_int_equal(result.status, rows[i].status);
        command_free(&result);
        free(rules);
    }
    free(sources[0]), free(sources[1]), free(program), free(library);
}

static void check_damage(const char *text, size_t size, const char *complaint)
{
    char line[4096], *path = path_in(directory, "damaged.txt");
    file_write(path, text, size, 0600);
    snprintf(line, sizeof line, "snarl: error: %s%s\n", path, complaint);
    CHECK(125, "", line, SNARL_COMMAND, "run", "-s", path, "echo", "must not run");
    CHECK(125, "", line, SNARL_COMMAND, "report", "-s", path, "whatever.rec");
    free(path);
}

#define DAMAGE(text, complaint) check_damage(text, sizeof text - 1, complaint)

static void damage_is_one_line_with_file_and_line(void **state)
{
    (void)state;
    DAMAGE("# ours\n\ndeadlok:pay\n", ":3: unknown type \"deadlok\" (did you mean \"deadlock\"?)");
    DAMAGE("leak:pay\n", ":1: unknown type \"leak\"");
    DAMAGE("deadlock\n", ":1: expected TYPE:PATTERN, not \"deadlock\"");
    DAMAGE("deadlock:a\ndeadlock:\n", ":2: an empty pattern (for all, write *): \"deadlock:\"");
    DAMAGE("deadlock:^pay$\ndeadlock:^re",
           ":2: the file ends in the middle of a line (was it cut short? else end the line)");
    DAMAGE("deadlock:a\n\0\0\0\0", ":2: this is no text");
    CHECK(125, "", "snarl: error: \"/nonexistent/rules\": No such file or directory\n",
          SNARL_COMMAND, "run", "--suppressions", "/nonexistent/rules", "echo", "must not run");
    CHECK(125, "", "snarl: error: \"/\": Is a directory\n", SNARL_COMMAND, "run", "-s", "/", "echo",
          "must not run");
    CHECK(125, "", "snarl: error: cannot write \"/nonexistent/rules\": No such file or directory\n",
          SNARL_COMMAND, "run", "-o", "/dev/null", "--gen-suppressions=/nonexistent/rules", "true");
    CHECK(125, "", "snarl: error: --gen-suppressions \"\": is empty\n", SNARL_COMMAND, "run",
          "--gen-suppressions=", "true");
    const char *words[2 * 17 + 4] = {SNARL_COMMAND, "run"};
    for (size_t i = 0; i < 17; i++)
        words[2 + 2 * i] = "-s", words[3 + 2 * i] = "/dev/null";
    words[36] = "true";
    command_check(&(struct command){.arguments = words}, 125, "",
                  "snarl: error: --suppressions \"/dev/null\": is one too many\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_rule_that_matches_makes_the_run_succeed),
        cmocka_unit_test(what_is_proposed_leaves_nothing),
        cmocka_unit_test(a_proposal_is_not_mixed_with_the_report),
        cmocka_unit_test(a_proposal_is_ready_to_be_kept),
        cmocka_unit_test(people_read_what_was_used_and_what_was_not),
        cmocka_unit_test(the_environment_may_name_the_file),
        cmocka_unit_test(thread_sanitizer_agrees),
        cmocka_unit_test(modules_are_matched),
        cmocka_unit_test(damage_is_one_line_with_file_and_line),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
