/*
 * The judges of small programs against answers that are known: the explorer of all interleavings,
 * the naive judge, and lib/core.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core_judge.h"
#include "explorer.h"
#include "naive_judge.h"

/* What can happen, by the locks wanted: "AB ABC". */
struct known {
    const char *text, *deadlocks;
};

#define PAYS "+A +B -B -A"
#define REFUNDS "+B +A -A -B"

static const struct known programs[] = {
    {"T1 (2 " PAYS "; T2 " REFUNDS, "AB"},
    {"T1 (2 " PAYS "; T2 " PAYS, ""},
    {"T1 " PAYS " " REFUNDS, ""},
    {"T1 (2 (3 +A +B -B -A; T2 +B +C -C -B; T3 +C +A -A -C", "ABC"},
    {"T1 (2 (3 +A +B -B -A; T2 +B +C -C -B; T3 +C +B -B -C", "BC"},
    {"T1 (2 (3 +A +B -B -A; T2 +B +C +A -A -C -B; T3 +C +A -A -C", "AB ABC"},

    /* A gate: on both sides, on one, and read. */
    {"T1 (2 +C " PAYS " -C; T2 +C " REFUNDS " -C", ""},
    {"T1 (2 +C " PAYS " -C; T2 " REFUNDS, "AB"},
    {"T1 (2 +C " PAYS " -C; T2 +D " REFUNDS " -D", "AB"},
    {"T1 (2 +C " PAYS " -C " PAYS "; T2 +C " REFUNDS " -C", "AB"},
    {"T1 (2 +r:C " PAYS " -C; T2 +r:C " REFUNDS " -C", "AB"},
    {"T1 (2 +r:C " PAYS " -C; T2 +C " REFUNDS " -C", ""},
    {"T1 (2 (3 +D +A +B -B -A -D; T2 +B +C -C -B; T3 +D +C +A -A -C -D", ""},

    /* Readers. */
    {"T1 (2 +r:A +r:B -B -A; T2 +r:B +r:A -A -B", ""},
    {"T1 (2 +r:A +B -B -A; T2 +r:B +A -A -B", "AB"},
    {"T1 (2 +A +r:B -B -A; T2 +B +r:A -A -B", "AB"},
    {"T1 (2 +A +r:B -B -A; T2 +r:B +A -A -B", ""},

    /* Threads that are not made yet, or have ended. */
    {"T1 " PAYS " (2; T2 " REFUNDS, ""},
    {"T1 " PAYS " (2 " PAYS "; T2 " REFUNDS, "AB"},
    {"T1 (2 )2 " PAYS "; T2 " REFUNDS, ""},
    {"T1 (2 " PAYS " )2; T2 " REFUNDS, "AB"},
    {"T1 (2 )2 (3; T2 " PAYS "; T3 " REFUNDS, ""},
    {"T1 (2 (3 )2; T2 " PAYS "; T3 " REFUNDS, "AB"},
    {"T1 (2 )2 (3 (4; T2 +A +B -B -A; T3 +B +C -C -B; T4 +C +A -A -C", ""},
    {"T1 " PAYS " (2; T2 (3; T3 " REFUNDS, ""},
    {"T1 (2 " PAYS "; T2 (3; T3 " REFUNDS, "AB"},
    {"T1 (2 )2 " PAYS "; T2 (3; T3 " REFUNDS, "AB"},
    {"T1 (2 )2 " PAYS "; T2 (3 )3; T3 " REFUNDS, ""},
    {"T1 (2 )2 )3 " PAYS "; T2 (3; T3 " REFUNDS, ""},

    /* What the maker holds from before it makes a thread until it has joined it. */
    {"T1 (3 +C (2 )2 -C; T2 " PAYS "; T3 +C " REFUNDS " -C", ""},
    {"T1 (3 +C (2 -C )2; T2 " PAYS "; T3 +C " REFUNDS " -C", "AB"},
    {"T1 (3 (2 +C )2 -C; T2 " PAYS "; T3 +C " REFUNDS " -C", "AB"},
    {"T1 (3 +C (2 )2 -C; T2 " PAYS "; T3 " REFUNDS, "AB"},
    {"T1 (3 +C (2 -C +C )2 -C; T2 " PAYS "; T3 +C " REFUNDS " -C", "AB"},
    {"T1 (3 +r:C (2 )2 -C; T2 " PAYS "; T3 +r:C " REFUNDS " -C", "AB"},
    {"T1 (4 +C (2 )2 -C; T2 (3 )3; T3 " PAYS "; T4 +C " REFUNDS " -C", ""},
    {"T1 (4 +C (2 )2 -C; T2 (3; T3 " PAYS "; T4 +C " REFUNDS " -C", "AB"},
    {"T1 (4 +C (2 )2 )3 -C; T2 (3; T3 " PAYS "; T4 +C " REFUNDS " -C", ""},
    /* ... which keeps nobody apart who is inside. */
    {"T1 +C (2 " PAYS " )2 -C; T2 " REFUNDS, "AB"},
    {"T1 +C (2 (3 )2 )3 -C; T2 " PAYS "; T3 " REFUNDS, "AB"},
    {"T1 (2 +C (3 )3 -C; T2 +C (4 )4 -C; T3 " PAYS "; T4 " REFUNDS, ""},
};

