/*
 * Where to look for races: which of the accesses that a thread is about to make are worth a stall.
 *
 * Preferred are instructions that have not been looked at yet, or seldom (cold ones hide races that
 * tests do not find: Marino, Musuvathi, Narayanasamy, "LiteRace", PLDI 2009), addresses that more
 * than one thread has touched, and accesses with fewer locks held than an earlier one of the same
 * address (the idea of Savage et al., "Eraser", TOCS 1997; here a hint where to look, never a
 * verdict).
 *
 * Tables of fixed size, in which entries displace each other. No memory of its own, no calls; any
 * thread and any signal handler, without a lock: what two write at the same time is a hint that
 * went astray. Some nanoseconds.
 */
#ifndef SNARL_RACE_CHOICE_H
#define SNARL_RACE_CHOICE_H

#include <stdbool.h>
#include <stdint.h>

#include "race/access.h"

/* A thread's next access. */
struct snarl_choice_candidate {
    uintptr_t instruction;
    uintptr_t address;
    uint32_t flags;      /* enum snarl_access_flags */
    uint32_t thread;     /* its number, not 0 */
    uint32_t held_count; /* locks */
    bool own_stack;      /* the address lies on the thread's own stack */
    uint32_t chance;     /* a random number, which decides */
};

/* Whether to look here. Notes it in either case. */
bool snarl_choice_is_worth(const struct snarl_choice_candidate *candidate);

/* A race was found here: its instructions have been looked at enough. */
void snarl_choice_settle(uintptr_t instruction);

/* Begins anew: in a forked child, and for tests. */
void snarl_choice_forget(void);

#endif
