/*
 * The sampler: stops a thread here and there, right before an access to memory, and sees whether
 * another thread makes a conflicting one meanwhile.
 *
 * (Erickson, Musuvathi, Burckhardt, Olynyk: "Effective Data-Race Detection for the Kernel", OSDI
 * 2010, here for user space: watchpoints in all threads, and single steps instead of breakpoints in
 * the code.)
 */
#ifndef SNARL_RACE_SAMPLER_H
#define SNARL_RACE_SAMPLER_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <ucontext.h>

#include "preload/services.h"

/* Before anything else; by the only thread there is. `watchpoints`: how many there are; with none,
 * values are compared. */
void snarl_sampler_start(const struct snarl_services *services, int watchpoints);

/* The calling thread's time has come: the signal handler's context is made to step. */
void snarl_sampler_tick(ucontext_t *context);

/* The calling thread is new. What the first ones, and some of the others, do first is looked at
 * step by step. */
void snarl_sampler_begin_thread(void);

/* The calling thread has made another: what it does next is looked at likewise, since it may be
 * what that one's beginning races with. errno is preserved. */
void snarl_sampler_made_thread(void);

void snarl_sampler_end_thread(void);

/* The calling thread is a forked child's only one: everything begins anew. */
void snarl_sampler_forked(int watchpoints);

/* A step has been made. False where none was asked for: the signal is someone else's. */
bool snarl_sampler_step(ucontext_t *context);

/* A call that is stepped over has returned. */
void snarl_sampler_returned(ucontext_t *context);

/* The calling thread has hit a watchpoint. */
void snarl_sampler_hit(int watchpoint, ucontext_t *context);

#endif
