/* What the lock-order graph keeps of the facts it is told, and of the cycles it finds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "story.h"

static void assert_added(const char *text, const char *expected)
{
    struct story *story = story_begin(false, 0);
    story_tell(story, text);
    assert_string_equal(story_added(story), expected);
    story_end(story);
}

static void what_was_added(void **state)
{
    (void)state;
    assert_added("T1 +A -A +B -B", "");
    assert_added("T1 +A +B", "D");
    assert_added("T1 +A +B +C", "DD");
    assert_added("T1 +A +B -B +B", "DV");                  /* by another stack */
    assert_added("T1 +A +B -B > +B", "DV");                /* ... in another segment too */
    assert_added("T1 +A +B; T2 +A +B", "DD");              /* by another thread */
    assert_added("T1 +A +B -B ~B", "DD");                  /* in another manner */
    assert_added("T1 +A +B +C -C -B -A +B +A +C", "DDDD"); /* the order held */
    assert_added("T1 +A ?B +A -A +C", "D");
    assert_added("T1 +A +B -B +r:B -B +q:B -B *B", "DDDD"); /* in another mode */
    assert_added("T1 +A +B -B -A +r:A +B", "DD");           /* the mode held */
    assert_added("T1 +A +r:B +C -C -B -A +r:A +B +C", "DDDD");
    assert_added("T1 +r:A +B -B -A +q:A +B", "DV"); /* it is held alike */
    assert_added("T1 +r:A +A +B", "D");             /* an upgrade */
    assert_added("T1 +A +S -S /S +S", "DW");
    assert_added("T1 +S +A /S -A +A", "DW");
    assert_added("T1 +A +S +B -B /S +B", "DDD"); /* now without S */
    assert_added("T1 +A +S +B -B -S +B -B /S +S +B", "DDDWV");
}

static void the_same_text_told_twice(void **state)
{
    (void)state;
    struct story *story = story_begin(false, 0);
    story_tell(story, "T1 +A +B -B -A");
    story_tell(story, "T1 +A +B -B -A");
    story_tell(story, "T1 > ");
    story_tell(story, "T1 +A +B -B -A");
    assert_string_equal(story_added(story), "DNS");
    const struct snarl_dependency *only = snarl_lock_order_dependencies(story_order(story));
    assert_int_equal(only->variant_count, 1);
    assert_int_equal(only->segment_count, 2);
    assert_null(only->next);
    story_end(story);
}

static void variants_are_kept_up_to_a_limit(void **state)
{
    (void)state;
    struct story *story = story_begin(false, 0);
    story_tell(story, "T1 +A +B -B +B -B +B -B +B -B +B -B +B -B +B -B +B -B +B -B +B");
    assert_string_equal(story_added(story), "DVVVVVVVNN");
    const struct snarl_dependency *only = snarl_lock_order_dependencies(story_order(story));
    assert_int_equal(only->variant_count, 10);
    unsigned kept = 0;
    for (const struct snarl_variant *variant = only->variants; variant; variant = variant->next) {
        assert_int_equal(variant->stack, 3 + 2 * kept); /* first seen first */
        assert_int_equal(variant->held_stacks[0], 2);
        kept++;
    }
    assert_int_equal(kept, SNARL_VARIANTS_KEPT);
    story_end(story);
}

static void segments_are_kept_up_to_a_limit(void **state)
{
    (void)state;
    struct story *story = story_begin(false, 0);
    char expected[SNARL_SEGMENTS_KEPT + 4] = "D";
    for (unsigned i = 1; i <= SNARL_SEGMENTS_KEPT; i++)
        expected[i] = 'S'; /* the one past the limit says that there were more */
    strcat(expected, "NN");
    for (unsigned i = 0; i < SNARL_SEGMENTS_KEPT + 3; i++)
        story_tell(story, "T1 +A +B -B -A >");
    assert_string_equal(story_added(story), expected);

    const struct snarl_dependency *only = snarl_lock_order_dependencies(story_order(story));
    assert_int_equal(only->segment_count, SNARL_SEGMENTS_KEPT + 1);
    assert_int_equal(only->first_segment, 1);
    for (unsigned i = 1; i < SNARL_SEGMENTS_KEPT; i++)
        assert_int_equal(only->later_segments[i - 1], i + 1);
    assert_int_equal(only->last_segment, SNARL_SEGMENTS_KEPT + 1);
    story_end(story);
}

static void other_chains_stand_under_also(void **state)
{
    (void)state;
    struct story *story = story_begin(false, 0);
    story_tell(story, "T1 +A +B; T2 +B +A");
    const struct snarl_cycle *cycle = snarl_lock_order_cycles(story_order(story));
    assert_non_null(cycle);
    assert_int_equal(cycle->also_count, 0);
    assert_null(cycle->also);

    char clause[32];
    for (unsigned i = 3; i < 3 + SNARL_ALSO_KEPT + 2; i++) {
        snprintf(clause, sizeof clause, "T%u +B +A", i);
        story_tell(story, clause);
    }
    unsigned kept = 0;
    cycle = snarl_lock_order_cycles(story_order(story));
    for (const struct snarl_cycle *also = cycle->also; also != NULL; also = also->next) {
        assert_int_equal(also->length, 2);
        assert_int_equal(also->severity, SNARL_ERROR);
        kept++;
    }
    assert_int_equal(kept, SNARL_ALSO_KEPT);
    assert_int_equal(cycle->also_count, SNARL_ALSO_KEPT + 2);
    assert_int_equal(cycle->steps[0]->thread, 1);
    assert_int_equal(cycle->steps[1]->thread, 2);
    assert_null(cycle->next);
    free(story_cycles(story));
    story_end(story);
}

