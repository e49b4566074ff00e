/* Recordings of several runs as one: what they show together, and what they do not. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "report_words.h"
#include "support/cmocka_all.h"
#include "support/command.h"

static char *directory;

static int set_up(void **state)
{
    (void)state;
    directory = directory_make();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    directory_remove(directory);
    return 0;
}

/* Runs the program, which must find nothing by itself or that; the directory of its recordings, to
 * be freed. */
static char *record(const char *program, const char *before, const char *during, const char *work,
                    const char *workers, int status)
{
    static unsigned runs;
    char name[32];
    snprintf(name, sizeof name, "run%u", runs++);
    char *kept = path_in(directory, name);
    struct command_result result = COMMAND(SNARL_COMMAND, "run", "--keep", kept, "-o", "/dev/null",
                                           "--", program, before, during, work, workers);
    assert_int_equal(result.status, status);
    command_free(&result);
    return kept;
}

static char *merge(const char *left, const char *right)
{
    static unsigned merges;
    char name[32];
    snprintf(name, sizeof name, "merged%u.rec", merges++);
    char *merged = path_in(directory, name);
    CHECK(0, "", "", SNARL_COMMAND, "merge", left, right, "-o", merged);
    return merged;
}

static json_t *load(const char *recording, bool all)
{
    char *path = path_in(directory, "report.json");
    CHECK(0, "", "", SNARL_COMMAND, "report", recording, "-f", "json", "-o", path,
          all ? "--all" : "--color=never");
    json_t *made = report_load(path);
    free(path);
    return made;
}

/* The findings of a recording, as text; and the report. */
static json_t *report(const char *recording, bool all, char **findings)
{
    json_t *made = load(recording, all);
    *findings = report_findings(made);
    return made;
}

/* What two runs show together. */
static void check_together(char *left, char *right, bool all, const char *expected)
{
    char *merged = merge(left, right), *findings;
    json_t *made = report(merged, all, &findings);
    assert_string_equal(findings, expected);
    if (strstr(expected, "warning") != NULL) {
        assert_int_equal(json_integer_value(report_at(made, "findings.0.runs")), 2);
        assert_non_null(strstr(json_string_value(report_at(made, "findings.0.why")),
                               "It rests on 2 runs: no single run has shown all sides."));
    }
    json_decref(made);
    free(findings), free(merged), free(left), free(right);
}

#define RUN(before, during, work, workers) record(SNARL_MERGED, before, during, work, workers, 0)

#define BOTH_SIDES                                                                                 \
    "  main holds alice (take) wants bob (take)\n"                                                 \
    "  worker holds bob (take) wants alice (take)\n"

static void an_order_of_one_run_and_its_reverse_of_another_are_a_warning(void **state)
{
    (void)state;
    check_together(RUN("-", "ab", "-", "1"), RUN("-", "-", "ba", "1"), false,
                   "lock-order-cycle predicted warning\n" BOTH_SIDES);
}

/* The twins. */
static void what_was_over_before_the_other_began_is_not(void **state)
{
    (void)state;
    check_together(RUN("ab", "-", "-", "1"), RUN("-", "-", "ba", "1"), false, "");
    check_together(RUN("ab", "-", "-", "1"), RUN("-", "-", "ba", "1"), true,
                   "lock-order-cycle infeasible note\n" BOTH_SIDES);
}

static void the_same_order_is_not(void **state)
{
    (void)state;
    check_together(RUN("-", "ab", "-", "1"), RUN("-", "-", "ab", "1"), true, "");
}

static void what_main_does_in_two_runs_is_done_by_one_thread(void **state)
{
    (void)state;
    check_together(RUN("-", "ab", "-", "1"), RUN("-", "ba", "-", "1"), false, "");
}

/* How bad it is what two runs show together; "" for nothing. */
static void check_severity(char *left, char *right, const char *expected)
{
    char *merged = merge(left, right);
    json_t *made = load(merged, false);
    assert_int_equal(json_array_size(report_at(made, "findings")), *expected != '\0');
    if (*expected)
        assert_string_equal(json_string_value(report_at(made, "findings.0.severity")), expected);
    json_decref(made);
    free(merged), free(left), free(right);
}

static void a_gate_in_both_runs_keeps_them_apart(void **state)
{
    (void)state;
    check_severity(RUN("-", "gab", "-", "1"), RUN("-", "-", "gba", "1"), "");
    check_severity(RUN("-", "gab", "-", "1"), RUN("-", "-", "ba", "1"), "warning");
}

/* One that is made alone at its place is the same in both runs; of several, it may be another. */
static void threads_of_a_kind_are_the_same_or_not_by_how_many_there_were(void **state)
{
    (void)state;
    check_severity(RUN("-", "-", "ab", "1"), RUN("-", "-", "ba", "1"), "");
    check_severity(RUN("-", "-", "ab", "2"), RUN("-", "-", "ba", "1"), "warning");
}

