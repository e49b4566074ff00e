#include "core/asleep.h"

#include "base/hash.h"
#include "recording/layout.h"

/* Both lists tend to stand in the order in which the threads began, so the next match is looked for
 * behind the last one. */
static const struct snarl_asleep_task *find_task(const struct snarl_asleep_look *look, uint32_t tid,
                                                 size_t *after)
{
    for (size_t i = 0; i < look->task_count; i++) {
        size_t at = (*after + i) % look->task_count;
        if (look->tasks[at].tid == tid) {
            *after = at + 1;
            return &look->tasks[at];
        }
    }
    return NULL;
}

static const struct snarl_asleep_thread *find_thread(const struct snarl_asleep_look *look,
                                                     uint32_t tid, size_t *after)
{
    for (size_t i = 0; i < look->thread_count; i++) {
        size_t at = (*after + i) % look->thread_count;
        if (look->threads[at].tid == tid) {
            *after = at + 1;
            return &look->threads[at];
        }
    }
    return NULL;
}

bool snarl_asleep_waits_for_ever(const struct snarl_asleep_thread *thread)
{
    return thread->sequence % 2 != 0 && thread->want_kind != SNARL_WANTS_NOTHING &&
           (thread->want_flags & SNARL_WANT_ROW_TIMED) == 0;
}

/* Whether every thread is a task that sleeps in a wait without a limit, and every task a thread. As
 * many of either, so that no thread can stand for two tasks. */
static bool all_wait(const struct snarl_asleep_look *look)
{
    if (look->thread_count == 0 || look->thread_count != look->task_count)
        return false;
    size_t after_task = 0, after_thread = 0;
    for (size_t i = 0; i < look->thread_count; i++) {
        const struct snarl_asleep_thread *thread = &look->threads[i];
        const struct snarl_asleep_task *task = find_task(look, thread->tid, &after_task);
        if (!snarl_asleep_waits_for_ever(thread) || task == NULL || !task->sleeping ||
            find_thread(look, look->tasks[i].tid, &after_thread) == NULL)
            return false;
    }
    return true;
}

/* Whether the second look saw what the first one did: the same threads in the same waits, none of
 * which the kernel has run in between. Both saw all of them wait. */
static bool nothing_moved(const struct snarl_asleep_look *first,
                          const struct snarl_asleep_look *second)
{
    if (first->thread_count != second->thread_count)
        return false;
    size_t after_thread = 0, after_now = 0, after_then = 0;
    for (size_t i = 0; i < first->thread_count; i++) {
        const struct snarl_asleep_thread *then = &first->threads[i];
        const struct snarl_asleep_thread *now = find_thread(second, then->tid, &after_thread);
        if (now == NULL || now->thread != then->thread || now->sequence != then->sequence)
            return false;
        const struct snarl_asleep_task *task_then = find_task(first, then->tid, &after_then);
        const struct snarl_asleep_task *task_now = find_task(second, then->tid, &after_now);
        if (task_now->switches != task_then->switches)
            return false;
    }
    return true;
}

static uint64_t doubts(const struct snarl_asleep_look *look,
                       const struct snarl_asleep_surroundings *surroundings)
{
    bool shared = false, semaphore = false;
    for (size_t i = 0; i < look->thread_count; i++) {
        const struct snarl_asleep_thread *thread = &look->threads[i];
        shared = shared || (thread->want_flags & SNARL_WANT_ROW_PROCESS_SHARED) != 0;
        semaphore = semaphore || thread->want_kind == SNARL_WANTS_SEMAPHORE;
    }
    /* Of all that wakes a thread, a signal handler may only post a semaphore. */
    bool handler = semaphore && surroundings->handler_installed;
    return (uint64_t)surroundings->timer_armed << SNARL_DOUBT_TIMER |
           (uint64_t)handler << SNARL_DOUBT_HANDLER | (uint64_t)shared << SNARL_DOUBT_SHARED |
           (uint64_t)surroundings->timers_unknown << SNARL_DOUBT_UNKNOWN;
}

struct snarl_asleep_verdict snarl_asleep_judge(const struct snarl_asleep_look *first,
                                               const struct snarl_asleep_look *second,
                                               const struct snarl_asleep_surroundings *surroundings)
{
    struct snarl_asleep_verdict verdict = {.asleep = false};
    if (!all_wait(first) || !all_wait(second) || !nothing_moved(first, second))
        return verdict;
    verdict.asleep = true;
    /* The rows were read while their threads could write: what either saw counts. */
    verdict.doubts = doubts(first, surroundings) | doubts(second, surroundings);
    verdict.sequences = snarl_asleep_sequences(second->threads, second->thread_count);
    return verdict;
}

uint64_t snarl_asleep_sequences(const struct snarl_asleep_thread *threads, size_t count)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += snarl_hash_mix(snarl_hash_mix(0, threads[i].thread), threads[i].sequence);
    return snarl_hash_mix(sum, count);
}
