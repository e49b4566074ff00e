/* Baselines in use: what is known does not fail, what is new does; and what two runs differ in. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "report_words.h"
#include "support/cmocka_all.h"
#include "support/command.h"

static char *directory;

/* In the directory, of two scenarios: recordings, a report in json, and a baseline. */
static const struct {
    const char *scenario, *kept, *json, *baseline;
} runs[] = {
    {SNARL_SCENARIOS "/deadlock_abba_latent", "latent", "latent.json", "latent.txt"},
    {SNARL_SCENARIOS "/deadlock_relock", "relock", "relock.json", "relock.txt"},
};

/* Runs snarl in the directory and compares its status; its output, to be freed. */
static char *snarl(int status, const char *const *arguments)
{
    const char *words[16] = {SNARL_COMMAND};
    for (size_t i = 0; arguments[i]; i++)
        words[i + 1] = arguments[i];
    struct command_result result =
        command_run(&(struct command){.arguments = words, .directory = directory});
    assert_string_equal(result.error, "");
    assert_int_equal(result.status, status);
    free(result.error);
    return result.output;
}

#define SNARL(status, ...) snarl(status, (const char *const[]){__VA_ARGS__, NULL})

static int set_up(void **state)
{
    (void)state;
    directory = directory_make();
    for (size_t i = 0; i < 2; i++) {
        free(SNARL(66, "run", "-k", runs[i].kept, "-f", "json", "-o", runs[i].json,
                   runs[i].scenario));
        free(SNARL(0, "baseline", runs[i].kept, "-o", runs[i].baseline));
    }
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    directory_remove(directory);
    return 0;
}

static json_t *load(const char *name)
{
    char *path = path_in(directory, name);
    json_t *report = report_load(path);
    free(path);
    return report;
}

static const char *word_at(const json_t *value, const char *path)
{
    return json_string_value(report_at(value, path));
}

static void a_baseline_is_text_for_version_control(void **state)
{
    (void)state;
    json_t *latent = load("latent.json"), *relock = load("relock.json");
    const char *first = word_at(latent, "findings.0.id"),
               *second = word_at(relock, "findings.0.id");
    char lines[2][512], expected[1200];
    snprintf(lines[0], sizeof lines[0], "%s lock-order-cycle  # %s\n", first,
             word_at(latent, "findings.0.message"));
    snprintf(lines[1], sizeof lines[1], "%s self-deadlock  # %s\n", second,
             word_at(relock, "findings.0.message"));
    int swapped = strcmp(first, second) > 0;
    snprintf(expected, sizeof expected, "snarl-baseline/1\n%s%send\n", lines[swapped],
             lines[!swapped]);

    /* Whatever they are read from, and however often. */
    static const char *const operands[][4] = {
        {"latent", "relock"},
        {"relock.json", "latent.txt"},
        {"latent.txt", "relock", "latent.json", "latent"},
    };
    for (size_t i = 0; i < 3; i++) {
        char *output = snarl(0, (const char *const[]){"baseline", operands[i][0], operands[i][1],
                                                      operands[i][2], operands[i][3], NULL});
        assert_string_equal(output, expected);
        free(output);
    }
    json_decref(latent);
    json_decref(relock);
}

/* The twins differ in the baseline alone. */
static void only_what_is_new_fails(void **state)
{
    (void)state;
    for (size_t of = 0; of < 2; of++) {
        for (size_t from = 0; from < 2; from++) {
            bool known = of == from;
            free(SNARL(known ? 0 : 66, "run", "-f", "json", "-o", "again.json", "--baseline",
                       runs[from].baseline, "--", runs[of].scenario));
            json_t *report = load("again.json");
            assert_int_equal(json_array_size(report_at(report, "findings")), 1);
            assert_string_equal(word_at(report, "findings.0.baseline"), known ? "known" : "new");
            json_decref(report);
        }
    }
    json_t *report = load("latent.json");
    assert_true(json_is_null(report_at(report, "findings.0.baseline")));
    json_decref(report);
}

static void what_is_known_is_told_in_short(void **state)
{
    (void)state;
    json_t *latent = load("latent.json");
    char expected[512];
    snprintf(expected, sizeof expected,
             "\n\nKnown, from latent.txt:\n"
             "  [%s] lock-order-cycle: thread 2 \"payer\" and thread 3 \"refunder\"\n"
             "    take alice.lock and bob.lock in opposite order\n",
             word_at(latent, "findings.0.id"));
    char *output = SNARL(0, "report", "-b", "latent.txt", "latent");
    assert_memory_equal(output, "snarl: nothing new found, 1 known, in ", 37);
    assert_string_equal(strstr(output, "\n\n"), expected);
    free(output);
    output = SNARL(0, "report", "-b", "relock.txt", "latent");
    assert_memory_equal(output, "snarl: 1 error in ", 18);
    assert_null(strstr(output, "Known"));
    free(output);
    json_decref(latent);
}

