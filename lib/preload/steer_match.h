/*
 * Which steps of a schedule a thread of this run fits: by where it was created, where it has taken
 * what it holds, and where it is now.
 *
 * All but the inline function: session lock.
 */
#ifndef SNARL_PRELOAD_STEER_MATCH_H
#define SNARL_PRELOAD_STEER_MATCH_H

#include "preload/object.h"
#include "preload/thread.h"
#include "recording/schedule.h"

enum {
    SNARL_STEER_DULL = 4096, /* stacks that are remembered to be no place of the schedule */
};

/* The schedule of this run; before any of what follows is called. */
void snarl_steer_match_start(const struct snarl_schedule *schedule);

/* In a forked child stacks have other numbers. */
void snarl_steer_match_in_child(void);

/* The steps, as bits, at whose want the thread stands: it asks for `thing` at `stack`. And those
 * whose held lock it has just taken. */
uint32_t snarl_steer_steps_wanting(struct snarl_thread *thread, struct snarl_thing thing,
                                   uint32_t stack);
uint32_t snarl_steer_steps_taken(struct snarl_thread *thread, struct snarl_thing thing);

/* Whether what the thread holds at the address, whichever if that is 0, can be the lock that the
 * step holds. */
bool snarl_steer_holds(struct snarl_thread *thread, uint32_t step, uintptr_t address);

/* Whether the thread can be the step's. */
bool snarl_steer_is_thread(const struct snarl_thread *thread, uint32_t step);

/* Stacks that are known to be no place where a thread is held, each at its number modulo. */
extern uint32_t snarl_steer_dull[SNARL_STEER_DULL];

static inline bool snarl_steer_is_dull(uint32_t stack)
{
    return __atomic_load_n(&snarl_steer_dull[stack % SNARL_STEER_DULL], __ATOMIC_RELAXED) == stack;
}

#endif
