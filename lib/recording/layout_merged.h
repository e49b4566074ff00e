/* The facts that only a merged recording has; see layout.h. */
#ifndef SNARL_RECORDING_LAYOUT_MERGED_H
#define SNARL_RECORDING_LAYOUT_MERGED_H

#include "recording/fact.h"

/*
 * What many runs did, in one recording (snarl merge): modules lie where no process has them, and
 * after what all have in common come the shapes. What follows a shape's fact of threads and joins
 * is that shape, how the threads of one program came and went. What follows a run's fact of
 * dependencies, deadlocks and misuse is what one run did, or several that did the same, whose
 * threads came and went in the shape before it.
 */
struct snarl_fact_shape {
    struct snarl_fact_header header;
    uint32_t shape;      /* id; 0 for none, which begins a merged recording */
    uint32_t executable; /* a module, in order of appearance, from 1; 0 where unknown */
};

struct snarl_fact_run {
    struct snarl_fact_header header;
    uint32_t run; /* id */
    uint32_t padding;
};

enum snarl_identified {
    SNARL_IDENTITY_OF_MAIN = 1, /* the main thread of a shape */
    SNARL_IDENTITY_OF_THREAD,
    SNARL_IDENTITY_OF_LOCK,
};

/* Which of several that were made at the same place this is, in the runs that have it. */
struct snarl_fact_identity {
    struct snarl_fact_header header;
    uint32_t of;         /* enum snarl_identified */
    uint32_t id;         /* of the thread or lock */
    uint32_t ordinal;    /* from 0; of a thread, among those that its parent made there */
    uint32_t like;       /* of a thread: how many of its like the run had */
    uint32_t executable; /* of a lock, as in a shape */
    uint32_t padding;
};

#endif
