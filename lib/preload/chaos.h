/*
 * Chaos: random delays at synchronisation points, to shake out what needs rare timing.
 *
 * Off unless the option `chaos` gives a seed. On, a thread in the host's code is in the state CHAOS
 * instead of READY, so that the one comparison at the beginning of each wrapper leads here, and
 * nothing is added to the path of a thread that is not delayed. What comes after a call (a lock
 * taken, a wait over) is delayed before the next one.
 *
 * Each thread decides by a generator of its own, which begins with the seed, who made the thread,
 * and how many it had made before. So one seed gives each thread the same sequence of decisions for
 * the same sequence of calls; what the kernel makes of it is another matter.
 *
 * A thread is swift, usual or slow; it becomes another one at random points of the run. The idea is
 * that of the change points of PCT (Burckhardt et al.: "A randomized scheduler with probabilistic
 * guarantees of finding bugs", ASPLOS 2010); but threads are not serialised here, so that nothing
 * of its bound is claimed.
 *
 * The cost is bounded by counting, not by a clock, which would be another input: the n-th visit of
 * a thread to one place of the program is delayed with a chance that falls as 1/n, and for a time
 * that falls likewise, to some nanoseconds a visit; and of the threads that one thread makes the
 * n-th is delayed with a chance that falls as 1/n.
 */
#ifndef SNARL_PRELOAD_CHAOS_H
#define SNARL_PRELOAD_CHAOS_H

#include <stdint.h>

#include "preload/thread.h"

enum {
    SNARL_CHAOS_PLACES = 512, /* a power of two */
};

/* Of one thread; its own alone. */
struct snarl_chaos {
    uint64_t identity;  /* what the generators of the threads that it makes begin with */
    uint64_t generator; /* SplitMix64's */
    uint32_t children;  /* made so far, threads and processes */
    uint32_t newness;   /* of the thread among those that its maker made, in 1/65536 */
    uint32_t pace;      /* index of how often and how long it is delayed */
    uint32_t until_change;
    uint16_t visits[SNARL_CHAOS_PLACES]; /* points met, by place */
};

/* A thread's struct was made: where chaos is on, it gets its own part, as one that nobody made.
 * Session lock. */
void snarl_chaos_begin(struct snarl_thread *thread);

/* `maker` is about to make `thread`. For the calling thread, `maker`. */
void snarl_chaos_inherit(struct snarl_thread *thread, struct snarl_thread *maker);

/* The calling thread is about to fork; and, in the child, before its session begins. */
void snarl_chaos_before_fork(struct snarl_thread *self);
void snarl_chaos_in_child(void);

/* Notes the seed in a recording that begins. Session lock, or nobody else there yet. */
void snarl_chaos_write(void);

/*
 * The calling thread, in the state CHAOS, is at a synchronisation point, which `place`, an address
 * in the host's code, tells from others: delays it, or not. Meanwhile it is READY: calls of a
 * signal handler are recorded and not delayed. No cancellation point; a signal ends the delay.
 * errno is preserved. Async-signal-safe. Nothing where a wait is published: that would be a
 * handler's call, and whoever looks from outside believes that the thread waits.
 */
void snarl_chaos_delay(struct snarl_thread *self, uintptr_t place);

/* The same for any thread that has just left snarl's own code: nothing where chaos is off. */
static inline void snarl_chaos_point(struct snarl_thread *self, uintptr_t place)
{
    if (self->state == SNARL_THREAD_CHAOS)
        snarl_chaos_delay(self, place);
}

#endif
