/*
 * The recording: the file that one process leaves.
 *
 * A header, then facts, one after another, each with a header of its own and padded to 8 bytes; in
 * the byte order of the machine (x86-64: little-endian). Facts are appended by write(2) and never
 * changed, so that a recording reads well up to its last whole fact however the process ended. One
 * kind of fact, SNARL_FACT_TABLE, is mapped by the process instead and changes as long as it lives:
 * a row for each thread with what it holds and what it waits for.
 *
 * A fact may only name things (stacks, locks, threads, modules) that an earlier fact introduced,
 * save the rows, which may name locks that were never written down. Ids begin at 1; 0 is "none".
 *
 * A change of layout raises SNARL_RECORDING_VERSION; additions of new kinds of facts do not: a
 * reader skips kinds that it does not know.
 */
#ifndef SNARL_RECORDING_LAYOUT_H
#define SNARL_RECORDING_LAYOUT_H

#include <stdint.h>

#include "core/lock_order.h"
#include "recording/layout_merged.h"
#include "recording/layout_orders.h"
#include "recording/layout_races.h"
#include "recording/layout_timeline.h"
#include "recording/row.h"

#define SNARL_RECORDING_MAGIC "SNARLREC"

enum {
    SNARL_RECORDING_VERSION = 2,
    SNARL_TABLE_ROWS = 64, /* rows of one table */
    SNARL_TABLE_ALIGN = 4096,
};

struct snarl_file_header {
    char magic[8]; /* SNARL_RECORDING_MAGIC without its terminator */
    uint32_t version;
    uint32_t size; /* of this header: where the first fact begins */
    uint64_t pid;
    uint64_t started_real;      /* nanoseconds since the epoch */
    uint64_t started_monotonic; /* nanoseconds; the clock of everything else in here */
};

/* FACT(IDENTIFIER, number, struct name) */
#define SNARL_FACTS(FACT)                                                                          \
    FACT(PROCESS, 1, process)                                                                      \
    FACT(CALLS, 2, calls)                                                                          \
    FACT(MODULE, 3, module)                                                                        \
    FACT(STACK, 4, stack)                                                                          \
    FACT(THREAD, 5, thread)                                                                        \
    FACT(THREAD_NAME, 6, thread_name)                                                              \
    FACT(THREAD_END, 7, thread_end)                                                                \
    FACT(JOIN, 8, join)                                                                            \
    FACT(LOCK, 9, lock)                                                                            \
    FACT(DEPENDENCY, 10, dependency)                                                               \
    FACT(SEGMENT, 11, segment)                                                                     \
    FACT(DEADLOCK, 12, deadlock)                                                                   \
    FACT(TABLE, 13, table)                                                                         \
    FACT(START, 14, start)                                                                         \
    FACT(START_FAILED, 15, start_failed)                                                           \
    FACT(LOSS, 16, loss)                                                                           \
    FACT(END, 17, end)                                                                             \
    FACT(THREAD_STACK, 18, thread_stack)                                                           \
    FACT(LOCK_CHANGE, 19, lock_change)                                                             \
    FACT(WAKE, 20, wake)                                                                           \
    FACT(MISUSE, 21, misuse)                                                                       \
    FACT(ASLEEP, 22, asleep)                                                                       \
    FACT(JOIN_HELD, 23, join_held)                                                                 \
    FACT(ARRIVAL, 24, arrival)                                                                     \
    FACT(FOUND_DONE, 25, found_done)                                                               \
    FACT(HAND_OFF, 26, hand_off)                                                                   \
    FACT(LOCK_NAME, 27, lock_name)                                                                 \
    FACT(LIKE, 31, like)                                                                           \
    FACT(CHAOS, 30, chaos)                                                                         \
    FACT(SHAPE, 32, shape)                                                                         \
    FACT(RUN, 33, run)                                                                             \
    FACT(IDENTITY, 34, identity)                                                                   \
    FACT(STEERED, 40, steered)                                                                     \
    FACT(EVENT, 41, event)                                                                         \
    FACT(RACE, 42, race)

