/* Lock orders by class, in a real program: what --by-class finds, and its twins. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report_words.h"
#include "support/cmocka_all.h"
#include "support/own_directory.h"

/* The report of a story, which must end with that status. */
static json_t *run(const char *story, const char *option, int status)
{
    char *path = path_in(directory, "report.json");
    struct command_result result =
        COMMAND(SNARL_COMMAND, "run", "-f", "json", "-o", path, option, "--", SNARL_CLASSES, story);
    assert_int_equal(result.status, status);
    command_free(&result);
    json_t *report = report_load(path);
    free(path);
    return report;
}

static void check(const char *story, const char *option, int status, const char *expected)
{
    json_t *report = run(story, option, status);
    char *findings = report_findings(report);
    assert_string_equal(findings, expected);
    free(findings);
    json_decref(report);
}

#define BY_CLASS "--by-class"
#define NOT_BY_CLASS "--color=never"

/* The lines that a class stands on. */
#define ACCOUNT "a mutex made in open_account() classes.c:34"
#define PERSON "a mutex made in admit_person() classes.c:41"

static void locks_made_at_two_places_taken_in_both_orders_are_a_warning(void **state)
{
    (void)state;
    check("made", BY_CLASS, 0,
          "lock-order-cycle predicted warning\n"
          "  first holds " ACCOUNT " (take) wants " PERSON
          " (take)\n"
          "  second holds " PERSON " (take) wants " ACCOUNT " (take)\n");
    json_t *report = run("made", BY_CLASS, 0);
    assert_true(json_is_true(report_at(report, "findings.0.by_class")));
    assert_non_null(strstr(json_string_value(report_at(report, "findings.0.why")), "By class: "));
    json_decref(report);
}

/* The twins: off by default; the same order; kept apart. */
static void orders_by_class_are_not_found_unless_asked_for(void **state)
{
    (void)state;
    check("made", NOT_BY_CLASS, 0, "");
    check("array-mixed", NOT_BY_CLASS, 0, "");
}

static void one_order_of_two_classes_is_none(void **state)
{
    (void)state;
    check("made-ordered", BY_CLASS, 0, "");
}

static void a_lock_of_a_class_is_a_gate_if_it_is_the_very_same(void **state)
{
    (void)state;
    check("gated", BY_CLASS, 0, "");
    json_t *report = run("gated-once", BY_CLASS, 0);
    assert_int_equal(json_array_size(report_at(report, "findings")), 1);
    json_decref(report);
}

static void one_thread_alone_makes_no_cycle_of_classes(void **state)
{
    (void)state;
    check("alone", BY_CLASS, 0, "");
}

static void what_ended_before_the_other_began_makes_none(void **state)
{
    (void)state;
    check("joined", BY_CLASS, 0, "");
}

static void like_locks_inside_each_other_in_both_directions_are_a_warning(void **state)
{
    (void)state;
    check("array-mixed", BY_CLASS, 0,
          "lock-order-cycle predicted warning\n"
          "  first holds accounts[*].lock (take) wants accounts[*].lock (take)\n"
          "  second holds accounts[*].lock (take) wants accounts[*].lock (take)\n");
}

static void like_locks_in_order_of_address_are_none(void **state)
{
    (void)state;
    check("array-up", BY_CLASS, 0, "");
}

static void what_the_locks_themselves_show_is_not_told_again(void **state)
{
    (void)state;
    json_t *plain = run("same", NOT_BY_CLASS, 66), *classed = run("same", BY_CLASS, 66);
    assert_int_equal(json_array_size(report_at(classed, "findings")), 1);
    assert_true(json_equal(report_at(plain, "findings.0.id"), report_at(classed, "findings.0.id")));
    assert_true(json_is_false(report_at(classed, "findings.0.by_class")));
    json_decref(plain), json_decref(classed);
}

static void a_recording_is_judged_by_class_later(void **state)
{
    (void)state;
    char *keep = path_in(directory, "kept"), *path = path_in(directory, "later.json");
    char *merged = path_in(directory, "merged");
    json_t *then = run("made", BY_CLASS, 0);
    CHECK(0, "", "", SNARL_COMMAND, "run", "-k", keep, "-o", "/dev/null", "--", SNARL_CLASSES,
          "made");
    CHECK(0, "", "", SNARL_COMMAND, "merge", keep, "-o", merged);
    const char *const recordings[] = {keep, merged};
    for (size_t i = 0; i < 2; i++) {
        CHECK(0, "", "", SNARL_COMMAND, "report", "--by-class", "-f", "json", "-o", path,
              recordings[i]);
        json_t *later = report_load(path);
        assert_int_equal(json_array_size(report_at(later, "findings")), 1);
        assert_true(
            json_equal(report_at(then, "findings.0.id"), report_at(later, "findings.0.id")));
        json_decref(later);
    }
    json_decref(then);
    free(keep), free(path), free(merged);
}

