/* The lock-order graph, told stories: what the orders between threads keep apart. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "story.h"
#include "story_rows.h"

static const struct story_row rows[] = {
    {
        "a thread against what its maker does after making it, and before",
        "T1 (2 +A +B -B -A; T2 +B +A",
        "predicted error A B",
        "T1 +A +B -B -A (2; T2 +B +A",
        "infeasible ordered A B",
    },
    {
        "the same locks before the thread is made, and again after it",
        "T1 +A +B -B -A (2 +A +B -B -A; T2 +B +A",
        "predicted error A B",
        "T1 +A +B -B -A (2 +A -A +B -B; T2 +B +A",
        "infeasible ordered A B",
    },
    {
        "a thread against what is done once it is joined, and before",
        "T1 (2; T2 +A +B -B -A; T1 +B +A -A -B )2",
        "predicted error A B",
        "T1 (2; T2 +A +B -B -A; T1 )2 +B +A -A -B",
        "infeasible ordered A B",
    },
    {
        "one thread after another, and both at once",
        "T1 (2 (3 )2; T2 +A +B; T3 +B +A",
        "predicted error A B",
        "T1 (2 )2 (3; T2 +A +B; T3 +B +A",
        "infeasible ordered A B",
    },
    {
        "a thread's own thread comes after what came before its maker",
        "T1 (2 +A +B -B -A; T2 (3; T3 +B +A",
        "predicted error A B",
        "T1 +A +B -B -A (2; T2 (3; T3 +B +A",
        "infeasible ordered A B",
    },
    {
        "a thread that was joined by one that was joined",
        "T1 (2; T2 (3 )3; T3 +A +B -B -A; T1 +B +A -A -B )2",
        "predicted error A B",
        "T1 (2; T2 (3 )3; T3 +A +B -B -A; T1 )2 +B +A -A -B",
        "infeasible ordered A B",
    },
    {
        "a thread that was not joined by the one that was joined",
        "T1 (2; T2 (3; T3 +A +B -B -A; T1 )2 +B +A",
        "predicted error A B",
        "T1 (2; T2 (3 )3; T3 +A +B -B -A; T1 )2 +B +A",
        "infeasible ordered A B",
    },
    {
        "a ring of three of which two are ordered",
        "T1 (2 (3 (4; T2 +A +B; T3 +B +C; T4 +C +A",
        "predicted error A B C",
        "T1 (2 (3 )2 (4; T2 +A +B; T3 +B +C; T4 +C +A",
        "infeasible ordered A B C",
    },
    {
        "only the last of many like threads is there together with the other",
        "T1 (2 )2 (3 )3 (4 )4 (5 (6; T2 +A +B; T3 +A +B; T4 +A +B; T5 +A +B; T6 +B +A",
        "predicted error A B",
        "T1 (2 )2 (3 )3 (4 )4 (5 )5 (6; T2 +A +B; T3 +A +B; T4 +A +B; T5 +A +B; T6 +B +A",
        "infeasible ordered A B",
    },
    {
        "the third of several segments is the one that can overlap",
        "T1 +A +B -B -A (2 +A +B -B -A (3; T3 +B +A -A -B; T1 +A +B -B -A )3 +A +B",
        "predicted error A B",
        "T1 +A +B -B -A (2 +A +B -B -A (3; T3 +B +A -A -B; T1 )3 +A +B -B -A +A +B",
        "infeasible ordered A B",
    },
    {
        "a lock that the maker holds until it has joined is a gate for the made",
        "T1 (2 +G (3 -G )3; T2 +G +A +B; T3 +B +A",
        "predicted error A B",
        "T1 (2 +G (3 )3 -G; T2 +G +A +B; T3 +B +A",
        "infeasible gate-lock A B",
    },
    {
        "... but not if it was let go of in between",
        "T1 (2 +G (3 -G +G )3 -G; T2 +G +A +B; T3 +B +A",
        "predicted error A B",
        "T1 (2 +G -G +G (3 )3 -G; T2 +G +A +B; T3 +B +A",
        "infeasible gate-lock A B",
    },
    {
        "... nor against one that does not take it",
        "T1 (2 +G (3 )3 -G; T2 +H +A +B; T3 +B +A",
        "predicted error A B",
        "T1 (2 +G (3 )3 -G; T2 +G +A +B; T3 +B +A",
        "infeasible gate-lock A B",
    },
    {
        "... nor if both are readers of it",
        "T1 (2 +r:G (3 )3 -G; T2 +r:G +A +B; T3 +B +A",
        "predicted error A B",
        "T1 (2 +r:G (3 )3 -G; T2 +G +A +B; T3 +B +A",
        "infeasible gate-lock A B",
    },
    {
        "... nor for the maker itself, who is inside",
        "T1 +G (3 +A +B -B -A )3 -G; T3 +B +A",
        "predicted error A B",
        "T1 +G (3 )3 +A +B -B -A -G; T3 +B +A",
        "infeasible ordered A B",
    },
    {
        "two threads within one hold of their maker, and within one each",
        "T1 +G (2 (3 )2 )3 -G; T2 +A +B; T3 +B +A",
        "predicted error A B",
        "T1 +G (2 )2 (3 )3 -G; T2 +A +B; T3 +B +A",
        "infeasible ordered A B",
    },
    {
        "two threads whose makers hold the same lock for them, and another",
        "T1 (2 (3; T2 +G (4 )4 -G; T3 +H +G -G (5 )5 -H; T4 +A +B; T5 +B +A",
        "predicted error A B",
        "T1 (2 (3; T2 +G (4 )4 -G; T3 +H +G (5 )5 -G -H; T4 +A +B; T5 +B +A",
        "infeasible gate-lock A B",
    },
    {
        "... but it is a semaphore, and turns out to be no lock",
        "T1 (2 (3; T2 +G +C -C (4 )4 -G; T3 +G (5 )5 -G; T4 +A +B; T5 +B +A; T1 /G",
        "predicted error A B",
        "T1 (2 (3; T2 +G +C -C (4 )4 -G; T3 +G (5 )5 -G; T4 +A +B; T5 +B +A; T1",
        "infeasible gate-lock A B",
    },
    {
        "... and one of them goes on beyond its hold",
        "T1 (2 (3 (6; T2 +G (4 )4 -G; T3 +G (5 (7 )7 -G; T4 +A +B; T5 +B +A -A -B |P2 +B +A; T7 "
        "|P2",
        "predicted error A B",
        "T1 (2 (3 (6; T2 +G (4 )4 -G; T3 +G (5 (7 )7 )5 -G; T4 +A +B; T5 +B +A -A -B |P2 +B +A; "
        "T7 |P2",
        "infeasible gate-lock A B",
    },
    {
        "... and the other one does",
        "T1 (2 (3 (6; T3 +G (4 )4 -G; T2 +G (5 (7 )7 -G; T5 +B +A -A -B |P2 +B +A; T7 |P2; T4 +A "
        "+B",
        "predicted error A B",
        "T1 (2 (3 (6; T3 +G (4 )4 -G; T2 +G (5 (7 )7 )5 -G; T5 +B +A -A -B |P2 +B +A; T7 |P2; "
        "T4 +A +B",
        "infeasible gate-lock A B",
    },
    {
        "the maker of the maker holds it",
        "T1 (2 +G (3; T2 +G +A +B; T3 (4; T4 +B +A; T3 )4; T1 -G )3",
        "predicted error A B",
        "T1 (2 +G (3; T2 +G +A +B; T3 (4; T4 +B +A; T3 )4; T1 )3 -G",
        "infeasible gate-lock A B",
    },
    {
        "a thread of the made that outlives the hold",
        "T1 (2 +G (3; T2 +G +A +B; T3 (4; T4 +B +A; T3 >; T1 )3 -G",
        "predicted error A B",
        "T1 (2 +G (3; T2 +G +A +B; T3 (4; T4 +B +A; T3 )4; T1 )3 -G",
        "infeasible gate-lock A B",
    },
    {
        "it is let go of before the one that is over is joined, but not all that are",
        "T1 (2 +G (3 (4 )4 -G )3; T2 +G +A +B; T3 +B +A; T4",
        "predicted error A B",
        "T1 (2 +G (3 (4 )4 )3 -G; T2 +G +A +B; T3 +B +A; T4",
        "infeasible gate-lock A B",
    },
    {
        "more are joined after it, within the hold and beyond",
        "T1 (2 +G (3 -G )3 (4 )4; T2 +G +A +B; T3 +B +A; T4",
        "predicted error A B",
        "T1 (2 +G (3 )3 -G (4 )4; T2 +G +A +B; T3 +B +A; T4",
        "infeasible gate-lock A B",
    },
    {
        "a barrier that just its two threads use, and one that a third does",
        "T1 (2 (3 (4; T4 |P2; T2 +A +B -B -A |P2; T3 |P2 +B +A",
        "predicted error A B",
        "T1 (2 (3 (4; T4 |Q2; T2 +A +B -B -A |P2; T3 |P2 +B +A",
        "infeasible ordered A B",
    },
    {
        "after the barrier on both sides, and on one",
        "T1 (2 (3; T2 |P2 +A +B -B -A; T3 |P2 +B +A",
        "predicted error A B",
        "T1 (2 (3; T2 +A +B -B -A |P2; T3 |P2 +B +A",
        "infeasible ordered A B",
    },
    {
        "in the same round, and in the one before",
        "T1 (2 (3; T2 |P2 +A +B -B -A |P2; T3 |P2 +B +A -A -B |P2",
        "predicted error A B",
        "T1 (2 (3; T2 |P2 +A +B -B -A |P2; T3 |P2 |P2 +B +A -A -B",
        "infeasible ordered A B",
    },
    {
        "an initialiser comes before those who found it done",
        "T1 (2 (3; T2 +O +A +B -B -A -O; T3 +B +A -A -B %O",
        "predicted error A B",
        "T1 (2 (3; T2 +O +A +B -B -A -O; T3 %O +B +A -A -B",
        "infeasible ordered A B",
    },
    {
        "what its thread does besides does not",
        "T1 (2 (3; T2 +O +A -A -O +A +B -B -A; T3 %O +B +A -A -B",
        "predicted error A B",
        "T1 (2 (3; T2 +O +A -A +A +B -B -A -O; T3 %O +B +A -A -B",
        "infeasible ordered A B",
    },
    {
        "nor who was made by one who found it done, before",
        "T1 (2 (3; T2 +O +A +B -B -A -O; T3 (4 %O; T4 +B +A",
        "predicted error A B",
        "T1 (2 (3; T2 +O +A +B -B -A -O; T3 %O (4; T4 +B +A",
        "infeasible ordered A B",
    },
    {
        "a hand-off orders nothing for good, a join does",
        "T1 (2 (3; T2 +A +B -B -A ^C; T3 vC +B +A",
        "predicted error A B",
        "T1 (2 (3; T2 +A +B -B -A ^C; T3 )2 +B +A",
        "infeasible ordered A B",
    },
};

/* The lock whose hand-off orders the story's only cycle in this run; "" for none. */
static void assert_seen_ordered_by(const char *text, const char *expected)
{
    struct story *story = story_begin(false, 0);
    story_tell(story, text);
    const struct snarl_cycle *cycle = snarl_lock_order_cycles(story_order(story));
    assert_non_null(cycle);
    assert_int_equal(cycle->severity, SNARL_ERROR);
    const char *name =
        cycle->seen_ordered_by != 0 ? story_lock_name(story, cycle->seen_ordered_by) : "";
    assert_string_equal(name, expected);
    story_end(story);
}

