/*
 * A thread of the host program, as snarl sees it.
 *
 * Each thread owns its struct and writes it without a lock; others read `published` things (the
 * want, the row) at any time. The memory is never unmapped while the process lives, so a stale
 * pointer may be read, and its `id` be compared, in safety. All of it is wiped in a forked child:
 * `state` is then 0, which sends the next call to the slow path.
 */
#ifndef SNARL_PRELOAD_THREAD_H
#define SNARL_PRELOAD_THREAD_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "recording/layout.h"

enum {
    SNARL_MEMO_ENTRIES = 512, /* powers of two */
    SNARL_LOCK_ENTRIES = 1024,
    SNARL_LOCK_ENTRIES_MOST = 16384, /* of a thread that needs them; by fours */
    SNARL_SEEN_ENTRIES = 2048,
    SNARL_SEEN_ENTRIES_MOST = 131072,
    SNARL_MEMO_WAYS = 4,   /* places at which a memo may stand */
    SNARL_MEMO_FRAMES = 4, /* return addresses above the caller's that a memo checks */
    SNARL_GENERATIONS = 16384,
    SNARL_CAPTURES_COLD = 16, /* stacks that a thread unwinds the slow way at least */
    SNARL_ONCES = 8,          /* initialisations within each other that a thread keeps track of */
    SNARL_WAITS_SEEN = 16,
    SNARL_MARKS = 16,      /* holds of a thread since different makings of threads */
    SNARL_HANDED = 8,      /* objects of hand-offs that a thread keeps in mind */
    SNARL_ONCES_DONE = 32, /* initialisations that it has found done */
};

enum snarl_thread_state {
    SNARL_THREAD_WIPED = 0,  /* we are in a forked child */
    SNARL_THREAD_READY = 1,  /* in the host's code */
    SNARL_THREAD_INSIDE = 2, /* in ours: calls that come now are our own, or a signal handler's */
    SNARL_THREAD_ENDED = 3,
    SNARL_THREAD_CHAOS =
        4, /* as READY, but to be delayed at points of synchronisation, see chaos.h */
};

/* A lock that the thread holds. */
struct snarl_holding {
    uintptr_t address; /* 0 where another thread has released it */
    uint32_t lock;
    uint32_t stack;
    uint64_t context; /* of the thread before this was taken */
    uint32_t count;   /* of a recursive lock, or of a reader's */
    uint8_t kind;     /* enum snarl_object_kind */
    uint8_t mark;  /* since when threads were made while it was held, see orders.h; 0 for never */
    bool shared;   /* as a reader */
    bool unproven; /* a semaphore that nobody has posted yet */
};

_Static_assert(sizeof(struct snarl_holding) == 32, "the fast path writes one of them");

/* A call path that was met before: the caller's return address, where its frame lay, and what the
 * next return addresses were, where they lay. (The pair alone is no call path: two wrappers one
 * level up give the same.) */
struct snarl_memo {
    uintptr_t caller;
    uintptr_t frame;
    uint32_t stack; /* id */
    uint32_t padding;
    uint16_t offset[SNARL_MEMO_FRAMES]; /* of the return address from `frame`, in words; where there
                                           are fewer frames, the caller's stands again */
    uintptr_t address[SNARL_MEMO_FRAMES];
};

_Static_assert(sizeof(struct snarl_memo) == 64, "a memo is one line of the processor's cache");

/* Which lock lives at an address, as long as the generation of the address stands. */
struct snarl_lock_entry {
    uint64_t key; /* its address and kind, see object.h */
    uint32_t generation;
    uint32_t lock; /* id; with flags, see object.h */
};

/* What else is known of it, for its row where it is waited for. */
struct snarl_lock_description {
    uint32_t created; /* stack */
    uint32_t value;
    bool untold; /* it has a name that is not in the recording yet */
};

/* Of a cache that grows once too many entries have displaced others. */
struct snarl_cache_size {
    uint32_t mask;      /* of an index: one less than there are places */
    uint32_t displaced; /* entries, since it last grew */
};

/* A fast path that a signal handler interrupts, in which they grow, may still read what was there
 * before: so that is left, and a mask must be read before the pointer it is for. */
struct snarl_caches {
    struct snarl_cache_size locks_size, seen_size;
    struct snarl_lock_entry *locks;
    struct snarl_lock_description *descriptions; /* of `locks`, in their order */
    uint64_t *seen; /* contexts after an acquisition that was judged before */
    struct snarl_memo *memos;
};