static void other_programs_are_kept_apart(void **state)
{
    (void)state;
    check_together(RUN("-", "ab", "-", "1"), record(SNARL_MERGED_OTHER, "-", "-", "ba", "1", 0),
                   true, "");
}

static void what_one_run_shows_alone_stays_an_error_of_that_name(void **state)
{
    (void)state;
    char *alone = record(SNARL_MERGED, "-", "ab", "ba", "1", 66), *findings, *together;
    json_t *before = report(alone, false, &findings);
    char *merged = merge(alone, RUN("-", "ab", "-", "1"));
    json_t *after = report(merged, false, &together);
    assert_string_equal(findings, "lock-order-cycle predicted error\n" BOTH_SIDES);
    assert_string_equal(together, findings);
    assert_true(json_equal(report_at(before, "findings.0.id"), report_at(after, "findings.0.id")));
    assert_true(json_is_null(report_at(after, "findings.0.runs")));
    json_decref(before), json_decref(after);
    free(findings), free(together), free(merged), free(alone);
}

static void the_id_is_that_of_a_run_that_shows_both_sides(void **state)
{
    (void)state;
    char *alone = record(SNARL_MERGED, "-", "ab", "ba", "1", 66), *findings, *together;
    json_t *before = report(alone, false, &findings);
    char *merged = merge(RUN("-", "ab", "-", "1"), RUN("-", "-", "ba", "1"));
    json_t *after = report(merged, false, &together);
    assert_true(json_equal(report_at(before, "findings.0.id"), report_at(after, "findings.0.id")));
    json_decref(before), json_decref(after);
    free(findings), free(together), free(merged), free(alone);
}

static void merging_again_in_any_order_is_the_same_file(void **state)
{
    (void)state;
    char *first = RUN("-", "ab", "-", "1"), *second = RUN("-", "-", "ba", "2");
    char *one = merge(first, second), *other = merge(second, first);
    char *again = merge(one, first), *both = merge(again, other);
    size_t size, other_size;
    char *bytes = file_read(one, &size);
    const char *const others[] = {other, again, both};
    for (size_t i = 0; i < 3; i++) {
        char *same = file_read(others[i], &other_size);
        assert_int_equal(other_size, size);
        assert_memory_equal(same, bytes, size);
        free(same);
    }
    struct stat status;
    assert_int_equal(stat(one, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    free(bytes), free(first), free(second), free(one), free(other), free(again), free(both);
}

static void what_is_merged_may_be_what_is_written_to(void **state)
{
    (void)state;
    char *first = RUN("-", "ab", "-", "1"), *second = RUN("-", "-", "ba", "1"), *findings;
    char *merged = merge(first, first);
    CHECK(0, "", "", SNARL_COMMAND, "merge", "-o", merged, merged, second);
    json_decref(report(merged, false, &findings));
    assert_string_equal(findings, "lock-order-cycle predicted warning\n" BOTH_SIDES);
    free(findings), free(first), free(second), free(merged);
}

static void what_cannot_be_merged_is_said_in_one_line(void **state)
{
    (void)state;
    char *text = path_in(directory, "text"), *missing = path_in(directory, "missing");
    char *output = path_in(directory, "never"), expected[600];
    file_write(text, "no recording", 12, 0600);
    snprintf(expected, sizeof expected, "snarl: error: %s: not a recording of snarl's\n", text);
    CHECK(125, "", expected, SNARL_COMMAND, "merge", text, "-o", output);
    snprintf(expected, sizeof expected, "snarl: error: %s: No such file or directory\n", missing);
    CHECK(125, "", expected, SNARL_COMMAND, "merge", missing, "-o", output);
    CHECK(125, "",
          "snarl: error: merge: no output (-o) given (usage: snarl merge -o RECORDING "
          "RECORDING...)\n",
          SNARL_COMMAND, "merge", text);
    CHECK(
        125, "",
        "snarl: error: merge: no recording given (usage: snarl merge -o RECORDING RECORDING...)\n",
        SNARL_COMMAND, "merge", "-o", output);
    struct stat status;
    assert_int_equal(stat(output, &status), -1);
    free(text), free(missing), free(output);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_order_of_one_run_and_its_reverse_of_another_are_a_warning),
        cmocka_unit_test(what_was_over_before_the_other_began_is_not),
        cmocka_unit_test(the_same_order_is_not),
        cmocka_unit_test(what_main_does_in_two_runs_is_done_by_one_thread),
        cmocka_unit_test(a_gate_in_both_runs_keeps_them_apart),
        cmocka_unit_test(threads_of_a_kind_are_the_same_or_not_by_how_many_there_were),
        cmocka_unit_test(other_programs_are_kept_apart),
        cmocka_unit_test(what_one_run_shows_alone_stays_an_error_of_that_name),
        cmocka_unit_test(the_id_is_that_of_a_run_that_shows_both_sides),
        cmocka_unit_test(merging_again_in_any_order_is_the_same_file),
        cmocka_unit_test(what_is_merged_may_be_what_is_written_to),
        cmocka_unit_test(what_cannot_be_merged_is_said_in_one_line),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
