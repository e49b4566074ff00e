/* The lock-order graph: each statement as it stands, and what may not break the quotes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "report_sample.h"

static char *write_sample(struct snarl_report *report)
{
    char *text = sample_written("dot", report, &(struct snarl_format_options){0});
    snarl_report_free(report);
    return text;
}

static size_t count_of(const char *text, const char *part)
{
    size_t count = 0;
    for (; (text = strstr(text, part)) != NULL; text += strlen(part))
        count++;
    return count;
}

static void a_node_for_each_lock_and_an_edge_for_each_order(void **state)
{
    (void)state;
    char *text = write_sample(sample_dining());
    assert_int_equal(count_of(text, "  lock"), 8);
    assert_int_equal(count_of(text, " -> "), 4);
    assert_int_equal(count_of(text, "color=red, fontcolor=red, style=bold"), 4);
    assert_int_equal(count_of(text, "  lock3 [label=\"forks[2]\\nmutex\"];\n"), 1);
    assert_int_equal(count_of(text,
                              "  lock4 -> lock1 [label=\"thread 5 (philosopher)\\n"
                              "dine (dining.c:22)\", color=red, fontcolor=red, "
                              "style=bold];\n"),
                     1);
    free(text);
}

static void an_order_seen_twice_is_one_edge_and_red_if_either_is(void **state)
{
    (void)state;
    static const size_t orders[][3] = {{0, 1, 2}, {2, 1, 0}};
    for (size_t row = 0; row < 2; row++) {
        struct snarl_report *report = sample_transfer();
        struct snarl_report_edge edges[3];
        memcpy(edges, report->edges, sizeof edges);
        for (size_t index = 0; index < 3; index++)
            report->edges[index] = edges[orders[row][index]];
        char *text = write_sample(report);
        assert_int_equal(count_of(text, " -> "), 2);
        assert_int_equal(count_of(text, "style=bold"), 2);
        free(text);
    }
}

static void an_edge_without_a_cycle_is_not_red(void **state)
{
    (void)state;
    struct snarl_report *report = sample_transfer();
    for (size_t index = 0; index < report->edge_count; index++) {
        report->edges[index].in_cycle = false;
        report->edges[index].place = NULL;
    }
    char *text = write_sample(report);
    assert_int_equal(count_of(text, "red"), 0);
    assert_int_equal(count_of(text, "  lock1 -> lock2 [label=\"thread 2 \\\"payer\\\"\"];\n"), 1);
    assert_int_equal(count_of(text, "  lock2 -> lock1 [label=\"thread 3 \\\"refunder\\\"\"];\n"),
                     1);
    free(text);
}

static void names_cannot_break_out_of_their_quotes(void **state)
{
    (void)state;
    char *text = write_sample(sample_weird());
    assert_string_equal(strstr(text, "  lock1 ["),
                        "  lock1 [label=\"caf\xc3\xa9 \\\"x\\\\y\\\"\\nmutex\"];\n"
                        "  lock2 [label=\"bell?? end\\nmutex\"];\n"
                        "  lock1 -> lock2 [label=\"thread 2 \\\"?]0;owned?\\\"\\n"
                        "f? (a/same.c:1)\"];\n"
                        "}\n");
    free(text);
}

static void processes_are_kept_apart(void **state)
{
    (void)state;
    char *text = write_sample(sample_tree());
    assert_int_equal(count_of(text, "subgraph cluster_"), 2);
    assert_int_equal(count_of(text,
                              "  subgraph cluster_0 {\n"
                              "  label=\"./transfer\\npid 4711\";\n"
                              "  lock1 [label=\"alice.lock\\nmutex\"];\n"
                              "  lock2 [label=\"bob.lock\\nmutex\"];\n"
                              "  }\n"),
                     1);
    assert_int_equal(count_of(text, "{"), count_of(text, "}"));
    free(text);
}

static void no_locks_make_an_empty_graph(void **state)
{
    (void)state;
    char *text = write_sample(sample_clean());
    assert_string_equal(text,
                        "digraph \"lock order\" {\n"
                        "  node [shape=box, style=rounded, fontname=\"sans-serif\"];\n"
                        "  edge [fontname=\"sans-serif\", fontsize=10];\n"
                        "}\n");
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_node_for_each_lock_and_an_edge_for_each_order),
        cmocka_unit_test(an_order_seen_twice_is_one_edge_and_red_if_either_is),
        cmocka_unit_test(an_edge_without_a_cycle_is_not_red),
        cmocka_unit_test(names_cannot_break_out_of_their_quotes),
        cmocka_unit_test(processes_are_kept_apart),
        cmocka_unit_test(no_locks_make_an_empty_graph),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