/* Programs of which the condition, on whose side naive judge and core are, says too much. */
static const struct {
    const char *text, *deadlocks, *predicted;
} beyond[] = {
    /* A thread takes what was held when it was made: it has waited for the release. */
    {"T1 +C (2 " PAYS " -C; T2 +C -C " REFUNDS, "", "AB"},
    /* Each has done what the other does not let it do any more (Kahlon, Ivancic and Gupta, CAV
     * 2005: acquisition histories). */
    {"T1 (2 +B +A -A +C -C +C +A -A -C -B; T2 +A +B +C -C -B +C -C -A", "AB", "AB AC"},
};

static const char *sets_text(const bool *sets, char *text)
{
    char *end = text;
    for (unsigned set = 0; set < PROGRAM_LOCK_SETS; set++) {
        if (!sets[set])
            continue;
        if (end != text)
            *end++ = ' ';
        for (unsigned lock = 0; lock < PROGRAM_LOCKS; lock++)
            if (set >> lock & 1)
                *end++ = (char)('A' + lock);
    }
    *end = '\0';
    return text;
}

static void expect(const char *judge, const char *text, const bool *sets, const char *expected)
{
    char found[PROGRAM_LOCK_SETS * (PROGRAM_LOCKS + 1) + 1];
    if (strcmp(sets_text(sets, found), expected) != 0)
        print_error("%s of: %s\n", judge, text);
    assert_string_equal(found, expected);
}

static void judge_all(const char *text, const char *deadlocks, const char *predicted)
{
    const struct lock_program program = lock_program_read(text);
    struct explored explored;
    struct naive_judgement naive;
    struct core_judgement core;
    char *written = lock_program_text(&program);
    assert_string_equal(written, text);
    free(written);
    explore(&program, &explored);
    naive_judge(&program, &naive);
    core_judge(&program, &explored, &core);
    expect("the explorer", text, explored.deadlocks, deadlocks);
    expect("the naive judge", text, naive.deadlocks, predicted);
    expect("the core", text, core.predicted, predicted);
}

static void known_answers(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof programs / sizeof *programs; i++)
        judge_all(programs[i].text, programs[i].deadlocks, programs[i].deadlocks);
}

static void what_the_condition_does_not_see(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof beyond / sizeof *beyond; i++)
        judge_all(beyond[i].text, beyond[i].deadlocks, beyond[i].predicted);
}

static struct explored explore_text(const char *text)
{
    struct explored explored;
    const struct lock_program program = lock_program_read(text);
    explore(&program, &explored);
    return explored;
}

static void every_state_is_visited_once(void **state)
{
    (void)state;
    /* Two threads of two deeds each: all of 3 x 3 but both in the lock, or one thread's first
     * before it is made. */
    assert_int_equal(explore_text("T1 (2 +A -A; T2 +A -A").states, 1 + 3 * 3 - 1);
    assert_int_equal(explore_text("T1 (2 +A -A; T2 +B -B").states, 1 + 3 * 3);
    assert_int_equal(explore_text("T1 (2 +r:A -A; T2 +r:A -A").states, 1 + 3 * 3);
    assert_int_equal(explore_text("T1 (2 )2; T2 +B -B").states, 1 + 3 + 1);
}

static void joins_can_hang_too(void **state)
{
    (void)state;
    struct explored explored = explore_text("T1 +A (2 )2 -A; T2 +A -A");
    assert_true(explored.stuck_in_join);
    assert_false(explored.can_end);
    assert_int_equal(explored.deadlock_count, 0);
    explored = explore_text("T1 (2 +A )2 -A; T2 +A -A");
    assert_true(explored.stuck_in_join);
    assert_true(explored.can_end);
    explored = explore_text("T1 (2 +A -A )2; T2 +A -A");
    assert_false(explored.stuck_in_join);
    assert_true(explored.can_end);
}

static void a_run_is_a_story(void **state)
{
    (void)state;
    const struct lock_program program = lock_program_read("T1 +A (2 -A )2; T2 +A -A");
    struct explored explored;
    explore(&program, &explored);
    assert_true(explored.can_end);
    char *story = lock_program_story(&program, explored.schedule, explored.length);
    assert_string_equal(story, "T1 +A (2 -A; T2 +A -A; T1 )2");
    free(story);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_answers),
        cmocka_unit_test(what_the_condition_does_not_see),
        cmocka_unit_test(every_state_is_visited_once),
        cmocka_unit_test(joins_can_hang_too),
        cmocka_unit_test(a_run_is_a_story),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
