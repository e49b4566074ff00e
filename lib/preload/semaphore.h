/*
 * Semaphores: locks, or signals?
 *
 * A semaphore of first value 1 may be a lock. It is known to be one once a thread that took it has
 * posted it; until then what it would mean for the lock order is kept back. (CPython makes a fresh
 * semaphore for each wait of a threading.Condition, takes it, and another thread posts it: such a
 * one leaves nothing behind.) The first post from elsewhere makes it a signal for good, and what
 * was derived from it as a lock is withdrawn.
 *
 * All but the inline functions: inside snarl's own code, READY threads' own calls.
 */
#ifndef SNARL_PRELOAD_SEMAPHORE_H
#define SNARL_PRELOAD_SEMAPHORE_H

#include "core/lock_order.h"
#include "preload/acquire.h"
#include "preload/wake.h"

/* Whether the thread holds a semaphore that is not known to be a lock yet. */
bool snarl_semaphore_holds_unproven(const struct snarl_thread *self);

/* Keeps a dependency until all of its semaphores are known to be locks; forgets it if one turns out
 * not to be. A few are kept for each thread: the oldest is told without what is not known yet when
 * there are more, and after a second. Session lock. */
void snarl_semaphore_postpone(struct snarl_thread *self, const struct snarl_object *wanted,
                              const struct snarl_want *want);

/* `thread` ends, or the process: nothing more will be known of what is kept for it. Session lock;
 * `self` is the calling thread. */
void snarl_semaphore_tell_pending(struct snarl_thread *self, struct snarl_thread *thread);

/* Its taker has posted it. Without the session's lock. */
void snarl_semaphore_is_lock(struct snarl_thread *self, struct snarl_thing thing);

/* It is posted by a thread that did not take it. Without the session's lock. */
void snarl_semaphore_is_signal(struct snarl_thread *self, struct snarl_thing thing);

/* The semaphore that the thread tried in vain and did not wait for is polled. */
void snarl_semaphore_polled(struct snarl_thread *self);

/* The rest of what follows, where it is no lock that is quickly done. */
void snarl_semaphore_taken_slow(struct snarl_thread *self, struct snarl_thing thing,
                                struct snarl_site site, enum snarl_taking taking);
void snarl_semaphore_posted_slow(struct snarl_thread *self, struct snarl_thing thing,
                                 struct snarl_site site);

/* After a semaphore was taken. */
static inline __attribute__((always_inline)) void snarl_semaphore_taken(struct snarl_thread *self,
                                                                        struct snarl_thing thing,
                                                                        struct snarl_site site,
                                                                        enum snarl_taking taking)
{
    if (__builtin_expect(self->polling != 0 || !snarl_acquired_again(self, thing, site, taking), 0))
        snarl_semaphore_taken_slow(self, thing, site, taking);
}

/* Before a semaphore is posted. */
static inline __attribute__((always_inline)) void
snarl_semaphore_posted(struct snarl_thread *self, struct snarl_thing thing, struct snarl_site site)
{
    if (!snarl_released_again(self, thing))
        snarl_semaphore_posted_slow(self, thing, site);
}

#endif
