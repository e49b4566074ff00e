/*
 * Everything that a small program can come to: all of its interleavings, by brute force.
 *
 * A state is how far each thread has got; who holds what follows from that. Every state that can be
 * reached is visited once. Knows nothing of lib/core, nor of how it judges.
 */
#ifndef SNARL_TESTS_EXPLORER_H
#define SNARL_TESTS_EXPLORER_H

#include <stdbool.h>

#include "lock_program.h"

struct explored {
    /* By the set of locks wanted: whether a ring of threads can come about, each of which wants a
     * lock that the next one has, and nobody else of the ring. */
    bool deadlocks[PROGRAM_LOCK_SETS];
    unsigned deadlock_count;
    bool stuck_in_join; /* a ring in which somebody waits to join somebody can come about */
    bool can_end;       /* all threads, in one run */
    unsigned char schedule[PROGRAM_THREADS * PROGRAM_DEEDS]; /* of such a run, see
                                                                lock_program_story */
    unsigned length;
    unsigned states;
};

void explore(const struct lock_program *program, struct explored *explored);

#endif
