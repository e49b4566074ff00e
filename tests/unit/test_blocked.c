/* Why threads are blocked for ever: stories, each beside a twin that differs in one respect. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/blocked.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define HOLDS(...)                                                                                 \
    .held = (const struct snarl_held[]){__VA_ARGS__},                                              \
    .held_count = COUNT(((const struct snarl_held[]){__VA_ARGS__}))

enum { /* objects, and stacks of what was done to them */
    OUTER = 1,
    QUEUE,
    READY,
    SPACE,
    ITEMS,
    GATE,
    HERE = 100,
    THERE,
};

/* "lost-wakeup: 3 signalled in vain at 100 (ended)" */
static const char *words(const struct snarl_blocked_why *why)
{
    static char text[1024];
    int length = snprintf(text, sizeof text, "%s", snarl_cause_name(why->cause));
    if (why->parties != 0)
        length += snprintf(text + length, sizeof text - (size_t)length, " %u/%u", why->arrived,
                           why->parties);
    for (size_t i = 0; i < why->waker_count; i++) {
        const struct snarl_blocked_waker *waker = &why->wakers[i];
        length +=
            snprintf(text + length, sizeof text - (size_t)length, "%s %u %s%s", i == 0 ? ":" : ",",
                     waker->thread, snarl_waker_name(waker->how), waker->lost ? " in vain" : "");
        if (waker->stack != 0)
            length += snprintf(text + length, sizeof text - (size_t)length, " at %u", waker->stack);
        if (waker->ended)
            length += snprintf(text + length, sizeof text - (size_t)length, " (ended)");
    }
    return text;
}

static void assert_why(struct snarl_blocked_story story, uint32_t thread, const char *expected)
{
    struct snarl_blocked_why why;
    struct snarl_blocked_thread *found = snarl_blocked_find(&story, thread);
    assert_non_null(found);
    snarl_blocked_explain(&story, (size_t)(found - story.threads), &why);
    assert_string_equal(words(&why), expected);
}

static void assert_root(struct snarl_blocked_story story, uint32_t expected)
{
    struct snarl_blocked_why whys[16];
    struct snarl_blocked_visit visits[16];
    assert_true(story.thread_count <= COUNT(whys));
    for (size_t i = 0; i < story.thread_count; i++)
        snarl_blocked_explain(&story, i, &whys[i]);
    size_t root = snarl_blocked_root(&story, whys, visits);
    assert_true(root < story.thread_count);
    assert_int_equal(story.threads[root].thread, expected);
}

#define STORY(threads, wakes)                                                                      \
    ((struct snarl_blocked_story){threads, COUNT(threads), wakes, COUNT(wakes)})
#define SILENT(threads) ((struct snarl_blocked_story){threads, COUNT(threads), NULL, 0})

/* Main joins the consumer, which waits until the queue is ready. */
#define MAIN_JOINS(number) JOINS(1, number)
#define JOINS(joiner, number)                                                                      \
    {                                                                                              \
        .thread = (joiner), .want = SNARL_BLOCKED_ON_THREAD, .object = (number)                    \
    }
#define CONSUMER                                                                                   \
    {                                                                                              \
        .thread = 2, .want = SNARL_BLOCKED_ON_CONDITION, .object = READY, .mutex = QUEUE           \
    }

static void a_signal_may_be_lost(void **state)
{
    (void)state;
    struct snarl_blocked_thread threads[] = {MAIN_JOINS(2), CONSUMER};
    struct snarl_blocked_wake wakes[] = {{3, READY, HERE, true}, {4, SPACE, HERE, false}};
    assert_why(STORY(threads, wakes), 2, "lost-wakeup: 3 signalled in vain at 100 (ended)");
    assert_why(STORY(threads, wakes), 1, "join-of-blocked: 2 joined");
    wakes[0].lost = false;
    assert_why(STORY(threads, wakes), 2, "woke-another: 3 signalled at 100 (ended)");
    wakes[0].thread = 1; /* the joiner alone could wake it */
    assert_why(STORY(threads, wakes), 2, "woke-another: 1 signalled at 100");
    assert_why(STORY(threads, wakes), 1, "join-of-waiter: 2 joined");
    wakes[1] = (struct snarl_blocked_wake){2, READY, HERE, false}; /* ... and itself, which waits */
    assert_why(STORY(threads, wakes), 1, "join-of-waiter: 2 joined");
    wakes[1].thread = 4; /* ... and another one */
    assert_why(STORY(threads, wakes), 1, "join-of-blocked: 2 joined");
    assert_why(SILENT(threads), 2, "never-signalled");
}

