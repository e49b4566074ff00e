/*
 * Whom a wait needs: the threads without each of which it cannot end.
 *
 * A mutex says itself who owns it. All other locks are looked up in the books of every thread,
 * which name a lock only while the thread really has it. A thread that waits stands still, but for
 * signal handlers, so its books may be read.
 */
#ifndef SNARL_PRELOAD_NEEDS_H
#define SNARL_PRELOAD_NEEDS_H

#include "preload/thread.h"

/* A snapshot of what the thread waits for; false if it runs. Any thread, no lock. */
bool snarl_needs_want(const struct snarl_thread *thread, struct snarl_published_want *want);

/* The threads that this wait needs, one after another from index 0; then NULL. For locks other than
 * mutexes: session lock, and in the order of the indices. */
struct snarl_thread *snarl_needs(struct snarl_thread *thread,
                                 const struct snarl_published_want *want, size_t index);

/* Whether one thread at most is needed, which can be told without the session's lock. */
bool snarl_needs_one(const struct snarl_published_want *want);

#endif