enum snarl_fact_kind {
#define FACT(identifier, number, name) SNARL_FACT_##identifier = number,
    SNARL_FACTS(FACT)
#undef FACT
};

/* Begins a recording. Its strings follow it, each terminated: the executable's path, the working
 * directory, `argument_count` arguments, `environment_count` of NAME=VALUE. */
struct snarl_fact_process {
    struct snarl_fact_header header;
    uint64_t pid;
    uint64_t parent_pid;
    uint32_t forked; /* 1 for a child that fork() made of a watched process */
    uint32_t argument_count;
    uint32_t environment_count;
    uint32_t strings_size;
    char strings[];
};

/* The names of the intercepted calls, each terminated, in the order that rows number them. */
struct snarl_fact_calls {
    struct snarl_fact_header header;
    uint32_t count;
    uint32_t strings_size;
    char strings[];
};

/* A file mapped into memory. From here on, addresses in its range belong to it; what was mapped
 * there before has gone. */
struct snarl_fact_module {
    struct snarl_fact_header header;
    uint64_t bias; /* address minus the ELF file's virtual address */
    uint64_t start, end;
    uint32_t build_id_size; /* bytes; 0 for none */
    uint8_t build_id[32];
    uint32_t path_size; /* terminator included */
    char path[];
};

/* Return addresses, innermost first. */
struct snarl_fact_stack {
    struct snarl_fact_header header;
    uint32_t stack; /* id */
    uint32_t count;
    uint64_t address[];
};

struct snarl_fact_thread {
    struct snarl_fact_header header;
    uint32_t thread;         /* id; 1 is the main thread */
    uint32_t parent;         /* 0 where it was not made by pthread_create */
    uint32_t parent_segment; /* the last of the parent's that came before it */
    uint32_t stack;          /* of pthread_create */
    uint64_t tid;
    uint64_t start;      /* address of the function it runs; 0 where unknown */
    uint32_t held_count; /* what the parent held when it made the thread */
    uint32_t absent;     /* 1: was alive in the parent of this process, and is not here */
    struct snarl_held held[];
};

struct snarl_fact_thread_name {
    struct snarl_fact_header header;
    uint32_t thread;
    char name[SNARL_NAME_SIZE];
    uint32_t padding;
};

struct snarl_fact_thread_end {
    struct snarl_fact_header header;
    uint32_t thread;
    uint32_t segment;
};

/* `thread`, now in `segment`, has joined `joined`. */
struct snarl_fact_join {
    struct snarl_fact_header header;
    uint32_t thread;
    uint32_t segment;
    uint32_t joined;
    uint32_t padding;
};

enum snarl_lock_flags {
    SNARL_LOCK_RECURSIVE = 1,
    SNARL_LOCK_ERROR_CHECKING = 2,
    SNARL_LOCK_ROBUST = 4,
    SNARL_LOCK_SHARED = 8, /* between processes */
    SNARL_LOCK_PREFERS_WRITERS = 16,
    SNARL_LOCK_POLLED = 32, /* a semaphore; see SNARL_LOCK_IS_POLLED */
};

/* A lock, or anything else that threads synchronise with. One of kind 0 was named, or is part of a
 * declared order, before it was met; once it is met, a second fact of the same id says all. */
struct snarl_fact_lock {
    struct snarl_fact_header header;
    uint32_t lock;        /* id */
    uint32_t kind;        /* enum snarl_object_kind */
    uint32_t flags;       /* enum snarl_lock_flags */
    uint32_t created;     /* stack of its initialisation; 0 for a static initialiser */
    uint32_t first_taken; /* stack; 0 where unknown */
    uint32_t value;       /* a semaphore's first value, a barrier's count */
    uint64_t address;
    uint64_t device, inode, offset; /* of one shared between processes: what is mapped there, and
                                       where in it; else 0 */
};

/* What the program calls the lock; the last name stands. */
struct snarl_fact_lock_name {
    struct snarl_fact_header header;
    uint32_t lock;
    uint32_t name_size; /* terminator included */
    char name[];
};

