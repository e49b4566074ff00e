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
    unsigned left = only->segment_count;
    for (const struct snarl_segments *some = only->segments; some != NULL; some = some->next)
        for (unsigned i = some->count; i-- > 0;)
            assert_int_equal(some->segment[i], left--);
    assert_int_equal(left, 0);
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
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
