/* snarl confirm: what is predicted and can happen is made to happen, and again by its schedule;
 * what cannot is not. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "confirm_ask.h"
#include "report_words.h"
#include "support/cmocka_all.h"
#include "support/command.h"

static const struct happens {
    const char *name;
    const char *steps; /* NULL where locks take part that have no names, or are no side of it */
    size_t threads;
} happens[] = {
    {"pair",
     "  pair_first holds a (both) wants b (both)\n"
     "  pair_second holds b (both) wants a (both)\n",
     2},
    {"main",
     "  main holds a (both) wants b (both)\n"
     "  main_other holds b (both) wants a (both)\n",
     2},
    {"ring",
     "  ring_first holds a (both) wants b (both)\n"
     "  ring_second holds b (both) wants c (both)\n"
     "  ring_third holds c (both) wants a (both)\n",
     3},
    {"rwlock",
     "  rwlock_first holds readers (rwlock_first) wants writers (rwlock_first)\n"
     "  rwlock_second holds writers (rwlock_second) wants readers (rwlock_second)\n",
     2},
    {"handed",
     "  handed_first holds a (handed_first) wants b (both)\n"
     "  handed_second holds b (both) wants a (both)\n",
     2},
    {"spins",
     "  spins_first holds spin (spins_first) wants plain (spins_first)\n"
     "  spins_second holds plain (spins_second) wants spin (spins_second)\n",
     2},
    {"loops",
     "  loops_first holds a (both) wants b (both)\n"
     "  loops_second holds b (both) wants a (both)\n",
     2},
    {"again",
     "  again_first holds again::deep (again_first) wants b (both)\n"
     "  again_second holds b (again_second) wants again::deep (again_second)\n",
     2},
    {"nested", NULL, 2},
    {"made", NULL, 5},
    {"unmade", NULL, 2},
    {"transfers", NULL, 2},
};

static bool has_hung(const json_t *report)
{
    const char *kind = json_string_value(report_at(report, "findings.0.kind"));
    return kind != NULL && strcmp(kind, "deadlock") == 0;
}

/* On a busy machine it may take more than one run: threads come to their places late. */
static json_t *replay_until_hung(const char *schedule, const char *name)
{
    enum {
        MOST_REPLAYS = 5,
    };
    json_t *report = replay(66, schedule, name);
    for (int i = 1; i < MOST_REPLAYS && !has_hung(report); i++) {
        json_decref(report);
        report = replay(66, schedule, name);
    }
    return report;
}

/* Then its schedule leads there once more. */
static void is_confirmed(void **state)
{
    const struct happens *row = *state;
    char expected[1024];
    enter(state);
    json_t *report = CONFIRM(66, SNARL_CYCLES, row->name);
    assert_int_equal(json_array_size(report_at(report, "findings")), 1);
    const json_t *finding = report_at(report, "findings.0");
    assert_int_equal(json_array_size(report_at(finding, "threads")), row->threads);
    if (row->steps) {
        snprintf(expected, sizeof expected, "lock-order-cycle confirmed error\n%s", row->steps);
        check_findings(report, expected);
    }
    assert_string_equal(json_string_value(report_at(finding, "status")), "confirmed");
    assert_in_range(json_integer_value(report_at(finding, "confirmation.run")), 1, 10);
    assert_int_equal(json_integer_value(report_at(finding, "confirmation.runs")), 10);
    assert_true(json_is_null(report_at(finding, "confirmation.reason")));
    char *schedule = strdup(json_string_value(report_at(finding, "confirmation.schedule")));
    json_decref(report);

    report = replay_until_hung(schedule, row->name);
    if (row->steps) {
        snprintf(expected, sizeof expected, "deadlock occurred error\n%s", row->steps);
        check_findings(report, expected);
    }
    assert_string_equal(json_string_value(report_at(report, "findings.0.kind")), "deadlock");
    assert_int_equal(json_array_size(report_at(report, "findings.0.threads")), row->threads);
    json_decref(report);
    free(schedule);
    leave(state);
}

/* Without the numbers of lines: "both() (cycles.c)". To be freed. */
static char *without_lines(const char *text)
{
    char *copy = calloc(strlen(text) + 1, 1), *to = copy;
    for (; *text; text++)
        if (*text == ':' && text[1] >= '0' && text[1] <= '9')
            text += strspn(text + 1, "0123456789");
        else
            *to++ = *text;
    return copy;
}

static void the_scenario_that_can_happen_does(void **state)
{
    (void)state;
    json_t *report = CONFIRM(66, SCENARIO("deadlock_by_chance"));
    check_findings(report,
                   "lock-order-cycle confirmed error\n"
                   "  rotator holds journal.lock (rotate) wants queue.lock (rotate)\n"
                   "  server holds queue.lock (serve) wants journal.lock (serve)\n");
    json_decref(report);
}

/* Not confirmed, whatever is tried; the reason, NULL for what is known not to happen. */
static void check_apart(const char *name, const char *reason)
{
    json_t *report = CONFIRM(0, "--runs=4", SNARL_CYCLES, name);
    if (!reason) {
        assert_int_equal(json_array_size(report_at(report, "findings")), 0);
    } else {
        const json_t *finding = report_at(report, "findings.0");
        assert_string_equal(json_string_value(report_at(finding, "status")), "predicted");
        assert_true(json_is_null(report_at(finding, "confirmation.run")));
        assert_int_equal(json_integer_value(report_at(finding, "confirmation.runs")), 4);
        char *told = without_lines(json_string_value(report_at(finding, "confirmation.reason")));
        assert_string_equal(told, reason);
        free(told);
    }
    json_decref(report);
}