/* An entry has been displaced by another. Whether it is time for four times as many. */
static inline bool snarl_cache_is_short(struct snarl_cache_size *size, uint32_t most)
{
    if (++size->displaced <= size->mask || size->mask >= most - 1)
        return false;
    size->displaced = 0;
    return true;
}

#define SNARL_ONCE(variable) (*(volatile __typeof__(variable) *)&(variable))

/* What a thread waits for, for others to read: valid if `sequence` is odd. */
struct snarl_published_want {
    uint64_t sequence;
    uint32_t kind;                        /* enum snarl_want_kind */
    uint32_t flags;                       /* enum snarl_want_row_flags */
    uint32_t object_kind;                 /* of a lock: enum snarl_object_kind */
    uint32_t joined;                      /* of a join: the thread's id, 0 where not known */
    uintptr_t object;                     /* its address; of a join, the pthread_t */
    uintptr_t mutex;                      /* of a condition wait: the one it gives back */
    const struct snarl_wait_frame *frame; /* for the thread alone: what it put aside meanwhile */
};

/* A call of pthread_once or call_once that is under way. */
struct snarl_once_call {
    struct snarl_once *call; /* lives in the stack, which may be left */
    uintptr_t control;
};

/* What is noted of its orders with other threads, see orders.h. */
struct snarl_noted_orders {
    uint32_t marks[SNARL_MARKS]; /* the segment of the making that a hold's mark stands for */
    struct {
        uint32_t object, gave, took;
    } handed[SNARL_HANDED];
    bool is_told;                               /* to the lock-order graph */
    uint32_t hand_offs;                         /* so far */
    uintptr_t barrier_over;                     /* a barrier of which no more is noted, */
    uint32_t barrier_generation;                /* as long as its generation stands, */
    bool barrier_orders;                        /* and which orders its threads all the same */
    uint32_t unsure_segment;                    /* one within which it has done so; or 0 */
    uintptr_t once_done[SNARL_ONCES_DONE];      /* controls that were found done, */
    uint32_t once_generation[SNARL_ONCES_DONE]; /* likewise */
};

struct snarl_thread {
    uint8_t state;
    bool detached;
    bool in_deadlock; /* the want of this thread is part of one that was reported */
    bool cancelled;   /* another thread has asked it to end: it may leave a join at any time */
    bool absent;      /* left behind in the parent by a fork */
    bool hands_over;  /* it has released a mutex that another thread had taken */
    uint32_t id;
    uint32_t segment;
    uint32_t depth; /* holdings in use */
    uint32_t capacity;
    uint32_t watch_count;           /* frames that are watched, see frames.h */
    struct snarl_holding *holdings; /* outermost first */
    uint64_t context; /* running hash of the segment and of what is held, at which stacks */
    struct snarl_caches caches;
    struct snarl_thread_row *row;
    uintptr_t lowest_watch;          /* the innermost frame: where what it houses lies, */
    const uintptr_t *lowest_return;  /* and the word that says to where it returns, */
    uintptr_t lowest_returns_to;     /* as long as it is not left */
    uintptr_t stack_low, stack_high; /* of its stack; 0 where that is not known */
    struct snarl_published_want want;
    struct snarl_thread *after_needed; /* in the search for a circle; session lock */
    uint64_t visited;                  /* by which search for a circle; session lock */
    struct snarl_once_call
        onces[SNARL_ONCES]; /* initialisations that it calls for, outermost first */
    uint32_t once_depth;
    uint32_t captures;                /* stacks that it has unwound */
    bool warm;                        /* libunwind has what makes it quick here */
    uint32_t memo_turn;               /* which place comes next where all are taken */
    int *error;                       /* where its errno lives, without a call */
    uintptr_t polling;                /* a semaphore that it has just tried in vain */
    uintptr_t woken[SNARL_ROW_WAKES]; /* where the objects of the row's wakes live */
    struct snarl_pending *pending; /* dependencies on semaphores that are not proven yet, or NULL */
    struct snarl_fact_misuse
        suspicion; /* of what lives at `suspected`, to be noted once that can be */
    uintptr_t suspected;
    uintptr_t robbed_of;                   /* a lock that another thread has released for it */
    uint64_t waits_seen[SNARL_WAITS_SEEN]; /* conditions and their mutexes, see misuse.h */
    struct snarl_annotated_wait *annotated_wait; /* see annotated.h; NULL until it has one */
    uint32_t forgiving;               /* how often it was told to forgive, less the ends */
    struct snarl_noted_orders orders; /* see orders.h */

