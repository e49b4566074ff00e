/* "All threads are asleep", judged from two looks: each story has a twin that differs in one thing.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/asleep.h"
#include "recording/layout.h"

enum {
    THREADS = 3,
    ROOM = 4,
    MANY = 5000,
};

/* What was seen at one look: three threads that wait, unless the story says otherwise. */
struct sight {
    struct snarl_asleep_thread threads[ROOM];
    struct snarl_asleep_task tasks[ROOM];
    size_t thread_count, task_count;
};

struct story {
    struct sight first, second;
    struct snarl_asleep_surroundings surroundings;
};

static struct sight three_wait(void)
{
    static const uint32_t kinds[] = {SNARL_WANTS_THREAD, SNARL_WANTS_CONDITION, SNARL_WANTS_LOCK};
    struct sight sight = {.thread_count = THREADS, .task_count = THREADS};
    for (uint32_t i = 0; i < THREADS; i++) {
        sight.threads[i] = (struct snarl_asleep_thread){
            .thread = i + 1, .tid = 700 + i, .sequence = 2 * i + 1, .want_kind = kinds[i]};
        sight.tasks[i] =
            (struct snarl_asleep_task){.tid = 700 + i, .switches = 10 * i, .sleeping = true};
    }
    return sight;
}

static struct story three_asleep(void)
{
    return (struct story){.first = three_wait(), .second = three_wait()};
}

static struct snarl_asleep_look look_of(const struct sight *sight)
{
    return (struct snarl_asleep_look){.threads = sight->threads,
                                      .thread_count = sight->thread_count,
                                      .tasks = sight->tasks,
                                      .task_count = sight->task_count};
}

static struct snarl_asleep_verdict judge(const struct story *story)
{
    struct snarl_asleep_look first = look_of(&story->first), second = look_of(&story->second);
    return snarl_asleep_judge(&first, &second, &story->surroundings);
}

static void assert_asleep(const struct story *story, uint64_t doubts)
{
    struct snarl_asleep_verdict verdict = judge(story);
    assert_true(verdict.asleep);
    assert_int_equal(verdict.doubts, doubts);
    assert_int_equal(verdict.sequences,
                     snarl_asleep_sequences(story->second.threads, story->second.thread_count));
}

/* Of one that is not, nothing else is said. */
static void assert_awake(const struct story *story)
{
    struct snarl_asleep_verdict verdict = judge(story);
    assert_false(verdict.asleep);
    assert_int_equal(verdict.doubts, 0);
    assert_int_equal(verdict.sequences, 0);
}

static void all_threads_wait(void **state)
{
    (void)state;
    struct story story = three_asleep();
    assert_asleep(&story, 0);
    story.first.thread_count = story.first.task_count = 1;
    story.second.thread_count = story.second.task_count = 1;
    assert_asleep(&story, 0);
}

static void a_process_without_threads_is_nothing(void **state)
{
    (void)state;
    struct story story = three_asleep();
    story.first.thread_count = story.first.task_count = 0;
    story.second.thread_count = story.second.task_count = 0;
    assert_awake(&story);
}

/* Both lists are in an order of their own at each look. */
static void the_order_does_not_matter(void **state)
{
    (void)state;
    struct story story = three_asleep();
    struct snarl_asleep_thread thread = story.first.threads[0];
    story.first.threads[0] = story.first.threads[2];
    story.first.threads[2] = thread;
    struct snarl_asleep_task task = story.second.tasks[1];
    story.second.tasks[1] = story.second.tasks[2];
    story.second.tasks[2] = task;
    assert_asleep(&story, 0);
}

static void add_task(struct sight *sight, uint32_t tid)
{
    sight->tasks[sight->task_count++] =
        (struct snarl_asleep_task){.tid = tid, .switches = 5, .sleeping = true};
}

static void add_thread(struct sight *sight, uint32_t thread, uint32_t tid)
{
    sight->threads[sight->thread_count++] = (struct snarl_asleep_thread){
        .thread = thread, .tid = tid, .sequence = 9, .want_kind = SNARL_WANTS_LOCK};
}

/* A timer's thread, one of a raw clone, one that has just begun. */
static void a_task_that_is_no_thread_of_ours(void **state)
{
    (void)state;
    for (int when = 1; when <= 3; when++) {
        struct story story = three_asleep();
        if (when & 1)
            add_task(&story.first, 777);
        if (when & 2)
            add_task(&story.second, 777);
        assert_awake(&story);
        if (when & 1)
            add_thread(&story.first, 4, 777);
        if (when & 2)
            add_thread(&story.second, 4, 777);
        if (when == 3)
            assert_asleep(&story, 0);
        else
            assert_awake(&story); /* it came, or went, between the looks */
    }
}

