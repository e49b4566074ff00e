/*
 * Why a thread that waits for ever does so: who could have woken it, and why nobody will.
 *
 * For a process in which no thread can run any more. Pure: it is told who waits for what, who holds
 * what and who woke whom before, by number, and answers for one thread at a time; then, which of
 * the answers is the root of the others. No memory of its own; one caller at a time for one story.
 */
#ifndef SNARL_CORE_BLOCKED_H
#define SNARL_CORE_BLOCKED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/lock_order.h"

/* CAUSE(IDENTIFIER, "name in every format") */
#define SNARL_CAUSES(CAUSE)                                                                        \
    CAUSE(UNKNOWN, "unknown")                                                                      \
    CAUSE(LOST_WAKEUP, "lost-wakeup")         /* signalled, but when nobody waited */              \
    CAUSE(NEVER_SIGNALLED, "never-signalled") /* a condition */                                    \
    CAUSE(WOKE_ANOTHER, "woke-another")       /* signalled, but another waiter had it */           \
    CAUSE(BARRIER_SHORT, "barrier-short")     /* fewer have come than the barrier is for */        \
    CAUSE(NEVER_POSTED, "never-posted")       /* a semaphore */                                    \
    CAUSE(POSTED_TOO_FEW, "posted-too-few")   /* a semaphore, posted before */                     \
    CAUSE(NESTED_MONITOR, "nested-monitor")   /* who should signal needs a lock that it holds */   \
    CAUSE(JOIN_OF_WAITER, "join-of-waiter")   /* the thread that is joined waits for the joiner */ \
    CAUSE(JOIN_OF_BLOCKED, "join-of-blocked") /* ... waits for something else */                   \
    CAUSE(HOLDER_BLOCKED, "holder-blocked")   /* who holds the lock is blocked too */              \
    CAUSE(HOLDER_GONE, "holder-gone")         /* who held it has ended, or is not known */         \
    CAUSE(STILL_IN_USE, "still-in-use")       /* it destroys what others wait on */

enum snarl_cause {
#define CAUSE(identifier, name) SNARL_CAUSE_##identifier,
    SNARL_CAUSES(CAUSE)
#undef CAUSE
    SNARL_CAUSE_KINDS,
};

/* How a thread could have woken another. */
/* WAKER(IDENTIFIER, "name in every format") */
#define SNARL_WAKERS(WAKER)                                                                        \
    WAKER(SIGNALLED, "signalled") /* it has signalled the condition before */                      \
    WAKER(POSTED, "posted")                                                                        \
    WAKER(HOLDS, "holds")           /* it holds the lock */                                        \
    WAKER(MISSING, "missing")       /* it has come to the barrier before, or could, and has not */ \
    WAKER(JOINED, "joined")         /* it is the thread that is joined */                          \
    WAKER(NEEDS_LOCK, "needs-lock") /* it is kept from it by a lock that the waiter holds */       \
    WAKER(WAITS_THERE, "waits-there") /* it waits on what is being destroyed */

enum snarl_waker {
#define WAKER(identifier, name) SNARL_WAKER_##identifier,
    SNARL_WAKERS(WAKER)
#undef WAKER
    SNARL_WAKER_KINDS,
};

const char *snarl_cause_name(enum snarl_cause cause);
const char *snarl_waker_name(enum snarl_waker waker);

enum {
    SNARL_BLOCKED_WAKERS = 16, /* named of one thread; the others are left out */
};

enum snarl_blocked_want {
    SNARL_BLOCKED_ON_UNKNOWN,
    SNARL_BLOCKED_ON_LOCK,
    SNARL_BLOCKED_ON_THREAD, /* a join */
    SNARL_BLOCKED_ON_CONDITION,
    SNARL_BLOCKED_ON_SEMAPHORE,
    SNARL_BLOCKED_ON_BARRIER,
    SNARL_BLOCKED_ON_END_OF_WAITS, /* of a condition or barrier that it destroys */
};

/* How a thread last signalled a condition, posted a semaphore, or arrived at a barrier. */
struct snarl_blocked_wake {
    uint32_t thread, object;
    uint32_t stack; /* id; 0 where unknown */
    bool lost;      /* nobody waited */
};

/* A thread that is alive, and blocked. */
struct snarl_blocked_thread {
    uint32_t thread;
    enum snarl_blocked_want want;
    uint32_t object;
    bool shared;      /* wanted as a reader */
    uint32_t mutex;   /* of a condition wait: what it gave back; else 0 */
    uint32_t parties; /* of a barrier: how many it is for; else 0 */
    const struct snarl_held *held;
    size_t held_count;
    bool reached; /* private: a search has come by */
    size_t next;  /* private: where it goes on */
};

struct snarl_blocked_story {
    struct snarl_blocked_thread *threads; /* all that are alive, by ascending number */
    size_t thread_count;
    const struct snarl_blocked_wake *wakes; /* in any order; of threads that have ended, too; 0 is
                                               no object */
    size_t wake_count;
};

/* A thread that could have woken another. */
struct snarl_blocked_waker {
    uint32_t thread;
    enum snarl_waker how;
    uint32_t stack; /* where it signalled, posted, arrived before, took the lock; 0 for none */
    bool lost;
    bool ended; /* it is not alive any more */
};

struct snarl_blocked_why {
    enum snarl_cause cause;
    uint32_t arrived, parties; /* of a barrier; else 0 */
    size_t waker_count;
    struct snarl_blocked_waker wakers[SNARL_BLOCKED_WAKERS]; /* each once by how and where */
};

/*
 * Why the thread at an index of story->threads is blocked for ever.
 *
 * A condition that some threads signalled in vain and others with effect is judged by those that
 * are alive, if any is: in vain, if one of them did so. They come first among the wakers. At a
 * barrier those are missing that came before and are not there now; where nobody came before, that
 * is everybody alive who is not there (with stack 0: a guess). A semaphore that another thread has
 * taken, and that nobody posts as a signal, is a lock. Linear in threads, holds and wakes;
 * a join follows the waits that it leads to, each once.
 */
void snarl_blocked_explain(struct snarl_blocked_story *story, size_t index,
                           struct snarl_blocked_why *why);

/* Scratch memory of the search for the root, one for each thread. */
struct snarl_blocked_visit {
    size_t number, low, component; /* from 1; 0 for none yet */
    size_t parent, below, edge;
    bool leaves;
};

/*
 * The index of the thread whose wait is the root: it waits for nobody who waits for somebody else,
 * save in a circle with it. Where there are several, the cause that says most is taken: a nested
 * monitor, a lost wakeup, a barrier, a semaphore before an idle worker; what merely waits for
 * another thread comes last. `whys` are the answers for all threads, in their order. There is at
 * least one thread. Linear in the wakers.
 */
size_t snarl_blocked_root(const struct snarl_blocked_story *story,
                          const struct snarl_blocked_why *whys, struct snarl_blocked_visit *visits);

/* The thread with this number, or NULL if none such is alive. */
struct snarl_blocked_thread *snarl_blocked_find(const struct snarl_blocked_story *story,
                                                uint32_t thread);

#endif