    pid_t tid;
    pid_t tid_in_parent; /* of the thread that forked, in a child: it goes on here */
    pthread_t handle;
    uint32_t parent;
    uint32_t parent_segment;
    uint32_t created; /* stack */
    uint32_t held_at_creation_count;
    struct snarl_held *held_at_creation;
    struct snarl_frame_watch *watches; /* by address, the lowest last; session lock */
    uint32_t watch_capacity;
    uintptr_t site_caller, site_frame; /* of its last call that was not quickly done */
    const struct snarl_thread *creator;
    size_t stack_size; /* as it was to be made, 0 where it was not by us */
    void *(*start)(void *);
    void *argument;
    int destructor_rounds;
    char name[SNARL_NAME_SIZE];        /* as last written */
    struct snarl_chaos *chaos;         /* NULL where it is off */
    struct snarl_thread *next;         /* in the session's list of all, or of free ones */
    struct snarl_thread_row spare_row; /* where no table can be had */
};

/* The calling thread; NULL before its first intercepted call. */
extern __thread struct snarl_thread *snarl_self __attribute__((tls_model("initial-exec")));

/* Raised whenever the lock that lives at an address with this hash may be another one. */
extern uint32_t snarl_generations[SNARL_GENERATIONS];

static inline uint32_t *snarl_generation_of(uintptr_t address)
{
    return &snarl_generations[(address >> 3) % SNARL_GENERATIONS];
}

/* The calling thread if its calls are to be recorded, made known if need be; else NULL: the call
 * goes straight to libc. errno is preserved. */
struct snarl_thread *snarl_thread_ready_slow(void);

static inline struct snarl_thread *snarl_thread_ready(void)
{
    struct snarl_thread *self = snarl_self;
    if (__builtin_expect(self != NULL && self->state == SNARL_THREAD_READY, 1))
        return self;
    return snarl_thread_ready_slow();
}

/* The same at a synchronisation point of the host's, which its caller tells from others: where
 * chaos is on, the thread may be delayed before. */
struct snarl_thread *snarl_thread_arrive_slow(const void *caller);

static inline __attribute__((always_inline)) struct snarl_thread *snarl_thread_arrive(void)
{
    struct snarl_thread *self = snarl_self;
    if (__builtin_expect(self != NULL && self->state == SNARL_THREAD_READY, 1))
        return self;
    return snarl_thread_arrive_slow(__builtin_return_address(0));
}

/* Makes the calling thread the one that `self` describes, or, with NULL, one of unknown origin. */
struct snarl_thread *snarl_thread_attach(struct snarl_thread *self);

/* A struct for a thread that is about to be made. NULL on exhaustion. Session lock. */
struct snarl_thread *snarl_thread_new(void);

/* One that was left behind in the parent by a fork: it holds what it held there, and will never
 * run. `parent_id` is its number in the parent's recording. NULL on exhaustion. Session lock. */
struct snarl_thread *snarl_thread_new_absent(pid_t tid, uint32_t parent_id);

/* The number of the thread that is about to be made, where `start` is what threads are made with
 * here, and so `argument` a struct of ours; else 0. */
uint32_t snarl_thread_prepared(void *(*start)(void *), const void *argument);

/* From here on the handle is this thread's. Session lock. */
void snarl_thread_set_handle(struct snarl_thread *thread, pthread_t handle);

/* Gives it back. Session lock. */
void snarl_thread_free(struct snarl_thread *thread);

/* The key destructor of a thread: judges it ended in its last round. */
void snarl_thread_destructor(void *self);

/* Begins a new segment: the thread has just been ordered with another. */
void snarl_thread_new_segment(struct snarl_thread *self);

/* Writes the calling thread's name if the kernel's is new. Session lock. */
void snarl_thread_write_name(struct snarl_thread *self);

/* Writes the name of any thread, cut to the kernel's length. Session lock. */
void snarl_thread_set_name(struct snarl_thread *thread, const char *name);

/* The row of the calling thread: what it called last, and where. */
static inline void snarl_thread_note_call(struct snarl_thread *self, uint32_t call)
{
    __atomic_store_n(&self->row->last_call, call, __ATOMIC_RELAXED);
}

#endif
