/* The lock-order graph where there is much of something, or no memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "story.h"

enum {
    NESTED = 200,
    RING = 500,
    POOL = 64,
    MANY_LIKE = 2048,
    KIB = 1024,
};

static void two_threads_over_many_nested_locks(void **state)
{
    (void)state;
    struct story *story = story_begin(false, 0);
    char word[32], *expected;
    size_t size;
    FILE *lines = open_memstream(&expected, &size);
    assert_non_null(lines);
    for (unsigned i = 0; i < NESTED; i++) {
        snprintf(word, sizeof word, "T1 +L%03u", i);
        story_tell(story, word);
        if (i > 0)
            fprintf(lines, "%spredicted error L%03u L%03u", i == 1 ? "" : "\n", i - 1, i);
    }
    fclose(lines);
    for (unsigned i = NESTED; i-- > 0;) {
        snprintf(word, sizeof word, "T2 +L%03u", i);
        story_tell(story, word);
    }
    char *cycles = story_cycles(story);
    assert_string_equal(cycles, expected);
    assert_int_equal(snarl_lock_order_cycle_count(story_order(story)), NESTED - 1);
    assert_int_equal(snarl_lock_order_dependency_count(story_order(story)), 2 * (NESTED - 1));
    assert_int_equal(snarl_lock_order_searches_cut(story_order(story)), 0);
    free(cycles);
    free(expected);
    story_end(story);
}

/* Thread i takes lock i, then the next one; the last one takes `last`. */
static struct story *tell_ring(unsigned last)
{
    struct story *story = story_begin(true, 0);
    char clause[64];
    for (unsigned i = 0; i < RING; i++) {
        unsigned next = i == RING - 1 ? last : i + 1;
        snprintf(clause, sizeof clause, "T%u +L%03u +L%03u", i + 1, i, next);
        story_tell(story, clause);
    }
    return story;
}

static void a_ring_of_many_threads(void **state)
{
    (void)state;
    struct story *story = tell_ring(0);
    const struct snarl_cycle *cycle = snarl_lock_order_cycles(story_order(story));
    assert_non_null(cycle);
    assert_null(cycle->next);
    assert_int_equal(cycle->status, SNARL_PREDICTED);
    assert_int_equal(cycle->length, RING);
    free(story_cycles(story));
    story_end(story);

    story = tell_ring(RING);
    assert_null(snarl_lock_order_cycles(story_order(story)));
    story_end(story);
}

/* Many threads that all do the same: neither missed nor searched without end. */
static void a_pool_of_threads(void **state)
{
    (void)state;
    struct story *story = story_begin(false, 0);
    char clause[128];
    for (unsigned i = 1; i <= POOL; i++) {
        snprintf(clause, sizeof clause,
                 "T%u +A +B -A -B +B +C -B -C +C +D -C -D +D +E -D -E +E +F -E -F +F +A -F -A", i);
        story_tell(story, clause);
    }
    char *cycles = story_cycles(story);
    assert_string_equal(cycles, "predicted error A B C D E F");
    assert_int_equal(snarl_lock_order_searches_cut(story_order(story)), 0);
    free(cycles);
    story_end(story);

    /* All but the thread that goes back do the same, and it makes up two steps of each ring. */
    story = story_begin(false, 0);
    for (unsigned i = 2; i <= POOL; i++) {
        snprintf(clause, sizeof clause, "T%u +B +C -B -C +C +D -C -D +D +E -D -E +E +F -E -F", i);
        story_tell(story, clause);
    }
    story_tell(story, "T1 +A +B -A -B +F +A");
    assert_null(snarl_lock_order_cycles(story_order(story)));
    assert_int_equal(snarl_lock_order_searches_cut(story_order(story)), 0);
    story_end(story);
}

/* Layers of locks, each dependency from one layer to the next with a thread of its own, but those
 * into the second layer and into the last: 10^5 ways through, all of which would need thread 1
 * twice. */