static void a_thread_that_is_no_task(void **state)
{
    (void)state;
    for (int when = 1; when <= 3; when++) {
        struct story story = three_asleep();
        if (when & 1)
            add_thread(&story.first, 4, 777);
        if (when & 2)
            add_thread(&story.second, 4, 777);
        assert_awake(&story);
    }
}

/* As many of either, and yet not the same. */
static void another_task_in_the_place_of_a_thread(void **state)
{
    (void)state;
    for (int when = 0; when < 2; when++) {
        struct story story = three_asleep();
        struct sight *sight = when == 0 ? &story.first : &story.second;
        sight->tasks[1].tid = 777;
        assert_awake(&story);
        story = three_asleep();
        sight->threads[1].tid = sight->threads[0].tid; /* one that has ended left its row */
        assert_awake(&story);
    }
    struct story story = three_asleep();
    story.first.threads[1].tid = story.first.threads[0].tid;
    story.second.threads[1].tid = story.second.threads[0].tid;
    assert_awake(&story);
    story = three_asleep();
    story.second.threads[1].thread = 4; /* the kernel gave the number out again */
    assert_awake(&story);
}

static void a_sequence_that_changed(void **state)
{
    (void)state;
    for (int thread = 0; thread < THREADS; thread++) {
        struct story story = three_asleep();
        story.second.threads[thread].sequence += 2; /* it waits again */
        assert_awake(&story);
        story.first.threads[thread].sequence += 2;
        assert_asleep(&story, 0);
    }
}

static void a_count_of_switches_that_changed(void **state)
{
    (void)state;
    for (int task = 0; task < THREADS; task++) {
        struct story story = three_asleep();
        story.second.tasks[task].switches++;
        assert_awake(&story);
        story.first.tasks[task].switches++;
        assert_asleep(&story, 0);
    }
}

/* Calls `spoil` on each thread and task of each look, and expects that nobody sleeps then. */
static void each_one_counts(void (*spoil)(struct snarl_asleep_thread *, struct snarl_asleep_task *))
{
    for (int when = 1; when <= 3; when++) {
        for (int i = 0; i < THREADS; i++) {
            struct story story = three_asleep();
            if (when & 1)
                spoil(&story.first.threads[i], &story.first.tasks[i]);
            if (when & 2)
                spoil(&story.second.threads[i], &story.second.tasks[i]);
            assert_awake(&story);
        }
    }
}

static void run_on(struct snarl_asleep_thread *thread, struct snarl_asleep_task *task)
{
    (void)thread;
    task->sleeping = false;
}

static void leave_the_wait(struct snarl_asleep_thread *thread, struct snarl_asleep_task *task)
{
    (void)task;
    thread->sequence = 8; /* it sleeps in read(2), say */
}

static void set_a_limit(struct snarl_asleep_thread *thread, struct snarl_asleep_task *task)
{
    (void)task;
    thread->want_flags |= SNARL_WANT_ROW_TIMED;
}

static void want_nothing(struct snarl_asleep_thread *thread, struct snarl_asleep_task *task)
{
    (void)task;
    thread->want_kind = SNARL_WANTS_NOTHING;
}

static void a_task_that_runs(void **state)
{
    (void)state;
    each_one_counts(run_on);
}

static void a_thread_that_is_in_no_wait(void **state)
{
    (void)state;
    each_one_counts(leave_the_wait);
    each_one_counts(want_nothing);
}

static void a_wait_with_a_limit(void **state)
{
    (void)state;
    each_one_counts(set_a_limit);
    struct story story = three_asleep();
    story.first.threads[1].want_flags = story.second.threads[1].want_flags = SNARL_WANT_ROW_SHARED;
    assert_asleep(&story, 0); /* another flag: a reader */
}

static void timers_are_doubts(void **state)
{
    (void)state;
    struct story story = three_asleep();
    story.surroundings.timer_armed = true;
    assert_asleep(&story, 1u << SNARL_DOUBT_TIMER);
    story.surroundings.timers_unknown = true;
    assert_asleep(&story, 1u << SNARL_DOUBT_TIMER | 1u << SNARL_DOUBT_UNKNOWN);
    story.surroundings.timer_armed = false;
    assert_asleep(&story, 1u << SNARL_DOUBT_UNKNOWN);
}

static void what_processes_share_is_a_doubt(void **state)
{
    (void)state;
    for (int thread = 0; thread < THREADS; thread++) {
        struct story story = three_asleep();
        story.first.threads[thread].want_flags = SNARL_WANT_ROW_PROCESS_SHARED;
        story.second.threads[thread].want_flags = SNARL_WANT_ROW_PROCESS_SHARED;
        assert_asleep(&story, 1u << SNARL_DOUBT_SHARED);
    }
}

