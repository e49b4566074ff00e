/*
 * The orders between threads that the lock-order graph is to know of (core/thread_order.h), as they
 * come to be: written down, with a new segment for the thread on either side. The graph in here is
 * told as much as it takes to count what will be found: not of hand-offs, and nothing of threads
 * without dependencies; a process may have any number of these.
 *
 * Making and joining threads is noted always; what may happen often only as long as it is of use:
 * the first threads at each object, the first rounds of a thread at a barrier, the first hand-offs
 * by a thread at each object, the first time that a thread finds an initialisation done.
 */
#ifndef SNARL_PRELOAD_ORDERS_H
#define SNARL_PRELOAD_ORDERS_H

#include "preload/object.h"
#include "preload/thread.h"

enum {
    SNARL_VISITORS_NOTED = 1024, /* threads at one object, as they may be without number */
    SNARL_ROUNDS_NOTED = 64,     /* of a thread at one barrier */
    SNARL_HAND_OFFS_NOTED = 48,  /* of a thread */
    SNARL_HANDED_NOTED = 2,      /* ... at one object, each way */
};

/* What follows is for threads inside snarl's own code, with the session's lock. */

/* The calling thread is about to make another: what it holds it has held since then. */
void snarl_orders_mark(struct snarl_thread *self);

/* The graph is to know the thread: it is about to make another, has its first dependency, or is
 * ordered with others by a barrier or an initialisation, so that it matters who joins it. One that
 * does none of that leaves nothing there. */
void snarl_orders_tell(struct snarl_thread *thread);

/* The calling thread has joined another, which is given as far as it is known still: begins a new
 * segment. */
void snarl_orders_joined(struct snarl_thread *self, uint32_t joined,
                         const struct snarl_thread *thread);

/* The rest is for READY threads, outside the session's lock. */

/* Before a wait at a barrier. True if snarl_orders_go_on is to be called after it. */
bool snarl_orders_arrive(struct snarl_thread *self, struct snarl_thing barrier);
void snarl_orders_go_on(struct snarl_thread *self);

void snarl_orders_found_done_slow(struct snarl_thread *self, struct snarl_thing once);

/* The initialisation is done, as the calling thread has found. */
static inline void snarl_orders_found_done(struct snarl_thread *self, struct snarl_thing once)
{
    uint32_t place = (once.address >> 2) % SNARL_ONCES_DONE;
    uint32_t generation = __atomic_load_n(snarl_generation_of(once.address), __ATOMIC_RELAXED);
    if (__builtin_expect(self->orders.once_done[place] != once.address ||
                             self->orders.once_generation[place] != generation,
                         0))
        snarl_orders_found_done_slow(self, once);
}

/* Whether a hand-off of the thread through the object is noted still. `object` is its number. */
static inline bool snarl_orders_gives(const struct snarl_thread *self, uint32_t object)
{
    uint32_t place = object % SNARL_HANDED;
    return self->orders.hand_offs < SNARL_HAND_OFFS_NOTED &&
           (self->orders.handed[place].object != object ||
            self->orders.handed[place].gave < SNARL_HANDED_NOTED);
}

/* The calling thread, inside snarl's own code and without the session's lock, is about to wake who
 * waits on the object, or to post it. */
void snarl_orders_give(struct snarl_thread *self, struct snarl_thing thing);

/* The calling thread, READY, has waited on the object. */
void snarl_orders_take(struct snarl_thread *self, struct snarl_thing thing);

#endif