static void a_search_that_is_cut_says_so(void **state)
{
    (void)state;
    enum {
        LAYERS = 7,
        WIDTH = 9
    };
    struct story *story = story_begin(true, 0);
    char clause[64];
    unsigned thread = 1;
    for (unsigned layer = 1; layer < LAYERS; layer++) {
        for (unsigned from = 0; from < WIDTH; from++) {
            for (unsigned to = 0; to < WIDTH; to++) {
                bool shared = layer == 1 || layer == LAYERS - 1;
                snprintf(clause, sizeof clause, "T%u +L%u%u +L%u%u -L%u%u -L%u%u",
                         shared ? 1 : ++thread, layer, from, layer + 1, to, layer + 1, to, layer,
                         from);
                story_tell(story, clause);
            }
        }
    }
    for (unsigned i = 0; i < WIDTH; i++) {
        snprintf(clause, sizeof clause, "T%u +A +L1%u", ++thread, i);
        story_tell(story, clause);
        snprintf(clause, sizeof clause, "T%u +L%u%u +Z", ++thread, LAYERS, i);
        story_tell(story, clause);
    }
    assert_int_equal(snarl_lock_order_searches_cut(story_order(story)), 0);
    story_tell(story, "T2 +Z +A");
    assert_true(snarl_lock_order_searches_cut(story_order(story)) >= 1);
    assert_int_equal(snarl_lock_order_cycle_count(story_order(story)), 0);
    char *cycles = story_cycles(story);
    assert_int_equal(strncmp(cycles, "infeasible single-thread A ", 27), 0);
    free(cycles);
    story_end(story);
}

/* 20 rings of three and one of four through one dependency: the first 16 of three are kept. */
static void more_cycles_at_once_than_are_kept(void **state)
{
    (void)state;
    struct story *story = story_begin(false, 0);
    story_tell(story, "T101 +A +M; T102 +M +N; T103 +N +Z");
    char clause[64];
    for (unsigned i = 1; i <= 20; i++) {
        snprintf(clause, sizeof clause, "T%u +A +L%u; T%u +L%u +Z", i, i, i + 20, i);
        story_tell(story, clause);
    }
    story_tell(story, "T100 +Z +A");
    unsigned kept = 0;
    const struct snarl_cycle *cycle = snarl_lock_order_cycles(story_order(story));
    for (; cycle != NULL; cycle = cycle->next, kept++)
        assert_int_equal(cycle->length, 3);
    assert_int_equal(kept, 16);
    assert_int_equal(snarl_lock_order_searches_cut(story_order(story)), 1);
    free(story_cycles(story));
    story_end(story);
}

/* Everything that takes memory: locks, dependencies, segments, call paths, and the judgement. */
static void tell_much(struct story *story)
{
    char clause[96];
    for (unsigned i = 0; i < 120; i++) {
        snprintf(clause, sizeof clause, "T%u +G +L%u +M%u ~N%u -N%u -M%u -L%u -G", i % 9 + 1, i, i,
                 i / 2, i / 2, i, i);
        story_tell(story, clause);
        snprintf(clause, sizeof clause, "T%u > +M%u +L%u -L%u > +L%u", i % 7 + 1, i, i, i, i);
        story_tell(story, clause);
        snprintf(clause, sizeof clause, "T%u -L%u -M%u", i % 7 + 1, i, i);
        story_tell(story, clause);
    }
}

static bool same(const struct snarl_dependency *left, const struct snarl_dependency *right)
{
    return left->thread == right->thread && left->lock == right->lock &&
           left->flags == right->flags && left->held_count == right->held_count &&
           memcmp(left->held, right->held, left->held_count * sizeof left->held[0]) == 0;
}

