/*
 * "All threads are asleep": can anything in the process still run?
 *
 * Judged from two looks at a process from outside, some time apart: what its threads say of
 * themselves (the rows of its recording) and what the kernel says of its tasks. Nothing can run any
 * more if at both looks the kernel's tasks are exactly the threads that have rows, each of them in
 * one and the same wait without a limit (its sequence number odd, and unchanged), and the kernel
 * has not run any of them in between (its context switches unchanged). What might still wake one
 * from outside is a doubt: it makes the finding a warning.
 *
 * Pure. No memory of its own.
 */
#ifndef SNARL_CORE_ASLEEP_H
#define SNARL_CORE_ASLEEP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A thread, by its row. */
struct snarl_asleep_thread {
    uint32_t thread, tid;
    uint64_t sequence;
    uint32_t want_kind;  /* enum snarl_want_kind of the recording's layout */
    uint32_t want_flags; /* enum snarl_want_row_flags */
};

/* A task, by the kernel. Those that are dead (a main thread that has left) are not listed. */
struct snarl_asleep_task {
    uint32_t tid;
    uint64_t switches; /* voluntary and not */
    bool sleeping;     /* state S */
};

struct snarl_asleep_look {
    const struct snarl_asleep_thread *threads; /* in any order */
    size_t thread_count;
    const struct snarl_asleep_task *tasks; /* in any order */
    size_t task_count;
};

/* What the second look found of the process besides. */
struct snarl_asleep_surroundings {
    bool timer_armed;
    bool timers_unknown;
    bool handler_installed; /* for any signal that the process can get */
};

struct snarl_asleep_verdict {
    bool asleep;
    uint64_t doubts; /* bits by enum snarl_doubt; 0: for certain */
    uint64_t sequences;
};

struct snarl_asleep_verdict snarl_asleep_judge(const struct snarl_asleep_look *first,
                                               const struct snarl_asleep_look *second,
                                               const struct snarl_asleep_surroundings *);

/* Whether the row says that the thread is in a wait without a limit: worth a look at the kernel. */
bool snarl_asleep_waits_for_ever(const struct snarl_asleep_thread *thread);

/* A hash over the threads' ids and sequence numbers, the same in whatever order they stand: as long
 * as it stays what it was, nobody has woken. */
uint64_t snarl_asleep_sequences(const struct snarl_asleep_thread *threads, size_t count);

#endif