/* Where there are timed wants the graph is searched without and with them. */
static void one_chain_is_counted_once(void **state)
{
    (void)state;
    struct story *story = story_begin(false, 0);
    story_tell(story, "T9 +X ~Y; T1 +A +B; T2 +B +A");
    const struct snarl_cycle *cycle = snarl_lock_order_cycles(story_order(story));
    assert_non_null(cycle);
    assert_int_equal(cycle->also_count, 0);
    story_tell(story, "T3 +B +A");
    cycle = snarl_lock_order_cycles(story_order(story));
    assert_int_equal(cycle->also_count, 1);
    assert_non_null(cycle->also);
    assert_null(cycle->also->next);
    assert_int_equal(cycle->also->steps[0]->thread, 1);
    assert_int_equal(cycle->also->steps[1]->thread, 3);
    story_end(story);
}

static void steps_stand_in_order(void **state)
{
    (void)state;
    struct story *story = story_begin(false, 0);
    story_tell(story, "T1 +A +B; T2 +C +D; T3 +B +C; T4 +D +A");
    const struct snarl_cycle *cycle = snarl_lock_order_cycles(story_order(story));
    assert_non_null(cycle);
    assert_int_equal(cycle->length, 4);
    const unsigned threads[] = {1, 3, 2, 4}; /* the first thread first */
    for (unsigned i = 0; i < 4; i++) {
        const struct snarl_dependency *step = cycle->steps[i], *next = cycle->steps[(i + 1) % 4];
        assert_int_equal(step->thread, threads[i]);
        assert_int_equal(next->held_count, 1);
        assert_int_equal(snarl_order_node_lock(next->held[0]), step->lock);
    }
    story_end(story);
}

/* Ten held locks, so that the modes fill more than a byte. */
static void modes_of_the_held_locks(void **state)
{
    (void)state;
    struct story *story = story_begin(false, 0);
    story_tell(story, "T1 +A +r:B +C +r:D +E +F +G +r:H +q:I +J +W");
    const struct snarl_dependency *last = snarl_lock_order_dependencies(story_order(story));
    assert_int_equal(last->shared_count, 0);
    while (last->next != NULL)
        last = last->next;
    assert_int_equal(last->held_count, 10);
    assert_int_equal(last->shared_count, 4);
    for (unsigned i = 0; i < 10; i++)
        assert_int_equal(snarl_dependency_holds_shared(last, i),
                         strchr("BDHI", 'A' + (int)i) != NULL);
    story_end(story);
}

static void withdrawn_cycles_are_not_counted(void **state)
{
    (void)state;
    struct story *story = story_begin(false, 0);
    story_tell(story, "T1 +A +S; T2 +S +A; T3 +B +C; T4 +C +B");
    struct snarl_lock_order *order = story_order(story);
    assert_int_equal(snarl_lock_order_cycle_count(order), 2);
    story_tell(story, "T5 !S");
    assert_int_equal(snarl_lock_order_cycle_count(order), 2); /* warnings count */
    story_tell(story, "T5 /S");
    assert_int_equal(snarl_lock_order_cycle_count(order), 1);
    story_tell(story, "T5 /S /S");
    assert_int_equal(snarl_lock_order_cycle_count(order), 1);
    story_tell(story, "T5 /B");
    assert_int_equal(snarl_lock_order_cycle_count(order), 0);
    assert_null(snarl_lock_order_cycles(order));
    assert_int_equal(snarl_lock_order_dependency_count(order), 4);
    story_tell(story, "T6 +D +E; T7 +E +D");
    assert_int_equal(snarl_lock_order_cycle_count(order), 1);
    story_end(story);
}

/* The other chains through the locks of a polled one are warnings with it. */
static void other_chains_are_lowered_too(void **state)
{
    (void)state;
    struct story *story = story_begin(false, 0);
    story_tell(story, "T1 *A *B; T2 *B *A; T3 *B *A; T4 *B *A");
    const struct snarl_cycle *cycle = snarl_lock_order_cycles(story_order(story));
    assert_int_equal(cycle->also_count, 2);
    assert_int_equal(cycle->severity, SNARL_ERROR);
    story_tell(story, "T5 !A");
    cycle = snarl_lock_order_cycles(story_order(story));
    assert_int_equal(cycle->severity, SNARL_WARNING);
    assert_int_equal(cycle->also->severity, SNARL_WARNING);
    assert_int_equal(cycle->also->next->severity, SNARL_WARNING);
    story_tell(story, "T6 *B *A");
    cycle = snarl_lock_order_cycles(story_order(story));
    assert_int_equal(cycle->also_count, 3);
    free(story_cycles(story));
    story_end(story);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_added),
        cmocka_unit_test(the_same_text_told_twice),
        cmocka_unit_test(variants_are_kept_up_to_a_limit),
        cmocka_unit_test(segments_are_kept_up_to_a_limit),
        cmocka_unit_test(other_chains_stand_under_also),
        cmocka_unit_test(one_chain_is_counted_once),
        cmocka_unit_test(steps_stand_in_order),
        cmocka_unit_test(modes_of_the_held_locks),
        cmocka_unit_test(withdrawn_cycles_are_not_counted),
        cmocka_unit_test(other_chains_are_lowered_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