/* What is kept is kept whole, and once. */
static void check_dependencies(struct story *story)
{
    const struct snarl_dependency *first = snarl_lock_order_dependencies(story_order(story));
    unsigned listed = 0, told = 0;
    for (const struct snarl_dependency *each = first; each != NULL; each = each->next) {
        assert_int_equal(each->id, ++listed);
        assert_non_null(each->variants);
        assert_true(each->segment_count >= 1);
        for (const struct snarl_dependency *other = first; other != each; other = other->next)
            assert_false(same(each, other));
    }
    for (const char *letter = story_added(story); *letter != '\0'; letter++)
        told += *letter == 'D';
    assert_int_equal(listed, told);
    assert_int_equal(listed, snarl_lock_order_dependency_count(story_order(story)));
}

/* At every limit there is: no crash, failures that are told, and no cycle that is not one. */
static void out_of_memory(void **state)
{
    (void)state;
    struct story *whole = story_begin(true, 0);
    tell_much(whole);
    assert_null(strchr(story_added(whole), 'F'));
    size_t most = story_arena(whole)->mapped;
    assert_in_range(most, 256 * KIB, 2048 * KIB);
    unsigned failed = 0, succeeded = 0;
    for (size_t room = 64 * KIB; room <= most; room += KIB) {
        size_t limit = (room + 4 * KIB - 1) & ~(size_t)(4 * KIB - 1);
        struct story *story = story_begin(true, limit);
        assert_non_null(story_order(story));
        for (size_t filled = room; filled < limit; filled += 256) /* it takes whole pages */
            snarl_arena_allocate(story_arena(story), 256);
        tell_much(story);
        tell_much(story); /* what was kept is known, what was not may fail again */
        bool out = strchr(story_added(story), 'F') != NULL;
        failed += out;
        succeeded += !out;
        assert_true(story_arena(story)->exhausted || !out);
        assert_true(story_arena(story)->mapped <= limit);
        check_dependencies(story);
        free(story_cycles(story));
        story_end(story);
    }
    assert_true(failed >= 30);
    assert_true(succeeded >= 1);
    story_end(whole);
}

static void not_even_a_graph(void **state)
{
    (void)state;
    for (size_t limit = 1; limit <= 40 * KIB; limit += 4 * KIB) {
        struct story *story = story_begin(false, limit);
        assert_int_equal(story_order(story) == NULL, story_arena(story)->exhausted);
        if (limit < 4 * KIB)
            assert_null(story_order(story));
        story_end(story);
    }
}

/* How much memory is left after a want under `held` locks failed so often. */
static size_t left_after_failing(unsigned held, unsigned times)
{
    struct story *story = story_begin(true, 64 * KIB);
    char clause[32];
    for (unsigned i = 0; i < held; i++) {
        snprintf(clause, sizeof clause, "T1 +%sH%u", i % 2 == 0 ? "" : "r:", i);
        story_tell(story, clause);
    }
    for (unsigned lock = 1; strchr(story_added(story), 'F') == NULL; lock++) {
        snprintf(clause, sizeof clause, "T1 +L%u -L%u", lock, lock);
        story_tell(story, clause);
    }
    while (--times > 0)
        story_tell(story, clause);
    const char *added = story_added(story);
    assert_int_equal(added[strlen(added) - 1], 'F');
    size_t left = 0;
    while (snarl_arena_allocate(story_arena(story), 16) != NULL)
        left += 16;
    for (size_t size = 32; size <= 1024; size *= 2)
        while (snarl_arena_allocate(story_arena(story), size) != NULL)
            left += size;
    story_end(story);
    return left;
}

static void what_failed_takes_no_memory(void **state)
{
    (void)state;
    for (unsigned held = 1; held <= 40; held++)
        assert_int_equal(left_after_failing(held, 50), left_after_failing(held, 1));
}