static void hand_offs_are_noted(void **state)
{
    (void)state;
    assert_seen_ordered_by("T1 (2 (3; T2 +A +B -B -A ^C; T3 vC +B +A", "C");
    assert_seen_ordered_by("T1 (2 (3; T2 +A +B -B -A; T3 vC +B +A; T2 ^C", ""); /* given later */
    assert_seen_ordered_by("T1 (2 (3; T2 ^C +A +B -B -A; T3 vC +B +A", "");
    assert_seen_ordered_by("T1 (2 (3; T2 +A +B -B -A ^C; T3 +B +A -A -B vC", "");
    /* Of a chain of them the one that is nearest to what came first. */
    assert_seen_ordered_by("T1 (2 (3 (4; T2 +A +B -B -A ^C; T4 vC ^D; T3 vD +B +A", "C");
    /* A barrier that others use too. */
    assert_seen_ordered_by("T1 (2 (3 (4; T2 +A +B -B -A |P2; T3 |P2 +B +A; T4 |P2", "P");
    assert_seen_ordered_by("T1 (2 (3 (4; T2 +A +B -B -A |P2; T4 |P2; T3 |P2 +B +A", "");
}

/* Past the segments that are kept it may overlap with what comes later, and not with what came
 * before the first. */
static void more_segments_than_are_kept(void **state)
{
    (void)state;
    for (unsigned ordered = 0; ordered < 2; ordered++) {
        struct story *story = story_begin(true, 0);
        story_tell(story, "T1 (2 (3");
        for (unsigned i = 0; i < SNARL_SEGMENTS_KEPT + 8; i++)
            story_tell(story, "T2 +A +B -B -A >");
        story_tell(story, ordered ? "T1 )2 (4; T4 +B +A" : "T1 (4; T4 +B +A");
        char *cycles = story_cycles(story);
        assert_string_equal(cycles, ordered ? "infeasible ordered A B" : "predicted error A B");
        free(cycles);
        story_end(story);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hand_offs_are_noted),
        cmocka_unit_test(more_segments_than_are_kept),
    };
    int failed = story_rows_run(rows, sizeof rows / sizeof *rows);
    return failed + cmocka_run_group_tests(tests, NULL, NULL);
}
