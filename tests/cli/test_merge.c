/* Recordings of several runs as one: what they show together, and what they do not. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "report_words.h"
#include "support/cmocka_all.h"
#include "support/own_directory.h"

/* Runs the program, which must find nothing by itself or that; the directory of its recordings, to
 * be freed. */
static char *record_of(const char *program, const char *const *words, int status)
{
    static unsigned runs;
    char name[32];
    snprintf(name, sizeof name, "run%u", runs++);
    char *kept = path_in(directory, name);
    const char *all[16] = {SNARL_COMMAND, "run", "--keep", kept, "-o", "/dev/null", "--", program};
    for (size_t i = 8; *words; i++)
        all[i] = *words++;
    struct command_result result = command_run(&(struct command){.arguments = all});
    assert_int_equal(result.status, status);
    command_free(&result);
    return kept;
}

#define RECORD(program, status, ...)                                                               \
    record_of(program, (const char *const[]){__VA_ARGS__, NULL}, status)

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

#define RUN(...) RECORD(SNARL_MERGED, 0, __VA_ARGS__)
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

/* One run has shown both sides, but never at a time: it takes the other's place of one. */
static void what_was_over_in_one_run_need_not_be_in_another(void **state)
{
    (void)state;
    check_together(RUN("ab", "-", "ba", "1"), RUN("-", "ab", "-", "1"), false,
                   "lock-order-cycle predicted warning\n" BOTH_SIDES);
    check_together(RUN("ab", "-", "ba", "1"), RUN("ab", "-", "-", "1"), false, "");
}