/* A lock of a short life under one that lives on, one around it, and one in between. */
static void ended_locks_take_no_memory(void **state)
{
    (void)state;
    static const char *const lives[] = {
        "T1 +G +L%u -L%u -G xL%u",
        "T1 +L%u +G -G -L%u xL%u",
        "T1 +r:L%u ~G -G -L%u xL%u",
        "T1 +G +L%u -L%u -G > +G +L%u -L%u -G xL%u",
    };
    for (size_t i = 0; i < sizeof lives / sizeof *lives; i++) {
        struct story *story = story_begin(false, 0);
        size_t mapped = 0;
        char clause[96];
        for (unsigned lock = 0; lock < 2000; lock++) {
            snprintf(clause, sizeof clause, lives[i], lock, lock, lock, lock, lock);
            story_tell(story, clause);
            if (lock == 100)
                mapped = story_arena(story)->mapped;
        }
        assert_int_equal(story_arena(story)->mapped, mapped);
        assert_int_equal(snarl_lock_order_dependency_count(story_order(story)), 0);
        story_end(story);
    }
}

/* ... and what a cycle goes through, or may come to, stays: also where others have gone. */
static void ended_locks_stay_on_cycles(void **state)
{
    (void)state;
    assert_story("T1 +A +B -B -A xC; T2 +B +A -A -B xA xB", "predicted error A B");
    assert_story("T1 +A +B +C -C -B -A xB; T2 +C +A", "predicted error A C");
    assert_story("T1 +A +B -B -A; T2 +B +C -C -B xB; T3 +C +A", "predicted error A B C");
    assert_story("T1 +A +X -X -A xX +A +B -B -A; T2 +B +A", "predicted error A B");
    assert_story("T1 +X +A -A -X xX +A +B -B -A; T2 +B +A", "predicted error A B");
    assert_story("T1 +X +A +B -B -A -X xX; T2 +B +A", "predicted error A B");
}

static void tell_alike(struct story *story, unsigned first, unsigned last)
{
    char clause[64];
    for (unsigned thread = first; thread <= last; thread++) {
        snprintf(clause, sizeof clause, "T%u +A +B -B -A", thread);
        story_tell(story, clause);
    }
}

/* Threads that all do the same: some are kept, and one in many of those that come later. */
static void threads_that_do_the_same_are_passed_over(void **state)
{
    (void)state;
    struct story *story = story_begin(false, 0);
    struct snarl_lock_order *order = story_order(story);
    struct snarl_want want;
    uint32_t id;
    snarl_lock_order_pass_over_likes(order);
    tell_alike(story, 1, MANY_LIKE - 1);
    size_t kept = SNARL_LIKE_KEPT + MANY_LIKE / SNARL_LIKE_KEPT - 2;
    assert_int_equal(snarl_lock_order_dependency_count(order), kept);
    assert_false(snarl_lock_order_recalled(order, &want, &id));

    /* The last of them comes back when one does the reverse, and so do those that come then. */
    story_tell(story, "T4000 +B +A -A -B");
    assert_true(snarl_lock_order_recalled(order, &want, &id));
    assert_int_equal(want.thread, MANY_LIKE - 1);
    assert_string_equal(story_lock_name(story, want.lock), "B");
    assert_int_equal(want.held_count, 1);
    assert_string_equal(story_lock_name(story, want.held[0].lock), "A");
    assert_int_equal(id, kept + 2);
    assert_false(snarl_lock_order_recalled(order, &want, &id));
    tell_alike(story, MANY_LIKE, MANY_LIKE + 100);
    assert_int_equal(snarl_lock_order_dependency_count(order), kept + 1 + 101);
    char *cycles = story_cycles(story);
    assert_string_equal(cycles, "predicted error A B");
    free(cycles);
    story_end(story);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_threads_over_many_nested_locks),
        cmocka_unit_test(a_ring_of_many_threads),
        cmocka_unit_test(a_pool_of_threads),
        cmocka_unit_test(a_search_that_is_cut_says_so),
        cmocka_unit_test(more_cycles_at_once_than_are_kept),
        cmocka_unit_test(out_of_memory),
        cmocka_unit_test(not_even_a_graph),
        cmocka_unit_test(ended_locks_take_no_memory),
        cmocka_unit_test(ended_locks_stay_on_cycles),
        cmocka_unit_test(threads_that_do_the_same_are_passed_over),
        cmocka_unit_test(what_failed_takes_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
