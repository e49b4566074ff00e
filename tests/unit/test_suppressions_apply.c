/* Suppressions at work: which findings they take out, by what, and which rules are proposed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "report/suppressions.h"
#include "report_build.h"
#include "report_sample.h"

static void apply(struct snarl_report *report, const char *text)
{
    struct snarl_suppressions suppressions = {0};
    struct snarl_file_error error;
    assert_true(snarl_suppressions_parse(&suppressions, "s.txt", text, strlen(text), &error));
    snarl_suppressions_apply(&suppressions, report);
    snarl_suppressions_free(&suppressions);
}

/* Applies the rule to a report, which is freed; whether it took out the only finding. */
static bool takes_out(const char *rule, struct snarl_report *report)
{
    char text[256];
    snprintf(text, sizeof text, "# a rule\n%s\n", rule);
    assert_int_equal(report->finding_count, 1);
    apply(report, text);
    bool gone = report->finding_count == 0;
    assert_int_equal(report->suppressed, gone);
    assert_int_equal(report->rule_count, 1);
    assert_int_equal(report->rules[0].used, gone);
    assert_int_equal(report->rules[0].line, 2);
    assert_string_equal(report->rules[0].text, rule);
    assert_string_equal(report->rules[0].file, "s.txt");
    snarl_report_free(report);
    return gone;
}

/* pay() and refund() of ./transfer; each rule has a twin that differs in one letter. */
static void any_frame_of_any_stack_counts(void **state)
{
    (void)state;
    static const char *const matching[] = {
        "deadlock:^pay$",          /* where it was wanted */
        "deadlock:^refund$",       /* by the other thread */
        "deadlock:^lock_account$", /* inlined */
        "deadlock:^worker$",       /* further out */
        "deadlock:start_thread",   /* not the user's */
        "deadlock:account.h$",     /* a file */
        "deadlock:src/bank.c",     /* a part of its path */
        "deadlock:home/ann/trans", /* a module */
        "deadlock:libc.so.6",      /* another */
        "deadlock:^open_account$", /* where a lock was made */
        "called_from_lib:transfer",
    };
    static const char *const other[] = {
        "deadlock:^ay$",
        "deadlock:^refunds$",
        "deadlock:^lock_acount$",
        "deadlock:^workr$",
        "deadlock:start_threads",
        "deadlock:account.$",
        "deadlock:src/bank.h",
        "deadlock:home/bob/trans",
        "deadlock:libd.so.6",
        "deadlock:^open_acount$",
        "called_from_lib:libc",
        "race:^pay$",
        "mutex:^pay$",
        "thread:^pay$",
        "signal:^pay$",
        "race_top:^pay$",
        "deadlock:alice.lock", /* names of locks are not compared */
    };
    for (size_t row = 0; row < COUNT(matching); row++)
        if (!takes_out(matching[row], sample_transfer()))
            fail_msg("%s does not match", matching[row]);
    for (size_t row = 0; row < COUNT(other); row++)
        if (takes_out(other[row], sample_transfer()))
            fail_msg("%s matches", other[row]);
}

static void other_kinds_have_other_types(void **state)
{
    (void)state;
    assert_true(takes_out("race:increment", sample_race()));
    assert_true(takes_out("race_top:increment", sample_race()));
    assert_false(takes_out("race_top:start_thread", sample_race()));
    assert_true(takes_out("race:start_thread", sample_race()));
    assert_true(takes_out("deadlock:log_line", sample_relock()));
    assert_true(takes_out("deadlock:consume", sample_join()));
    assert_true(takes_out("called_from_lib:/ann/", sample_join())); /* pthread_join is ours */
    assert_false(takes_out("called_from_lib:libsnarl", sample_join()));
}

static void a_thread_s_creation_counts(void **state)
{
    (void)state;
    for (int created = 0; created < 2; created++) {
        struct snarl_report *report = sample_transfer();
        if (created)
            report->threads[2].created =
                STACK(report, USER("hire", "/home/ann/src/bank.c", 70), LIBRARY("main", "b"));
        assert_int_equal(takes_out("deadlock:^hire$", report), created);
    }
}