/* What one of a kind did both of, by turns, it did alone. */
static void what_one_worker_does_both_of_is_no_finding_of_several(void **state)
{
    (void)state;
    check_severity(RUN("-", "-", "ab", "2"), RUN("-", "-", "ab", "3"), "");
    check_severity(RUN("-", "-", "abba", "1"), RUN("-", "-", "abba", "1"), "");
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

static void a_gate_in_both_runs_keeps_them_apart(void **state)
{
    (void)state;
    check_severity(RUN("-", "gab", "-", "1"), RUN("-", "-", "gba", "1"), "");
    check_severity(RUN("-", "gab", "-", "1"), RUN("-", "-", "ba", "1"), "warning");
}

static void a_lock_that_the_maker_holds_is_a_gate(void **state)
{
    (void)state;
    check_severity(RUN("-", "-", "ab", "1", "-", "held"), RUN("-", "-", "-", "1", "gba"), "");
    check_severity(RUN("-", "-", "ab", "1", "-"), RUN("-", "-", "-", "1", "gba"), "warning");
}

/* What is done in an initialisation is over for those who have found it done. */
static void an_initialisation_comes_before_what_is_after_it(void **state)
{
    (void)state;
    check_severity(RUN("-", "-", "oab", "1", "-"), RUN("-", "f", "-", "1", "fba"), "");
    check_severity(RUN("-", "-", "oab", "1", "-"), RUN("-", "f", "-", "1", "ba"), "warning");
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
    check_together(RUN("-", "ab", "-", "1"), RECORD(SNARL_MERGED_OTHER, 0, "-", "-", "ba", "1"),
                   true, "");
}

static void what_one_run_shows_alone_stays_an_error_of_that_name(void **state)
{
    (void)state;
    char *alone = RECORD(SNARL_MERGED, 66, "-", "ab", "ba", "1"), *findings, *together;
    json_t *before = report(alone, false, &findings);
    char *other = RUN("-", "ab", "-", "1"), *merged = merge(alone, other);
    json_t *after = report(merged, false, &together);
    assert_string_equal(findings, "lock-order-cycle predicted error\n" BOTH_SIDES);
    assert_string_equal(together, findings);
    assert_true(json_equal(report_at(before, "findings.0.id"), report_at(after, "findings.0.id")));
    assert_true(json_is_null(report_at(after, "findings.0.runs")));
    /* What it was run with is not kept: no command that would run it is offered. */
    struct command_result text = COMMAND(SNARL_COMMAND, "report", merged);
    assert_non_null(strstr(text.output, "LOCK-ORDER CYCLE"));
    assert_null(strstr(text.output, "snarl confirm"));
    command_free(&text);
    json_decref(before), json_decref(after);
    free(findings), free(together), free(merged), free(alone), free(other);
}

/* Under its own name, which is no other number than in the findings. */
static void a_graph_names_the_threads_of_each_order(void **state)
{
    (void)state;
    char *left = RUN("-", "ab", "-", "1"), *right = RUN("-", "-", "ba", "1");
    char *merged = merge(left, right), expected[2][80];
    struct command_result graph = COMMAND(SNARL_COMMAND, "report", "-f", "dot", merged);
    assert_int_equal(graph.status, 0);
    bool alice_first = strstr(graph.output, "lock1 [label=\"alice") != NULL;
    snprintf(expected[0], sizeof expected[0], "lock%d -> lock%d [label=\"thread 1 (main)",
             2 - alice_first, 1 + alice_first);
    snprintf(expected[1], sizeof expected[1], "lock%d -> lock%d [label=\"thread 2 (worker)",
             1 + alice_first, 2 - alice_first);
    for (size_t i = 0; i < 2; i++)
        assert_non_null(strstr(graph.output, expected[i]));
    command_free(&graph);
    free(merged), free(left), free(right);
}

static void the_id_is_that_of_a_run_that_shows_both_sides(void **state)
{
    (void)state;
    char *alone = RECORD(SNARL_MERGED, 66, "-", "ab", "ba", "1"), *findings, *together;
    json_t *before = report(alone, false, &findings);
    char *left = RUN("-", "ab", "-", "1"), *right = RUN("-", "-", "ba", "1");
    char *merged = merge(left, right);
    json_t *after = report(merged, false, &together);
    assert_true(json_equal(report_at(before, "findings.0.id"), report_at(after, "findings.0.id")));
    json_decref(before), json_decref(after);
    free(findings), free(together), free(merged), free(alone), free(left), free(right);
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

/* A device would not come back; to take the place of a link is not to write to it. */
static void what_is_no_file_is_written_through(void **state)
{
    (void)state;
    char *first = RUN("-", "ab", "-", "1"), *merged = merge(first, first);
    char *target = path_in(directory, "target.rec"), *link = path_in(directory, "link");
    size_t size, other_size;
    assert_int_equal(symlink(target, link), 0);
    CHECK(0, "", "", SNARL_COMMAND, "merge", first, "-o", link);
    struct stat status;
    assert_int_equal(lstat(link, &status), 0);
    assert_true(S_ISLNK(status.st_mode));
    char *bytes = file_read(merged, &size), *same = file_read(target, &other_size);
    assert_int_equal(other_size, size);
    assert_memory_equal(same, bytes, size);
    struct command_result result = COMMAND(SNARL_COMMAND, "merge", first, "-o", "-");
    assert_int_equal(result.output_size, size);
    assert_memory_equal(result.output, bytes, size);
    command_free(&result);
    free(bytes), free(same), free(first), free(merged), free(target), free(link);
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
        cmocka_unit_test(what_was_over_in_one_run_need_not_be_in_another),
        cmocka_unit_test(what_one_worker_does_both_of_is_no_finding_of_several),
        cmocka_unit_test(the_same_order_is_not),
        cmocka_unit_test(what_main_does_in_two_runs_is_done_by_one_thread),
        cmocka_unit_test(a_gate_in_both_runs_keeps_them_apart),
        cmocka_unit_test(a_lock_that_the_maker_holds_is_a_gate),
        cmocka_unit_test(an_initialisation_comes_before_what_is_after_it),
        cmocka_unit_test(threads_of_a_kind_are_the_same_or_not_by_how_many_there_were),
        cmocka_unit_test(other_programs_are_kept_apart),
        cmocka_unit_test(what_one_run_shows_alone_stays_an_error_of_that_name),
        cmocka_unit_test(a_graph_names_the_threads_of_each_order),
        cmocka_unit_test(the_id_is_that_of_a_run_that_shows_both_sides),
        cmocka_unit_test(merging_again_in_any_order_is_the_same_file),
        cmocka_unit_test(what_is_merged_may_be_what_is_written_to),
        cmocka_unit_test(what_is_no_file_is_written_through),
        cmocka_unit_test(what_cannot_be_merged_is_said_in_one_line),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
