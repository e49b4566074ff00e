#include "sleeper.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>

#include "base/clock.h"
#include "memory.h"

enum {
    FIRST,
    SECOND,
    MOST_SKIPPED = 31, /* looks that the kernel is not asked at, once it has been asked in vain */
};

static pid_t process_of(const struct snarl_sleeper *sleeper)
{
    return (pid_t)sleeper->follower.pid;
}

bool snarl_sleeper_open(struct snarl_sleeper *sleeper, const char *path)
{
    *sleeper = (struct snarl_sleeper){.waiting = false};
    if (!snarl_follower_open(&sleeper->follower, path))
        return false;
    if (sleeper->follower.pid > 0 && sleeper->follower.pid <= INT_MAX)
        return true;
    snarl_follower_close(&sleeper->follower);
    return false;
}

bool snarl_sleeper_alive(const struct snarl_sleeper *sleeper)
{
    return kill(process_of(sleeper), 0) == 0 || errno == EPERM;
}

/* Whether there are threads, and every one is in a wait without a limit. */
static bool read_threads(struct snarl_sleeper *sleeper, int which)
{
    const struct snarl_follower *follower = &sleeper->follower;
    sleeper->counts[which] = 0;
    if (!snarl_follower_look(&sleeper->follower) || follower->row_count == 0)
        return false;
    struct snarl_asleep_thread *threads = snarl_memory_resize(
        sleeper->threads[which], follower->row_count, sizeof **sleeper->threads);
    sleeper->threads[which] = threads;
    sleeper->counts[which] = follower->row_count;
    bool waiting = true;
    for (size_t i = 0; waiting && i < follower->row_count; i++) {
        const struct snarl_thread_row *row = &follower->rows[i];
        threads[i] = (struct snarl_asleep_thread){.thread = row->thread,
                                                  .tid = row->tid,
                                                  .sequence = row->sequence,
                                                  .want_kind = row->want_kind,
                                                  .want_flags = row->want_flags};
        waiting = snarl_asleep_waits_for_ever(&threads[i]);
    }
    return waiting;
}

static struct snarl_asleep_look look_of(const struct snarl_sleeper *sleeper, int which)
{
    return (struct snarl_asleep_look){.threads = sleeper->threads[which],
                                      .thread_count = sleeper->counts[which],
                                      .tasks = sleeper->tasks[which].items,
                                      .task_count = sleeper->tasks[which].count};
}

static void back_off(struct snarl_sleeper *sleeper)
{
    sleeper->skip = sleeper->patience;
    sleeper->patience = 2 * sleeper->patience + 1;
    if (sleeper->patience > MOST_SKIPPED)
        sleeper->patience = MOST_SKIPPED;
}

/* What the rows say: whether every thread waits without a limit, and has done so before. */
static bool look_at_rows(struct snarl_sleeper *sleeper)
{
    bool before = sleeper->suspected;
    sleeper->suspected = read_threads(sleeper, FIRST);
    if (!sleeper->suspected)
        return false;
    uint64_t sequences = snarl_asleep_sequences(sleeper->threads[FIRST], sleeper->counts[FIRST]);
    if (before && sequences == sleeper->sequences)
        return true;
    sleeper->sequences = sequences;
    sleeper->judged = false;
    sleeper->skip = sleeper->patience = 0;
    sleeper->waiting = true;
    return false;
}

/* The rows are read before the kernel's list the first time and after it the second time, so that
 * a thread which moves in between is seen by one or the other. */
static void look_first(struct snarl_sleeper *sleeper)
{
    if (!look_at_rows(sleeper) || sleeper->judged)
        return;
    if (sleeper->skip > 0) {
        sleeper->skip--;
        return;
    }
    sleeper->looking =
        snarl_tasks_read(&sleeper->tasks[FIRST], process_of(sleeper), sleeper->counts[FIRST]);
    sleeper->waiting = sleeper->looking;
    if (!sleeper->looking)
        back_off(sleeper);
}

static struct snarl_asleep_verdict judge(struct snarl_sleeper *sleeper)
{
    struct snarl_asleep_verdict verdict = {.asleep = false};
    const struct snarl_follower *follower = &sleeper->follower;
    pid_t pid = process_of(sleeper);
    if (!snarl_tasks_read(&sleeper->tasks[SECOND], pid, sleeper->counts[FIRST]) ||
        !read_threads(sleeper, SECOND))
        return verdict;
    struct snarl_asleep_surroundings surroundings = snarl_tasks_surroundings(pid);
    struct snarl_asleep_look first = look_of(sleeper, FIRST), second = look_of(sleeper, SECOND);
    verdict = snarl_asleep_judge(&first, &second, &surroundings);
    /* The number may be another process's by now, or of another namespace. */
    if (verdict.asleep)
        verdict.asleep = snarl_tasks_map(pid, (pid_t)sleeper->threads[SECOND][0].tid,
                                         (ino_t)follower->inode, follower->path);
    return verdict;
}

static bool look_second(struct snarl_sleeper *sleeper)
{
    sleeper->looking = false;
    struct snarl_asleep_verdict verdict = judge(sleeper);
    if (!verdict.asleep) {
        back_off(sleeper);
        return false;
    }
    sleeper->judged = true;
    sleeper->fact = (struct snarl_fact_asleep){.header.kind = SNARL_FACT_ASLEEP,
                                               .at = snarl_clock_monotonic(),
                                               .doubts = verdict.doubts,
                                               .count = (uint32_t)sleeper->counts[SECOND],
                                               .sequences = verdict.sequences};
    return true;
}

bool snarl_sleeper_look(struct snarl_sleeper *sleeper)
{
    sleeper->waiting = false;
    if (sleeper->looking)
        return look_second(sleeper);
    look_first(sleeper);
    return false;
}

void snarl_sleeper_close(struct snarl_sleeper *sleeper)
{
    snarl_follower_close(&sleeper->follower);
    for (int which = FIRST; which <= SECOND; which++) {
        free(sleeper->threads[which]);
        snarl_tasks_free(&sleeper->tasks[which]);
    }
    *sleeper = (struct snarl_sleeper){.waiting = false};
}