static void who_is_alive_decides(void **state)
{
    (void)state;
    struct snarl_blocked_thread threads[] = {MAIN_JOINS(2), CONSUMER};
    struct snarl_blocked_wake wakes[] = {{3, READY, HERE, false}, {4, READY, THERE, true}};
    assert_why(STORY(threads, wakes), 2,
               "woke-another: 3 signalled at 100 (ended), 4 signalled in vain at 101 (ended)");
    wakes[1].thread = 1;
    assert_why(STORY(threads, wakes), 2,
               "lost-wakeup: 1 signalled in vain at 101, 3 signalled at 100 (ended)");
    wakes[0].lost = true;
    wakes[1].lost = false;
    assert_why(STORY(threads, wakes), 2,
               "woke-another: 1 signalled at 101, 3 signalled in vain at 100 (ended)");
    wakes[1].object = SPACE;
    assert_why(STORY(threads, wakes), 2, "lost-wakeup: 3 signalled in vain at 100 (ended)");
}

static void a_waiter_may_hold_what_the_signaller_needs(void **state)
{
    (void)state;
    struct snarl_blocked_thread threads[] = {
        MAIN_JOINS(2),
        {.thread = 2,
         .want = SNARL_BLOCKED_ON_CONDITION,
         .object = READY,
         .mutex = QUEUE,
         HOLDS({.lock = OUTER, .stack = HERE}, {.lock = QUEUE, .stack = HERE})},
        {.thread = 3, .want = SNARL_BLOCKED_ON_LOCK, .object = OUTER},
    };
    struct snarl_blocked_wake wakes[] = {{3, READY, THERE, false}};
    assert_why(SILENT(threads), 2, "nested-monitor: 3 needs-lock");
    assert_why(STORY(threads, wakes), 2, "nested-monitor: 3 needs-lock, 3 signalled at 101");
    assert_why(SILENT(threads), 3, "holder-blocked: 2 holds at 100");
    threads[2].object = QUEUE; /* the mutex that the waiter gave back */
    assert_why(SILENT(threads), 2, "never-signalled");
}

static void readers_do_not_need_what_readers_hold(void **state)
{
    (void)state;
    struct snarl_blocked_thread threads[] = {
        {.thread = 1,
         .want = SNARL_BLOCKED_ON_CONDITION,
         .object = READY,
         HOLDS({.lock = OUTER, .stack = HERE, .shared = 1})},
        {.thread = 2, .want = SNARL_BLOCKED_ON_LOCK, .object = OUTER},
    };
    assert_why(SILENT(threads), 1, "nested-monitor: 2 needs-lock");
    threads[1].shared = true;
    assert_why(SILENT(threads), 1, "never-signalled");
    assert_why(SILENT(threads), 2, "holder-blocked: 1 holds at 100"); /* behind a writer, perhaps */
}

#define AT_GATE(number)                                                                            \
    {                                                                                              \
        .thread = (number), .want = SNARL_BLOCKED_ON_BARRIER, .object = GATE, .parties = 3         \
    }

static void a_barrier_may_be_short(void **state)
{
    (void)state;
    struct snarl_blocked_thread threads[] = {MAIN_JOINS(2), AT_GATE(2), AT_GATE(3)};
    struct snarl_blocked_wake wakes[] = {
        {2, GATE, HERE, false}, {3, GATE, HERE, false}, {4, GATE, HERE, false}};
    assert_why(SILENT(threads), 2, "barrier-short 2/3: 1 missing");
    assert_why(SILENT(threads), 1, "join-of-waiter: 2 joined");
    assert_why(STORY(threads, wakes), 3, "barrier-short 2/3: 4 missing at 100 (ended)");
    assert_why(STORY(threads, wakes), 1, "join-of-blocked: 2 joined");
    threads[1].parties = threads[2].parties = 4;
    assert_why(STORY(threads, wakes), 3, "barrier-short 2/4: 4 missing at 100 (ended)");
    wakes[0].thread = 1;
    assert_why(STORY(threads, wakes), 3,
               "barrier-short 2/4: 1 missing at 100, 4 missing at 100 (ended)");
    struct snarl_blocked_thread alone[] = {AT_GATE(2), AT_GATE(3)};
    assert_why(SILENT(alone), 2, "barrier-short 2/3");
}

