/*
 * The wait-for graph of a running program: does a thread wait for itself, round a circle?
 *
 * The graph moves while it is read. Each thread counts its waits in a sequence number that it
 * raises when it publishes a wait and again when it withdraws it. A circle is believed only if a
 * second walk meets the same threads at the same sequence numbers: then there was an instant, the
 * moment between the walks, at which all of these waits stood together, and none of them can end
 * before another does. This needs that "owner" is read from where only the owner itself clears it.
 *
 * Pure: the threads are seen through the reader that the caller brings. Reads only; may run in any
 * number of threads at once.
 */
#ifndef SNARL_CORE_WAIT_FOR_H
#define SNARL_CORE_WAIT_FOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What one thread waits for, as seen at one instant. */
struct snarl_wait {
    uint64_t sequence;
    void *next; /* the thread that alone can end the wait; NULL if it runs, or could give up */
};

struct snarl_wait_reader {
    struct snarl_wait (*read)(void *context, void *thread);
    void *context;
    size_t threads; /* at least as many as are alive: bounds the walk */
};

/* The length of the circle of waits that `start` is on (1: it waits for itself), or 0 if it is on
 * none. A circle that `start` merely leads to does not count: who closed it has seen it. */
size_t snarl_wait_for_circle(const struct snarl_wait_reader *reader, void *start);

#endif
