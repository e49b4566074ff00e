/*
 * The wait-for graph of a running program: does a thread wait for itself, round a circle?
 *
 * A wait may need several threads, each of them: a writer needs every reader to leave. So a circle
 * through any one of them is a deadlock.
 *
 * The graph moves while it is read. Each thread counts its waits in a sequence number that it
 * raises when it publishes a wait and again when it withdraws it. A circle is believed only if a
 * second walk along it meets the same sequence numbers, and each thread still needed by the one
 * before it: then there was an instant, the moment between the walks, at which all of these waits
 * stood together, and none of them can end before another does. This needs that "held by" is read
 * from where only the holder itself clears it.
 *
 * Pure: the threads are seen through the reader that the caller brings.
 */
#ifndef SNARL_CORE_WAIT_FOR_H
#define SNARL_CORE_WAIT_FOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct snarl_wait_reader {
    /* The thread's sequence number; even if it runs, or its wait could end by itself. */
    uint64_t (*sequence)(void *context, void *thread);
    /* The threads that the wait of `thread` needs, one after another from index 0; then NULL. The
     * calls for one thread come in that order, so that the reader can keep its place in the thread:
     * nobody who is needed throughout may be passed over because another is no longer. */
    void *(*needs)(void *context, void *thread, size_t index);
    /* Whether this search has not come by the thread before; notes that it has now. `search` is
     * another number in each search, and never 0. */
    bool (*first_visit)(void *context, void *thread, uint64_t search);
    void *context;
    uint64_t search;
    /* Memory of the caller's for the circle: room for as many threads as are alive. */
    struct snarl_wait_step *steps;
    size_t room;
};

/* One thread of the circle; it needs the next one, the last needs the first. */
struct snarl_wait_step {
    void *thread;
    uint64_t sequence;
    size_t next; /* private: where the search goes on */
};

/*
 * Looks for a circle of waits that `start` is on; its length (1: `start` waits for itself), or 0.
 * reader->steps then holds it, `start` first. A circle that `start` merely leads to does not count:
 * who closed it has seen it. Depth first, each thread once: linear in the waits.
 */
size_t snarl_wait_for_circle(const struct snarl_wait_reader *reader, void *start);

#endif