static void a_semaphore_may_lack_posts(void **state)
{
    (void)state;
    struct snarl_blocked_thread threads[] = {
        MAIN_JOINS(2),
        {.thread = 2,
         .want = SNARL_BLOCKED_ON_SEMAPHORE,
         .object = ITEMS,
         HOLDS({.lock = OUTER, .stack = HERE})},
    };
    const struct snarl_blocked_wake wakes[] = {{1, ITEMS, THERE, false}};
    assert_why(SILENT(threads), 2, "never-posted");
    assert_why(SILENT(threads), 1, "join-of-blocked: 2 joined");
    assert_why(STORY(threads, wakes), 2, "posted-too-few: 1 posted at 101");
    assert_why(STORY(threads, wakes), 1, "join-of-waiter: 2 joined");
    /* It is used as a lock, and who would post it needs another one. */
    threads[0] = (struct snarl_blocked_thread){.thread = 1,
                                               .want = SNARL_BLOCKED_ON_LOCK,
                                               .object = OUTER,
                                               HOLDS({.lock = ITEMS, .stack = THERE})};
    assert_why(SILENT(threads), 2, "holder-blocked: 1 holds at 101, 1 needs-lock");
    assert_why(STORY(threads, wakes), 2,
               "posted-too-few: 1 posted at 101, 1 holds at 101, 1 needs-lock");
    threads[1].held = threads[0].held; /* it took it itself */
    threads[0].held_count = 0;
    assert_why(SILENT(threads), 2, "never-posted: 2 holds at 101");
}

static void a_joined_thread_may_wait_for_the_joiner(void **state)
{
    (void)state;
    struct snarl_blocked_thread threads[] = {
        {.thread = 1,
         .want = SNARL_BLOCKED_ON_THREAD,
         .object = 2,
         HOLDS({.lock = OUTER, .stack = HERE})},
        {.thread = 2, .want = SNARL_BLOCKED_ON_THREAD, .object = 3},
        {.thread = 3, .want = SNARL_BLOCKED_ON_LOCK, .object = OUTER},
    };
    for (uint32_t joiner = 1; joiner <= 2; joiner++)
        assert_why(SILENT(threads), joiner,
                   joiner == 1 ? "join-of-waiter: 2 joined" : "join-of-waiter: 3 joined");
    threads[2].object = QUEUE;
    assert_why(SILENT(threads), 1, "join-of-blocked: 2 joined");
    assert_why(SILENT(threads), 3, "holder-gone");
    threads[0].held_count = 0; /* those behind wait for each other */
    threads[2] = (struct snarl_blocked_thread)JOINS(3, 2);
    assert_why(SILENT(threads), 1, "join-of-blocked: 2 joined");
    assert_why(SILENT(threads), 3, "join-of-waiter: 2 joined");
    threads[0].object = 9;
    assert_why(SILENT(threads), 1, "join-of-blocked: 9 joined (ended)");
    threads[0].object = 1;
    assert_why(SILENT(threads), 1, "join-of-waiter: 1 joined");
}

static void an_end_may_wait_for_waiters(void **state)
{
    (void)state;
    struct snarl_blocked_thread threads[] = {
        {.thread = 1, .want = SNARL_BLOCKED_ON_END_OF_WAITS, .object = READY},
        CONSUMER,
        {.thread = 3, .want = SNARL_BLOCKED_ON_CONDITION, .object = SPACE},
    };
    assert_why(SILENT(threads), 1, "still-in-use: 2 waits-there");
    threads[0].object = GATE;
    threads[2] = (struct snarl_blocked_thread)AT_GATE(3);
    assert_why(SILENT(threads), 1, "still-in-use: 3 waits-there");
}

static void what_is_unknown_stays_unknown(void **state)
{
    (void)state;
    struct snarl_blocked_thread threads[] = {
        {.thread = 1},
        {.thread = 2, .want = SNARL_BLOCKED_ON_CONDITION},
        {.thread = 3, .want = SNARL_BLOCKED_ON_LOCK, HOLDS({.lock = 0, .stack = HERE})},
    };
    const struct snarl_blocked_wake wakes[] = {{4, 0, HERE, true}};
    assert_why(STORY(threads, wakes), 1, "unknown");
    assert_why(STORY(threads, wakes), 2, "never-signalled");
    assert_why(STORY(threads, wakes), 3, "holder-gone");
}

static void many_wakers_are_cut_but_all_count(void **state)
{
    (void)state;
    struct snarl_blocked_thread threads[] = {MAIN_JOINS(2), CONSUMER};
    struct snarl_blocked_wake wakes[SNARL_BLOCKED_WAKERS + 1];
    for (uint32_t i = 0; i < COUNT(wakes); i++)
        wakes[i] = (struct snarl_blocked_wake){10 + i, READY, HERE, true};
    struct snarl_blocked_story story = STORY(threads, wakes);
    struct snarl_blocked_why why;
    snarl_blocked_explain(&story, 1, &why);
    assert_int_equal(why.waker_count, SNARL_BLOCKED_WAKERS);
    assert_int_equal(why.cause, SNARL_CAUSE_LOST_WAKEUP);
    wakes[SNARL_BLOCKED_WAKERS].lost = false;
    snarl_blocked_explain(&story, 1, &why);
    assert_int_equal(why.waker_count, SNARL_BLOCKED_WAKERS);
    assert_int_equal(why.cause, SNARL_CAUSE_WOKE_ANOTHER);
}