enum snarl_lock_change {
    SNARL_LOCK_IS_SIGNAL = 1, /* a semaphore that another thread posts than the one that took it:
                                 what was derived from it as a lock is void */
    SNARL_LOCK_IS_POLLED = 2, /* a semaphore that some thread tried, and went on without */
};

struct snarl_fact_lock_change {
    struct snarl_fact_header header;
    uint32_t lock;
    uint32_t change; /* enum snarl_lock_change */
};

/* How a thread that has ended had last woken who waits on an object that is still there, or had
 * arrived at it: what its row said of wakes. (Those of threads that are alive stand in their rows.)
 */
struct snarl_fact_wake {
    struct snarl_fact_header header;
    uint32_t thread;
    uint32_t object; /* a lock id */
    uint32_t stack;
    uint32_t wake; /* enum snarl_wake_kind */
};

enum snarl_misuse {
    SNARL_MISUSE_NONE,
#define MISUSE(identifier, number, severity, name, headline) SNARL_MISUSE_##identifier = number,
#include "core/misuse.def"
#undef MISUSE
};

/* A call was misused: `thread` did so at `stack`; the other party is who holds, has taken,
 * initialised, destroyed, joined or waits on it. Ids, 0 for none. */
struct snarl_fact_misuse {
    struct snarl_fact_header header;
    uint32_t misuse;   /* enum snarl_misuse */
    uint32_t severity; /* enum snarl_severity */
    uint32_t thread;
    uint32_t stack;
    uint32_t object; /* a lock; of joins and detaches a thread */
    uint32_t other_thread;
    uint32_t other_stack;
    uint32_t other_object; /* of a wait with two mutexes, this one and the other's; of a wait
                              without its mutex, the mutex; of a wrong object, none, and `kind` */
    uint32_t kind;         /* of a wrong object: what the call is for (enum snarl_object_kind) */
    uint32_t padding;
};

/* DOUBT(IDENTIFIER, "what may wake a thread from outside, in words") */
#define SNARL_DOUBTS(DOUBT)                                                                        \
    DOUBT(TIMER, "a timer is armed")                                                               \
    DOUBT(HANDLER, "a signal handler is installed, and may post a semaphore")                      \
    DOUBT(SHARED, "another process may share what is waited for")                                  \
    DOUBT(UNKNOWN, "the kernel does not say whether a timer is armed")

enum snarl_doubt {
#define DOUBT(identifier, words) SNARL_DOUBT_##identifier,
    SNARL_DOUBTS(DOUBT)
#undef DOUBT
    SNARL_DOUBT_KINDS,
};

/* Looked at from outside, twice: every thread of the process slept in a wait without a limit. True
 * as long as the rows' sequence numbers stay what they were. Written after the process has ended.
 */
struct snarl_fact_asleep {
    struct snarl_fact_header header;
    uint64_t at;     /* monotonic nanoseconds */
    uint64_t doubts; /* bits by enum snarl_doubt */
    uint32_t count;  /* of threads */
    uint32_t padding;
    uint64_t sequences; /* a hash over the threads' ids and sequence numbers, see asleep.h */
};

/* What became of a thread in a run that is steered by a schedule. */
struct snarl_fact_steered {
    struct snarl_fact_header header;
    uint64_t at;              /* monotonic nanoseconds */
    uint32_t step;            /* of the schedule, from 0 */
    uint32_t steered;         /* enum snarl_steered */
    uint32_t thread;          /* that is, or was, held */
    uint32_t stack;           /* where */
    uint32_t other;           /* a thread that was to come, and waits elsewhere; 0 for none */
    uint32_t other_want_kind; /* for what: enum snarl_want_kind */
    uint32_t other_object;    /* a thread or a lock */
    uint32_t other_stack;
};

/* A new dependency, or a known one by a new call path (then `dependency` is the id of the known
 * one). A thread from SNARL_DECLARED on has no fact of its own: it is a declared order. */
struct snarl_fact_dependency {
    struct snarl_fact_header header;
    uint32_t dependency; /* id */
    uint32_t thread;
    uint32_t segment;
    uint32_t lock; /* wanted */
    uint32_t stack;
    uint32_t flags; /* enum snarl_want_flags */
    uint32_t held_count;
    uint32_t padding;
    struct snarl_held held[];
};

