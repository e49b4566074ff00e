/*
 * The row of a thread: what it is doing now, in the part of the recording that is mapped.
 *
 * Written by the thread alone, read by anyone at any time, from other processes too; see layout.h.
 */
#ifndef SNARL_RECORDING_ROW_H
#define SNARL_RECORDING_ROW_H

#include <stdint.h>

#include "core/lock_order.h"

enum {
    SNARL_ROW_WAKES = 8,  /* what a thread woke: one place for each object, by its id modulo */
    SNARL_ROW_HELD = 40,  /* locks held that a row has room for; `depth` counts the others too */
    SNARL_NAME_SIZE = 16, /* of a thread, terminator included, as the kernel has it */
};

enum snarl_want_kind {
    SNARL_WANTS_NOTHING,
    SNARL_WANTS_LOCK,      /* the object is a lock */
    SNARL_WANTS_THREAD,    /* the object is a thread: a join */
    SNARL_WANTS_CONDITION, /* the object is a condition variable; a row has its mutex beside. In a
                              deadlock the object is that mutex, which cannot be had back */
    SNARL_WANTS_SEMAPHORE,
    SNARL_WANTS_BARRIER,
    SNARL_WANTS_END_OF_WAITS, /* the object is a condition variable or barrier that is being
                                 destroyed, which libc does only once nobody uses it any more */
};

/* How it is wanted. */
enum snarl_want_row_flags {
    SNARL_WANT_ROW_TIMED = 1,
    SNARL_WANT_ROW_SHARED = 2,         /* by a reader */
    SNARL_WANT_ROW_PROCESS_SHARED = 4, /* the object may be another process's too */
    SNARL_WANT_ROW_BEHIND_WRITERS = 8, /* a reader that does not pass writers that wait */
};

enum snarl_wake_kind {
    SNARL_WAKES_ONE = 1,  /* pthread_cond_signal */
    SNARL_WAKES_ALL = 2,  /* pthread_cond_broadcast */
    SNARL_WAKES_POST = 3, /* sem_post */
    SNARL_ARRIVES = 4,    /* pthread_barrier_wait */
    SNARL_WAKE_LOST = 16, /* flag: nobody waited */
};

enum snarl_row_state {
    SNARL_ROW_FREE,
    SNARL_ROW_ALIVE,
};

/* A lock, or anything else that is waited for, that need not be written down as a fact: there may
 * be a new one for each wait. */
struct snarl_row_object {
    uint32_t object;  /* id; 0 for none */
    uint32_t kind;    /* enum snarl_object_kind */
    uint32_t created; /* stack; 0 where unknown */
    uint32_t value;   /* as in the lock fact */
    uint64_t address;
};

/* How the thread last woke who waits on this object, or arrived at it. */
struct snarl_row_wake {
    uint32_t object; /* id */
    uint32_t stack;
    uint32_t wake; /* enum snarl_wake_kind */
    uint32_t padding;
};

/* A thread as it is now. Written by the thread alone, read by anyone at any time. */
struct snarl_thread_row {
    uint32_t state;
    uint32_t thread;
    uint32_t tid;
    uint32_t segment;
    uint64_t sequence; /* odd while a wait is published */
    uint32_t want_kind;
    uint32_t want_object; /* id of a thread (join), else of a lock or other object, which need not
                             be written down: `want_described` */
    uint32_t want_stack;
    uint32_t want_flags;                          /* enum snarl_want_row_flags */
    uint64_t want_since;                          /* monotonic nanoseconds */
    struct snarl_row_object want_described;       /* the object, where it is no thread */
    struct snarl_row_object want_mutex;           /* of a condition wait: the one it gives back */
    struct snarl_row_wake wakes[SNARL_ROW_WAKES]; /* in no order; `object` 0 where unused */
    uint32_t last_call;                           /* its number in the calls fact, from 1 */
    uint32_t last_stack;
    uint64_t acquisitions;
    char name[SNARL_NAME_SIZE];
    uint32_t depth; /* locks held */
    uint32_t padding;
    struct snarl_held held[SNARL_ROW_HELD]; /* outermost first */
};

_Static_assert(sizeof(struct snarl_thread_row) % 8 == 0, "rows are padded to 8 bytes");

#endif