static void a_gate_lock_keeps_them_apart(void **state)
{
    (void)state;
    check_apart("gated", NULL);
}

static void a_message_keeps_them_apart(void **state)
{
    (void)state;
    check_apart(
        "told",
        "While thread 2 (told_first) was held in both() (cycles.c), nothing else could run: "
        "thread 3 (told_second) waited on said in told_second() (cycles.c).");
}

static void one_side_never_comes(void **state)
{
    (void)state;
    check_apart("seldom",
                "No thread came to want a in both() (cycles.c) with b held, as thread 3 "
                "(seldom_second) once did.");
}

static void a_hang_elsewhere_is_none(void **state)
{
    (void)state;
    check_apart("elsewhere",
                "No thread came to want b in both() (cycles.c) with a held, as thread 2 "
                "(elsewhere_first) once did. In 4 of the runs it hung on another "
                "cycle: thread 2 (elsewhere_first) locks c, which it holds already.");
}

/* The first has ended before the second is made: whether that is known before or only seen. */
static void an_order_by_join_keeps_them_apart(void **state)
{
    (void)state;
    json_t *report = CONFIRM(0, "--runs=4", "--all", SNARL_CYCLES, "joined");
    assert_string_not_equal(json_string_value(report_at(report, "findings.0.status")), "confirmed");
    json_decref(report);
}

/* A call path as a schedule has it: return addresses, one past what the report says. */
static void write_path(FILE *file, const char *word, const json_t *stack)
{
    size_t index;
    json_t *frame;
    fprintf(file, "%s", word);
    json_array_foreach(stack, index, frame)
    {
        const char *module = json_string_value(report_at(frame, "module"));
        if (!module || strcmp(module, SNARL_CYCLES) != 0)
            break;
        unsigned long long offset =
            strtoull(json_string_value(report_at(frame, "offset")), NULL, 16);
        fprintf(file, " 1+0x%llx", offset + 1);
    }
    fputc('\n', file);
}

static const json_t *stack_of_hold(const json_t *step, const json_t *lock)
{
    size_t index;
    json_t *hold;
    json_array_foreach(report_at(step, "holds"), index, hold)
    {
        if (json_equal(report_at(hold, "lock"), lock))
            return report_at(hold, "stack");
    }
    fail_msg("the step does not hold what the one before it wants");
    return NULL;
}

/* A schedule by hand, of what `snarl run --all` says of a case: any threads, any locks. */
static char *schedule_by_hand(const char *name, const char *hold)
{
    json_t *report =
        run_and_load(strcmp(name, "gated") == 0 ? 0 : 66,
                     (const char *const[]){SNARL_COMMAND, "run", "--all", "-f", "json", "-o", path,
                                           "--", SNARL_CYCLES, name, NULL});
    const json_t *steps = report_at(report, "findings.0.steps");
    char *written = path_in(place, "by_hand.schedule");
    FILE *file = fopen(written, "w");
    assert_non_null(file);
    fprintf(file, "snarl-schedule 1\nhold %s\nmodule - %s\n", hold, SNARL_CYCLES);
    for (size_t i = 0; i < 2; i++) {
        const json_t *step = json_array_get(steps, i), *other = json_array_get(steps, 1 - i);
        fprintf(file, "step\nthread any\nholds any\n");
        write_path(file, "taken", stack_of_hold(step, report_at(other, "wants")));
        write_path(file, "wanted", report_at(step, "stack"));
    }
    fclose(file);
    json_decref(report);
    return written;
}

/* The engine itself, asked for what cannot be, and for what can. */
static void a_schedule_by_hand_does_no_more_than_can_be(void **state)
{
    (void)state;
    static const char *const holds[] = {"wanted", "taken"};
    for (size_t i = 0; i < 2; i++) {
        char *schedule = schedule_by_hand("gated", holds[i]);
        json_t *report = replay(0, schedule, "gated");
        check_findings(report, "");
        json_decref(report);
        free(schedule);
        schedule = schedule_by_hand("pair", holds[i]);
        report = replay(66, schedule, "pair");
        assert_string_equal(json_string_value(report_at(report, "findings.0.kind")), "deadlock");
        json_decref(report);
        free(schedule);
    }
}

int main(void)
{
    enum {
        HAPPENS = sizeof happens / sizeof *happens
    };
    const struct CMUnitTest others[] = {
        TEST(the_scenario_that_can_happen_does),
        TEST(a_gate_lock_keeps_them_apart),
        TEST(a_message_keeps_them_apart),
        TEST(one_side_never_comes),
        TEST(a_hang_elsewhere_is_none),
        TEST(an_order_by_join_keeps_them_apart),
        TEST(a_schedule_by_hand_does_no_more_than_can_be),
    };
    struct CMUnitTest tests[HAPPENS];
    for (size_t i = 0; i < HAPPENS; i++)
        tests[i] = (struct CMUnitTest){.name = happens[i].name,
                                       .test_func = is_confirmed,
                                       .initial_state = (void *)(uintptr_t)&happens[i]};
    int failed = cmocka_run_group_tests_name("happens", tests, NULL, NULL);
    return failed + cmocka_run_group_tests_name("others", others, NULL, NULL);
}