/* A known dependency was seen in a new segment. */
struct snarl_fact_segment {
    struct snarl_fact_header header;
    uint32_t dependency;
    uint32_t segment;
};

/* One thread of a deadlock; its held locks follow it. */
struct snarl_deadlock_step {
    uint32_t thread;
    uint32_t want_kind;
    uint32_t object;
    uint32_t stack;
    uint32_t held_count;
    uint32_t flags; /* enum snarl_want_row_flags */
    struct snarl_held held[];
};

/* Threads that wait for each other, each for the next one, the last for the first. A thread that
 * is absent here (see the thread fact) wants nothing: it ends the chain instead. */
struct snarl_fact_deadlock {
    struct snarl_fact_header header;
    uint32_t count;
    uint32_t padding;
    uint64_t steps[]; /* `count` of struct snarl_deadlock_step, one behind the other */
};

/* Padded so that the rows begin at a multiple of SNARL_TABLE_ALIGN in the file. */
struct snarl_fact_table {
    struct snarl_fact_header header;
    uint32_t rows_offset; /* from the beginning of this fact */
    uint32_t row_count;
    uint64_t acquisitions; /* of threads that have ended; in the first table only */
    uint64_t locks;        /* ever seen; likewise */
    uint64_t threads;      /* ever seen; likewise */
    uint64_t losses; /* bits by enum snarl_loss; likewise. For those, too, that no fact tells of any
                        more: here there is room when the disk is full */
};

enum snarl_start_kind {
    SNARL_START_EXEC,  /* this process becomes the program */
    SNARL_START_SPAWN, /* a child runs the program */
    SNARL_START_FORK,  /* a child goes on with this one */
};

/* Another program, or process, was started from here. */
struct snarl_fact_start {
    struct snarl_fact_header header;
    uint32_t kind;
    uint32_t path_size; /* terminator included; the program as the call named it */
    uint64_t pid;       /* of the child; 0 where not known yet */
    char path[];
};

/* The exec that was announced last did not happen. */
struct snarl_fact_start_failed {
    struct snarl_fact_header header;
};

/* LOSS(IDENTIFIER, "what was lost, in words") */
#define SNARL_LOSSES(LOSS)                                                                         \
    LOSS(MEMORY, "snarl ran out of memory of its own and stopped recording")                       \
    LOSS(WRITE, "the recording could not be written to any more (disk full, size limit)")          \
    LOSS(TABLE, "the table of threads could not be kept in the recording")                         \
    LOSS(STACK, "stacks could not be unwound in time and hold their innermost frame only")         \
    LOSS(SEARCH, "the search for lock-order cycles was cut short at its bound")                    \
    LOSS(UNWINDER, "libunwind could not be loaded; stacks hold their innermost frame only")        \
    LOSS(CUT, "a recording that was merged was damaged or cut off, and read in part only")         \
    LOSS(APART, "locks that processes share were merged as locks of each process's own")           \
    LOSS(TIMELINE, "the timeline is cut: it tells of the first 20,000 events only")

enum snarl_loss {
#define LOSS(identifier, words) SNARL_LOSS_##identifier,
    SNARL_LOSSES(LOSS)
#undef LOSS
    SNARL_LOSS_KINDS,
};

struct snarl_fact_loss {
    struct snarl_fact_header header;
    uint32_t loss;
    uint32_t padding;
};

/* The threads of this process are delayed at random, see lib/preload/chaos.h. */
struct snarl_fact_chaos {
    struct snarl_fact_header header;
    uint64_t seed;
};

/* The process ended by exit() or by returning from main. */
struct snarl_fact_end {
    struct snarl_fact_header header;
    uint64_t at; /* monotonic nanoseconds */
};

/* The stack of a thread, taken from outside before the process was ended. */
struct snarl_fact_thread_stack {
    struct snarl_fact_header header;
    uint64_t at; /* monotonic nanoseconds */
    uint64_t tid;
    uint32_t count;
    uint32_t padding;
    uint64_t address[]; /* innermost first; all as return addresses, one past what is exact */
};

#endif