/* One side in a run, the other in another. */
static void runs_show_together_what_their_classes_do(void **state)
{
    (void)state;
    char *first = path_in(directory, "first"), *second = path_in(directory, "second");
    char *path = path_in(directory, "both.json"), *merged = path_in(directory, "both");
    static const char *const twins[] = {"array-second", "array-up"};
    for (size_t i = 0; i < 2; i++) {
        CHECK(0, "", "", SNARL_COMMAND, "run", "-k", first, "-o", "/dev/null", "--", SNARL_CLASSES,
              "array-first");
        CHECK(0, "", "", SNARL_COMMAND, "run", "-k", second, "-o", "/dev/null", "--", SNARL_CLASSES,
              twins[i]);
        CHECK(0, "", "", SNARL_COMMAND, "merge", first, second, "-o", merged);
        CHECK(0, "", "", SNARL_COMMAND, "report", "--by-class", "-f", "json", "-o", path, merged);
        json_t *report = report_load(path);
        assert_int_equal(json_array_size(report_at(report, "findings")), i == 0);
        if (i == 0) {
            assert_true(json_is_true(report_at(report, "findings.0.by_class")));
            assert_int_equal(json_integer_value(report_at(report, "findings.0.runs")), 2);
        }
        json_decref(report);
        CHECK(0, "", "", "rm", "-r", first, second);
    }
    free(first), free(second), free(path), free(merged);
}

/* What the run tells, a baseline can hold; the twin was not asked by class. */
static void a_baseline_lists_orders_by_class_where_asked(void **state)
{
    (void)state;
    char *keep = path_in(directory, "baselined"), *known = path_in(directory, "known.txt");
    char *none = path_in(directory, "none.txt");
    char expected[64];
    json_t *report = run("made", BY_CLASS, 0);
    CHECK(0, "", "", SNARL_COMMAND, "run", "-k", keep, "-o", "/dev/null", "--", SNARL_CLASSES,
          "made");
    CHECK(0, "snarl-baseline/1\nend\n", "", SNARL_COMMAND, "baseline", keep);
    CHECK(0, "", "", SNARL_COMMAND, "baseline", keep, "-o", none);
    CHECK(0, "", "", SNARL_COMMAND, "baseline", "--by-class", keep, "-o", known);
    size_t size;
    char *text = file_read(known, &size);
    snprintf(expected, sizeof expected, "snarl-baseline/1\n%s lock-order-cycle  # ",
             json_string_value(report_at(report, "findings.0.id")));
    assert_int_equal(strncmp(text, expected, strlen(expected)), 0);
    struct command_result new = COMMAND(SNARL_COMMAND, "diff", "--by-class", none, keep);
    assert_int_equal(new.status, 1);
    command_free(&new);
    free(keep), free(known), free(none), free(text);
    json_decref(report);
}

static void orders_by_class_are_not_steered_into(void **state)
{
    (void)state;
    char *path = path_in(directory, "confirmed.json");
    CHECK(0, "", "", SNARL_COMMAND, "confirm", "--by-class", "-f", "json", "-o", path, "--",
          SNARL_CLASSES, "made");
    json_t *report = report_load(path);
    assert_string_equal(json_string_value(report_at(report, "findings.0.confirmation.reason")),
                        "It was not tried: its sides were seen with different locks, and threads "
                        "are steered to the very locks that they were seen with.");
    json_decref(report);
    free(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(locks_made_at_two_places_taken_in_both_orders_are_a_warning),
        cmocka_unit_test(orders_by_class_are_not_found_unless_asked_for),
        cmocka_unit_test(one_order_of_two_classes_is_none),
        cmocka_unit_test(a_lock_of_a_class_is_a_gate_if_it_is_the_very_same),
        cmocka_unit_test(one_thread_alone_makes_no_cycle_of_classes),
        cmocka_unit_test(what_ended_before_the_other_began_makes_none),
        cmocka_unit_test(like_locks_inside_each_other_in_both_directions_are_a_warning),
        cmocka_unit_test(like_locks_in_order_of_address_are_none),
        cmocka_unit_test(what_the_locks_themselves_show_is_not_told_again),
        cmocka_unit_test(a_recording_is_judged_by_class_later),
        cmocka_unit_test(orders_by_class_are_not_steered_into),
        cmocka_unit_test(a_baseline_lists_orders_by_class_where_asked),
        cmocka_unit_test(runs_show_together_what_their_classes_do),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
