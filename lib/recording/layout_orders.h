/* The facts of a recording that tell what orders its threads; see layout.h and thread_order.h. */
#ifndef SNARL_RECORDING_LAYOUT_ORDERS_H
#define SNARL_RECORDING_LAYOUT_ORDERS_H

#include "core/thread_order.h"
#include "recording/fact.h"

/* What the joiner of the join fact before this one has held all along since it made a thread. */
struct snarl_fact_join_held {
    struct snarl_fact_header header;
    uint32_t count;
    uint32_t padding;
    struct snarl_held_since held[];
};

/* A thread comes to a barrier, for the `round`-th time; `segment` ends with it. */
struct snarl_fact_arrival {
    struct snarl_fact_header header;
    uint32_t thread;
    uint32_t segment;
    uint32_t barrier; /* a lock id */
    uint32_t parties;
    uint32_t round;
    uint32_t padding;
};

/* A thread has found an initialisation done, from `segment` on. */
struct snarl_fact_found_done {
    struct snarl_fact_header header;
    uint32_t thread;
    uint32_t segment;
    uint32_t once; /* a lock id */
    uint32_t padding;
};

/* So many more threads did as the dependency says, of which nothing else is written down. */
struct snarl_fact_like {
    struct snarl_fact_header header;
    uint32_t dependency; /* id */
    uint32_t padding;
    uint64_t threads;
};

enum snarl_hand_off {
    SNARL_HAND_OFF_GAVE = 1, /* `segment` ends with it */
    SNARL_HAND_OFF_TOOK = 2, /* `segment` begins with it */
};

/* A thread signals, posts, is woken, or says that it hands over: only the first few of each thread
 * are noted. */
struct snarl_fact_hand_off {
    struct snarl_fact_header header;
    uint32_t thread;
    uint32_t segment;
    uint32_t object;   /* a lock id */
    uint32_t hand_off; /* enum snarl_hand_off */
};

#endif
