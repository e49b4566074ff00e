/* Why threads are blocked, over random stories: the root against a naive model of it, and answers
 * that hold whatever the story. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "core/blocked.h"

enum {
    MOST_THREADS = 9,
    OBJECTS = 5,
    STORIES = 100000,
};

static uint32_t state_of_chance;

static uint32_t chance(uint32_t below)
{
    state_of_chance = state_of_chance * 1664525u + 1013904223u;
    return (state_of_chance >> 8) % below;
}

struct tale {
    struct snarl_blocked_thread threads[MOST_THREADS];
    struct snarl_held held[MOST_THREADS][2];
    struct snarl_blocked_wake wakes[MOST_THREADS];
    struct snarl_blocked_story story;
    struct snarl_blocked_why whys[MOST_THREADS];
    bool needs[MOST_THREADS][MOST_THREADS]; /* directly, then over others */
};

/* Threads with odd numbers, some of which have ended; some of what they name does not exist. */
static void tell(struct tale *tale)
{
    memset(tale, 0, sizeof *tale);
    size_t count = 1 + chance(MOST_THREADS);
    for (uint32_t i = 0; i < count; i++) {
        struct snarl_blocked_thread *thread = &tale->threads[i];
        thread->thread = 2 * i + 1;
        thread->want = chance(SNARL_BLOCKED_ON_END_OF_WAITS + 1);
        thread->object = thread->want == SNARL_BLOCKED_ON_THREAD ? 2 * chance(MOST_THREADS) + 1
                                                                 : chance(OBJECTS);
        thread->shared = chance(4) == 0;
        thread->mutex = chance(OBJECTS);
        thread->parties = chance(4);
        thread->held = tale->held[i];
        thread->held_count = chance(3);
        for (size_t j = 0; j < thread->held_count; j++)
            tale->held[i][j] = (struct snarl_held){
                .lock = chance(OBJECTS), .stack = chance(3), .shared = chance(2)};
    }
    size_t wakes = chance(MOST_THREADS);
    for (size_t i = 0; i < wakes; i++)
        tale->wakes[i] = (struct snarl_blocked_wake){chance(2 * MOST_THREADS), chance(OBJECTS),
                                                     chance(3), chance(2)};
    tale->story = (struct snarl_blocked_story){tale->threads, count, tale->wakes, wakes};
    for (size_t i = 0; i < count; i++)
        snarl_blocked_explain(&tale->story, i, &tale->whys[i]);
}

/* Who waits for whom, as the header says. */
static void close_needs(struct tale *tale)
{
    size_t count = tale->story.thread_count;
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < tale->whys[i].waker_count; j++) {
            const struct snarl_blocked_waker *waker = &tale->whys[i].wakers[j];
            bool guess = waker->how == SNARL_WAKER_MISSING && waker->stack == 0;
            if (!waker->ended && !waker->lost && !guess)
                tale->needs[i][waker->thread / 2] = true;
        }
    for (size_t over = 0; over < count; over++)
        for (size_t i = 0; i < count; i++)
            for (size_t j = 0; j < count; j++)
                tale->needs[i][j] |= tale->needs[i][over] && tale->needs[over][j];
}

static bool is_last(const struct tale *tale, size_t thread)
{
    for (size_t other = 0; other < tale->story.thread_count; other++)
        if (tale->needs[thread][other] && !tale->needs[other][thread])
            return false;
    return true;
}

static void the_root_waits_for_nobody_else(void **state)
{
    (void)state;
    state_of_chance = 4711;
    size_t with_choice = 0;
    for (size_t round = 0; round < STORIES; round++) {
        struct tale tale;
        struct snarl_blocked_visit visits[MOST_THREADS];
        tell(&tale);
        close_needs(&tale);
        size_t root = snarl_blocked_root(&tale.story, tale.whys, visits);
        assert_true(root < tale.story.thread_count);
        assert_true(is_last(&tale, root));
        for (size_t i = 0; i < tale.story.thread_count; i++) {
            with_choice += !is_last(&tale, i);
            /* What merely waits for another is no root beside a nested monitor. */
            if (tale.whys[i].cause == SNARL_CAUSE_NESTED_MONITOR && is_last(&tale, i))
                assert_int_equal(tale.whys[root].cause, SNARL_CAUSE_NESTED_MONITOR);
        }
    }
    assert_true(with_choice > STORIES); /* there was something to choose from */
}

static void answers_hold_together(void **state)
{
    (void)state;
    state_of_chance = 42;
    size_t causes[SNARL_CAUSE_KINDS] = {0};
    for (size_t round = 0; round < STORIES; round++) {
        struct tale tale;
        tell(&tale);
        for (size_t i = 0; i < tale.story.thread_count; i++) {
            const struct snarl_blocked_why *why = &tale.whys[i];
            causes[why->cause]++;
            assert_true(why->waker_count <= SNARL_BLOCKED_WAKERS);
            for (size_t j = 0; j < why->waker_count; j++) {
                const struct snarl_blocked_waker *waker = &why->wakers[j];
                bool alive = snarl_blocked_find(&tale.story, waker->thread) != NULL;
                assert_int_equal(waker->ended, !alive);
                assert_true(waker->how != SNARL_WAKER_NEEDS_LOCK || alive);
            }
            assert_int_equal(why->cause == SNARL_CAUSE_BARRIER_SHORT,
                             tale.threads[i].want == SNARL_BLOCKED_ON_BARRIER);
            if (why->cause == SNARL_CAUSE_BARRIER_SHORT)
                assert_true(why->arrived >= 1);
        }
    }
    for (size_t cause = 0; cause < SNARL_CAUSE_KINDS; cause++)
        if (causes[cause] == 0)
            fail_msg("no story has the cause %s", snarl_cause_name((enum snarl_cause)cause));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_root_waits_for_nobody_else),
        cmocka_unit_test(answers_hold_together),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