/* A handler may post a semaphore; no other wake may come from one. */
static void a_handler_is_a_doubt_where_a_semaphore_is_waited_for(void **state)
{
    (void)state;
    static const uint32_t others[] = {SNARL_WANTS_LOCK, SNARL_WANTS_THREAD, SNARL_WANTS_CONDITION,
                                      SNARL_WANTS_BARRIER, SNARL_WANTS_END_OF_WAITS};
    struct story story = three_asleep();
    story.surroundings.handler_installed = true;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        story.first.threads[2].want_kind = story.second.threads[2].want_kind = others[i];
        assert_asleep(&story, 0);
    }
    story.first.threads[2].want_kind = story.second.threads[2].want_kind = SNARL_WANTS_SEMAPHORE;
    assert_asleep(&story, 1u << SNARL_DOUBT_HANDLER);
    story.surroundings.handler_installed = false;
    assert_asleep(&story, 0);
}

static void one_that_runs_leaves_no_doubts(void **state)
{
    (void)state;
    struct story story = three_asleep();
    story.surroundings = (struct snarl_asleep_surroundings){true, true, true};
    story.second.tasks[0].sleeping = false;
    assert_awake(&story);
}

static void the_hash_is_of_threads_and_sequences(void **state)
{
    (void)state;
    struct sight sight = three_wait(), other = three_wait();
    uint64_t hash = snarl_asleep_sequences(sight.threads, THREADS);
    struct snarl_asleep_thread thread = other.threads[0];
    other.threads[0] = other.threads[2];
    other.threads[2] = thread;
    assert_int_equal(snarl_asleep_sequences(other.threads, THREADS), hash);
    other.threads[2].tid = other.threads[2].want_kind = other.threads[2].want_flags = 1;
    assert_int_equal(snarl_asleep_sequences(other.threads, THREADS), hash);

    assert_int_not_equal(snarl_asleep_sequences(sight.threads, THREADS - 1), hash);
    other = three_wait();
    other.threads[1].sequence += 2;
    assert_int_not_equal(snarl_asleep_sequences(other.threads, THREADS), hash);
    other = three_wait();
    other.threads[1].thread += 7;
    assert_int_not_equal(snarl_asleep_sequences(other.threads, THREADS), hash);
    other = three_wait(); /* two that have exchanged their numbers */
    other.threads[0].sequence = sight.threads[1].sequence;
    other.threads[1].sequence = sight.threads[0].sequence;
    assert_int_not_equal(snarl_asleep_sequences(other.threads, THREADS), hash);
}

/* As many threads as a large server has, the kernel's list the other way round. */
static void many_threads(void **state)
{
    (void)state;
    static struct snarl_asleep_thread threads[MANY];
    static struct snarl_asleep_task tasks[MANY], later[MANY];
    for (uint32_t i = 0; i < MANY; i++) {
        threads[i] = (struct snarl_asleep_thread){
            .thread = i + 1, .tid = 700 + i, .sequence = 1, .want_kind = SNARL_WANTS_CONDITION};
        tasks[MANY - 1 - i] =
            (struct snarl_asleep_task){.tid = 700 + i, .switches = i, .sleeping = true};
    }
    memcpy(later, tasks, sizeof later);
    struct snarl_asleep_look first = {threads, MANY, tasks, MANY};
    struct snarl_asleep_look second = {threads, MANY, later, MANY};
    struct snarl_asleep_surroundings none = {0};
    assert_true(snarl_asleep_judge(&first, &second, &none).asleep);
    later[MANY / 2].switches++;
    assert_false(snarl_asleep_judge(&first, &second, &none).asleep);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_threads_wait),
        cmocka_unit_test(a_process_without_threads_is_nothing),
        cmocka_unit_test(the_order_does_not_matter),
        cmocka_unit_test(a_task_that_is_no_thread_of_ours),
        cmocka_unit_test(a_thread_that_is_no_task),
        cmocka_unit_test(another_task_in_the_place_of_a_thread),
        cmocka_unit_test(a_sequence_that_changed),
        cmocka_unit_test(a_count_of_switches_that_changed),
        cmocka_unit_test(a_task_that_runs),
        cmocka_unit_test(a_thread_that_is_in_no_wait),
        cmocka_unit_test(a_wait_with_a_limit),
        cmocka_unit_test(timers_are_doubts),
        cmocka_unit_test(what_processes_share_is_a_doubt),
        cmocka_unit_test(a_handler_is_a_doubt_where_a_semaphore_is_waited_for),
        cmocka_unit_test(one_that_runs_leaves_no_doubts),
        cmocka_unit_test(the_hash_is_of_threads_and_sequences),
        cmocka_unit_test(many_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