/* OLD and NEW may each be of any form. */
static void runs_are_compared(void **state)
{
    (void)state;
    static const char *const forms[][3] = {{"latent", "latent.json", "latent.txt"},
                                           {"relock", "relock.json", "relock.txt"}};
    json_t *latent = load("latent.json"), *relock = load("relock.json");
    for (size_t form = 0; form < 9; form++) {
        const char *old = forms[0][form / 3];
        free(SNARL(0, "diff", "-f", "json", "-o", "same.json", old, forms[0][form % 3]));
        free(SNARL(1, "diff", "-f", "json", "-o", "other.json", old, forms[1][form % 3]));
        char *same_path = path_in(directory, "same.json");
        char *other_path = path_in(directory, "other.json");
        json_t *same = json_load_file(same_path, 0, NULL);
        json_t *other = json_load_file(other_path, 0, NULL);
        assert_string_equal(word_at(same, "schema"), "snarl-diff/1");
        assert_int_equal(json_array_size(report_at(same, "new")), 0);
        assert_int_equal(json_array_size(report_at(same, "gone")), 0);
        assert_int_equal(json_array_size(report_at(same, "same")), 1);
        assert_string_equal(word_at(same, "same.0.id"), word_at(latent, "findings.0.id"));
        assert_string_equal(word_at(other, "new.0.id"), word_at(relock, "findings.0.id"));
        assert_string_equal(word_at(other, "gone.0.id"), word_at(latent, "findings.0.id"));
        assert_int_equal(json_array_size(report_at(other, "same")), 0);
        json_decref(same);
        json_decref(other);
        free(same_path), free(other_path);
    }
    json_decref(latent);
    json_decref(relock);
}

static void what_is_gone_is_no_failure(void **state)
{
    (void)state;
    char *none = path_in(directory, "none.txt");
    file_write(none, "snarl-baseline/1\nend\n", 21, 0600);
    char *output = SNARL(0, "diff", "relock.txt", "none.txt");
    assert_memory_equal(output, "snarl: 0 new, 1 gone, 0 same\n\ngone:\n  [", 38);
    free(output);
    output = SNARL(1, "diff", "none.txt", "relock.txt");
    assert_memory_equal(output, "snarl: 1 new, 0 gone, 0 same\n\nnew:\n  [", 37);
    free(output);
    /* A recording is looked at through suppressions; then there is nothing new. */
    char *rules = path_in(directory, "rules.txt");
    file_write(rules, "deadlock:*\n", 11, 0600);
    output = SNARL(0, "diff", "-s", "rules.txt", "none.txt", "relock");
    assert_string_equal(output, "snarl: 0 new, 0 gone, 0 same\n");
    free(output);
    output = SNARL(0, "baseline", "-s", "rules.txt", "relock");
    assert_string_equal(output, "snarl-baseline/1\nend\n");
    free(output);
    free(rules), free(none);
}

/* The program goes on where the call is refused, and then its status is its own. */
static void only_a_program_that_was_ended_is_excused(void **state)
{
    (void)state;
    static const char script[] = "\"$0\" --rounds 1; exit 66";
    free(SNARL(0, "run", "-b", "latent.txt", "-o", "/dev/null", "--", runs[0].scenario));
    free(SNARL(66, "run", "-b", "latent.txt", "-o", "/dev/null", "--", "sh", "-c", script,
               runs[0].scenario));
    free(SNARL(0, "run", "-b", "relock.txt", "-o", "/dev/null", "--", runs[1].scenario));
    free(SNARL(66, "run", "-b", "latent.txt", "-o", "/dev/null", "--", runs[1].scenario));
    free(SNARL(124, "run", "-b", "relock.txt", "-o", "/dev/null", "-t", "0.3", "--on-deadlock",
               "report", "--", runs[1].scenario));
}

static void what_comes_through_a_pipe_is_read(void **state)
{
    (void)state;
    struct command_result result = command_run(&(struct command){
        .directory = directory,
        .arguments = (const char *[]){"sh", "-c", "cat latent.txt | \"$0\" diff /dev/stdin latent",
                                      SNARL_COMMAND, NULL}});
    assert_string_equal(result.error, "");
    assert_int_equal(result.status, 0);
    command_free(&result);
}