/* A rule for one way does not hide the other; two rules take the finding out, and both are used. */
static void every_way_must_be_matched(void **state)
{
    (void)state;
    static const struct {
        const char *rules;
        size_t left, used, partly;
    } rows[] = {
        {"deadlock:^pay$\n", 1, 0, 1},    {"deadlock:^pay_cash$\n", 1, 0, 1},
        {"deadlock:^pay\n", 0, 1, 0},     {"deadlock:^pay$\ndeadlock:^pay_cash$\n", 0, 1, 0},
        {"deadlock:^nobody$\n", 1, 0, 0},
    };
    for (size_t row = 0; row < COUNT(rows); row++) {
        struct snarl_report *report = sample_transfer();
        struct snarl_report_finding *finding = &report->findings[0];
        struct snarl_report_step step = build_step(
            report, 2, build_hold(1, STACK(report, USER("pay_cash", "/home/ann/src/cash.c", 21))),
            2, STACK(report, USER("pay_cash", "/home/ann/src/cash.c", 22)));
        finding->also = snarl_report_allocate(report, 1, sizeof *finding->also);
        finding->also_count = 1;
        finding->also[0] =
            (struct snarl_report_variant){build_copy(report, &step, 1, sizeof step), 1};
        apply(report, rows[row].rules);
        assert_int_equal(report->finding_count, rows[row].left);
        for (size_t rule = 0; rule < report->rule_count; rule++) {
            assert_int_equal(report->rules[rule].used, rows[row].used);
            assert_int_equal(report->rules[rule].partly, rows[row].partly);
        }
        snarl_report_free(report);
    }
}

static void the_first_rule_that_matches_is_the_one_used(void **state)
{
    (void)state;
    struct snarl_report *report = sample_transfer();
    apply(report, "race:pay\ndeadlock:^worker$\ndeadlock:^pay$\nsignal:pay\n");
    assert_int_equal(report->suppressed, 1);
    static const size_t used[] = {0, 1, 0, 0};
    for (size_t rule = 0; rule < 4; rule++) {
        assert_int_equal(report->rules[rule].used, used[rule]);
        assert_int_equal(report->rules[rule].idle, rule == 3);
    }
    snarl_report_free(report);
}

/* A standstill whose reason is suppressed is not told again as one that nobody can explain. */
static void what_stood_still_is_explained(void **state)
{
    (void)state;
    struct snarl_report *report = sample_relock();
    apply(report, "deadlock:flush\n");
    char *text = sample_written("text", report, &(struct snarl_format_options){0});
    assert_string_equal(text,
                        "snarl: nothing found in ./relock (pid 4711, 1 thread, 1 lock)\n"
                        "\n"
                        "1 finding suppressed by s.txt; a process stood still because of that\n");
    free(text);
    snarl_report_free(report);
}

/* Twins: of two cycles over the same edge one or both are suppressed. */
static void edges_of_suppressed_cycles_are_like_others(void **state)
{
    (void)state;
    for (int both = 0; both < 2; both++) {
        struct snarl_report *report = sample_transfer();
        struct snarl_report_finding *second =
            build_finding(report, SNARL_FINDING_LOCK_ORDER_CYCLE, SNARL_PREDICTED, SNARL_ERROR, 0);
        second->steps = build_copy(report, report->findings[0].steps, 2, sizeof *second->steps);
        second->step_count = 2;
        for (size_t index = 0; index < 2; index++) {
            second->steps[index].stack = STACK(report, USER("other", "/home/ann/o.c", 1));
            second->steps[index].holds = NULL;
            second->steps[index].hold_count = 0;
        }
        apply(report, both ? "deadlock:^pay$\ndeadlock:^other$\n" : "deadlock:^pay$\n");
        assert_int_equal(report->suppressed, 1 + both);
        for (size_t index = 0; index < report->edge_count; index++)
            assert_int_equal(report->edges[index].in_cycle, index < 2 && !both);
        snarl_report_free(report);
    }
}

static char *proposal(const struct snarl_report *report)
{
    char *text = NULL;
    size_t size;
    FILE *stream = open_memstream(&text, &size);
    assert_true(snarl_suppressions_propose(stream, report));
    assert_int_equal(fclose(stream), 0);
    return text;
}

/* What is proposed is fed back, and nothing is left. */
static void check_proposal(struct snarl_report *report, const char *expected)
{
    char *text = proposal(report);
    assert_string_equal(text, expected);
    size_t count = report->finding_count;
    apply(report, text);
    assert_int_equal(report->finding_count, 0);
    assert_int_equal(report->suppressed, count);
    snarl_report_free(report);
    free(text);
}