static void the_root_is_what_the_others_wait_for(void **state)
{
    (void)state;
    struct snarl_blocked_thread threads[] = {
        MAIN_JOINS(2),
        {.thread = 2, .want = SNARL_BLOCKED_ON_LOCK, .object = OUTER},
        {.thread = 3,
         .want = SNARL_BLOCKED_ON_CONDITION,
         .object = READY,
         HOLDS({.lock = SPACE, .stack = HERE})},
        {.thread = 4,
         .want = SNARL_BLOCKED_ON_SEMAPHORE,
         .object = ITEMS,
         HOLDS({.lock = OUTER, .stack = HERE})},
    };
    assert_root(SILENT(threads), 4); /* it says more than thread 3, which nobody waits for */
    const struct snarl_blocked_wake lost[] = {{4, READY, HERE, true}};
    assert_root(STORY(threads, lost), 3);
    const struct snarl_blocked_wake kept[] = {{4, READY, HERE, false}};
    assert_root(STORY(threads, kept), 4);
    threads[0].object = 3; /* main posts the semaphore no more: it joins who lost a wakeup */
    const struct snarl_blocked_wake both[] = {{1, ITEMS, HERE, false}, {4, READY, HERE, true}};
    assert_root(STORY(threads, both), 3);
}

static void in_a_circle_the_cause_that_says_most_is_the_root(void **state)
{
    (void)state;
    struct snarl_blocked_thread threads[] = {
        MAIN_JOINS(2),
        {.thread = 2, .want = SNARL_BLOCKED_ON_LOCK, .object = OUTER},
        {.thread = 3,
         .want = SNARL_BLOCKED_ON_CONDITION,
         .object = READY,
         .mutex = QUEUE,
         HOLDS({.lock = OUTER, .stack = HERE})},
        {.thread = 4, .want = SNARL_BLOCKED_ON_CONDITION, .object = SPACE, .mutex = QUEUE},
    };
    assert_root(SILENT(threads), 3);
    threads[2].held_count = 0; /* who holds what thread 2 wants has gone */
    assert_root(SILENT(threads), 2);
    struct snarl_blocked_thread ring[] = {JOINS(1, 2), JOINS(2, 3), JOINS(3, 1)};
    assert_root(SILENT(ring), 1);
    /* Semaphores as locks, each held by who wants the other; thread 1 merely has nothing to do. */
    struct snarl_blocked_thread crossed[] = {
        {.thread = 1, .want = SNARL_BLOCKED_ON_CONDITION, .object = READY},
        {.thread = 2,
         .want = SNARL_BLOCKED_ON_SEMAPHORE,
         .object = ITEMS,
         HOLDS({.lock = GATE, .stack = HERE})},
        {.thread = 3,
         .want = SNARL_BLOCKED_ON_SEMAPHORE,
         .object = GATE,
         HOLDS({.lock = ITEMS, .stack = HERE})},
    };
    assert_why(SILENT(crossed), 3, "holder-blocked: 2 holds at 100");
    assert_root(SILENT(crossed), 2);
    crossed[1].object = SPACE;
    assert_root(SILENT(crossed), 2);
    /* Threads that came to a barrier before are needed there; mere guesses are not. */
    struct snarl_blocked_thread gate[] = {
        MAIN_JOINS(2),
        AT_GATE(2),
        {.thread = 3, .want = SNARL_BLOCKED_ON_SEMAPHORE, .object = ITEMS}};
    const struct snarl_blocked_wake came[] = {{3, GATE, HERE, false}};
    assert_root(SILENT(gate), 2);
    assert_root(STORY(gate, came), 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_signal_may_be_lost),
        cmocka_unit_test(who_is_alive_decides),
        cmocka_unit_test(a_waiter_may_hold_what_the_signaller_needs),
        cmocka_unit_test(readers_do_not_need_what_readers_hold),
        cmocka_unit_test(a_barrier_may_be_short),
        cmocka_unit_test(a_semaphore_may_lack_posts),
        cmocka_unit_test(a_joined_thread_may_wait_for_the_joiner),
        cmocka_unit_test(an_end_may_wait_for_waiters),
        cmocka_unit_test(what_is_unknown_stays_unknown),
        cmocka_unit_test(many_wakers_are_cut_but_all_count),
        cmocka_unit_test(the_root_is_what_the_others_wait_for),
        cmocka_unit_test(in_a_circle_the_cause_that_says_most_is_the_root),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