/* A recording that is damaged has fewer findings: that is told. */
static void what_a_recording_has_lost_is_told(void **state)
{
    (void)state;
    char *none = path_in(directory, "lossy");
    assert_int_equal(mkdir(none, 0700), 0);
    free(SNARL(66, "run", "-k", "lossy", "-o", "/dev/null", runs[1].scenario));
    char *silent = path_in(none, "rec.4711.00000000.rec");
    file_write(silent, "SNARL", 5, 0600);
    command_check(
        &(struct command){.directory = directory,
                          .arguments = (const char *[]){SNARL_COMMAND, "diff", "-o", "/dev/null",
                                                        "relock.txt", "lossy", NULL}},
        0, "", "snarl: not seen: process 4711 was ended before it could record anything\n");
    free(silent), free(none);
}

static void check_damage(const char *text, size_t size, const char *complaint)
{
    char line[4096], *path = path_in(directory, "damaged.txt");
    char *whole = path_in(directory, "latent.txt");
    file_write(path, text, size, 0600);
    snprintf(line, sizeof line, "snarl: error: %s%s\n", path, complaint);
    CHECK(125, "", line, SNARL_COMMAND, "run", "--baseline", path, "echo", "must not run");
    CHECK(125, "", line, SNARL_COMMAND, "report", "--baseline", path, "whatever.rec");
    CHECK(125, "", line, SNARL_COMMAND, "baseline", path);
    CHECK(125, "", line, SNARL_COMMAND, "diff", path, whole);
    CHECK(125, "", line, SNARL_COMMAND, "diff", whole, path);
    free(path), free(whole);
}

#define DAMAGE(text, complaint) check_damage(text, sizeof text - 1, complaint)
#define ENTRY "6630af67c5fd0216 deadlock  # two threads\n"

static void damage_is_one_line_with_file_and_line(void **state)
{
    (void)state;
    DAMAGE("", ": this is no baseline: it is empty");
    DAMAGE("snarl-baseline/1\n" ENTRY, ":2: the last line, \"end\", is missing: cut short");
    DAMAGE("snarl-baseline/1\n" ENTRY "en",
           ":3: the file ends in the middle of a line (was it cut short? else end the line)");
    DAMAGE("snarl-baseline/1\n" ENTRY "6630af67 deadlock\nend\n",
           ":3: expected a finding's id, 16 digits, not \"6630af67\"");
    DAMAGE("snarl-baseline/1\n6630af67c5fd0216 deadlok\nend\n",
           ":2: unknown kind \"deadlok\" (did you mean \"deadlock\"?)");
    DAMAGE("deadlock:pay\n", ":1: expected \"snarl-baseline/1\", not \"deadlock:pay\"");
    CHECK(125, "", "snarl: error: \"/nonexistent/b\": No such file or directory\n", SNARL_COMMAND,
          "run", "-b", "/nonexistent/b", "echo", "must not run");
    CHECK(125, "", "snarl: error: \"/nonexistent/b\": No such file or directory\n", SNARL_COMMAND,
          "diff", "/nonexistent/b", "/nonexistent/c");
}

static void a_report_that_is_cut_short_is_no_report(void **state)
{
    (void)state;
    size_t size;
    char *whole = path_in(directory, "latent.json"), *cut = path_in(directory, "cut.json");
    char *text = file_read(whole, &size), start[4096];
    snprintf(start, sizeof start, "snarl: error: %s:", cut);
    for (size_t part = 0; part < 4; part++) {
        file_write(cut, text, size * part / 4, 0600);
        struct command_result result = COMMAND(SNARL_COMMAND, "diff", cut, whole);
        assert_int_equal(result.status, 125);
        assert_memory_equal(result.error, start, strlen(start));
        assert_ptr_equal(strchr(result.error, '\n'), result.error + result.error_size - 1);
        command_free(&result);
    }
    free(text), free(whole), free(cut);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_baseline_is_text_for_version_control),
        cmocka_unit_test(only_what_is_new_fails),
        cmocka_unit_test(what_is_known_is_told_in_short),
        cmocka_unit_test(runs_are_compared),
        cmocka_unit_test(what_is_gone_is_no_failure),
        cmocka_unit_test(only_a_program_that_was_ended_is_excused),
        cmocka_unit_test(what_comes_through_a_pipe_is_read),
        cmocka_unit_test(what_a_recording_has_lost_is_told),
        cmocka_unit_test(damage_is_one_line_with_file_and_line),
        cmocka_unit_test(a_report_that_is_cut_short_is_no_report),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