static void a_rule_names_the_function_that_tells_most(void **state)
{
    (void)state;
    check_proposal(sample_transfer(),
                   "# 7f3a09c2e1b44d10 lock-order-cycle\n"
                   "# two threads take two locks in opposite order\n"
                   "deadlock:^pay$\n");
    check_proposal(sample_race(),
                   "# 7f3a09c2e1b44d10 data-race\n"
                   "# two threads access counter without order\n"
                   "race:^increment$\n");
    /* One that takes every lock for everybody is in both steps. */
    struct snarl_report *report = sample_transfer();
    for (size_t index = 0; index < 2; index++)
        report->findings[0].steps[index].stack =
            STACK(report, USER("take", "/home/ann/src/lock.c", 5),
                  USER(index == 0 ? "pay" : "refund", "/home/ann/src/bank.c", 22),
                  USER("worker", "/home/ann/src/bank.c", 40));
    check_proposal(report,
                   "# 7f3a09c2e1b44d10 lock-order-cycle\n"
                   "# two threads take two locks in opposite order\n"
                   "deadlock:^pay$\n");
}

static void a_function_that_other_findings_share_tells_less(void **state)
{
    (void)state;
    struct snarl_report *report = sample_transfer();
    struct snarl_report_finding *second =
        build_finding(report, SNARL_FINDING_LOCK_ORDER_CYCLE, SNARL_PREDICTED, SNARL_ERROR, 1);
    second->message = "the\nsecond";
    second->steps[0] = build_step(report, 2, build_hold(1, (struct snarl_stack){NULL, 0}), 2,
                                  STACK(report, USER("pay", "/home/ann/src/bank.c", 22),
                                        USER("pay_twice", "/home/ann/src/bank.c", 50),
                                        USER("worker", "/home/ann/src/bank.c", 40)));
    check_proposal(report,
                   "# 7f3a09c2e1b44d10 lock-order-cycle\n"
                   "# two threads take two locks in opposite order\n"
                   "deadlock:^lock_account$\n"
                   "\n"
                   "# 7f3a09c2e1b44d10 lock-order-cycle\n"
                   "# the?second\n"
                   "deadlock:^pay_twice$\n");
}

static struct snarl_report *of_one_frame(struct snarl_frame frame)
{
    struct snarl_report *report = build_report_of_program("./x", 1, 1, 0);
    struct snarl_report_finding *finding =
        build_finding(report, SNARL_FINDING_UNLOCK_NOT_LOCKED, SNARL_OCCURRED, SNARL_ERROR, 1);
    finding->steps[0].stack = build_stack(report, &frame, 1);
    return report;
}

#define PROPOSED(rule) "# 7f3a09c2e1b44d10 unlock-not-locked\n" rule "\n"

static void odd_names_are_written_so_that_they_match(void **state)
{
    (void)state;
    check_proposal(of_one_frame((struct snarl_frame)USER("operator*(m, m)", "m.cc", 1)),
                   PROPOSED("mutex:^operator*(m, m)$"));
    check_proposal(of_one_frame((struct snarl_frame)USER("main::$_0::call\n", "m.cc", 1)),
                   PROPOSED("mutex:^main::*_0::call*$"));
    check_proposal(of_one_frame((struct snarl_frame){.file = "/a/b.c", .line = 3}),
                   PROPOSED("mutex:/b.c$"));
    check_proposal(of_one_frame((struct snarl_frame)STRIPPED("/lib/li$b.so", 3)),
                   PROPOSED("mutex:/li*b.so$"));
    check_proposal(of_one_frame((struct snarl_frame)STRIPPED("[vdso]", 3)),
                   PROPOSED("mutex:^[vdso]$"));
    check_proposal(of_one_frame((struct snarl_frame)LIBRARY("abort", "libc.so.6")),
                   PROPOSED("mutex:^abort$"));
}

static void of_what_nothing_is_known_no_rule_is_made(void **state)
{
    (void)state;
    struct snarl_report *report = of_one_frame((struct snarl_frame){0});
    char *text = proposal(report);
    assert_string_equal(text, PROPOSED("# (nothing is known of it that a rule could match)"));
    free(text);
    snarl_report_free(report);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_frame_of_any_stack_counts),
        cmocka_unit_test(other_kinds_have_other_types),
        cmocka_unit_test(a_thread_s_creation_counts),
        cmocka_unit_test(every_way_must_be_matched),
        cmocka_unit_test(the_first_rule_that_matches_is_the_one_used),
        cmocka_unit_test(what_stood_still_is_explained),
        cmocka_unit_test(edges_of_suppressed_cycles_are_like_others),
        cmocka_unit_test(a_rule_names_the_function_that_tells_most),
        cmocka_unit_test(a_function_that_other_findings_share_tells_less),
        cmocka_unit_test(odd_names_are_written_so_that_they_match),
        cmocka_unit_test(of_what_nothing_is_known_no_rule_is_made),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
