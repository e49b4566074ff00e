/*
 * One look: a thread is held right before an access, with a watchpoint on what it is about to
 * touch, until another thread makes a conflicting access or the time is over.
 *
 * Async-signal-safe, from the handler that has interrupted the thread, which has all signals
 * blocked. errno is not preserved.
 */
#ifndef SNARL_RACE_STALL_H
#define SNARL_RACE_STALL_H

#include <stdint.h>
#include <ucontext.h>

#include "preload/services.h"
#include "race/access.h"

/* As in sampler.h; once. */
void snarl_stall_start(const struct snarl_services *services, int watchpoints);

/* Holds the calling thread, which is `self` and is about to make `access`, for `nanoseconds` at
 * most. A race that is seen is written down. Returns whether there was one, and need not be another
 * of this instruction. */
bool snarl_stall(const struct snarl_service_thread *self, const ucontext_t *context,
                 const struct snarl_access *access, uint64_t nanoseconds);

/* The calling thread has hit a watchpoint. */
void snarl_stall_hit(int watchpoint, const ucontext_t *context);

/* In a forked child: nobody is held. */
void snarl_stall_forget(void);

#endif
