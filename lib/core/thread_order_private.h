/* What the facts of a thread order (thread_order.c) and the walks over them (thread_walk.c) share.
 */
#ifndef SNARL_CORE_THREAD_ORDER_PRIVATE_H
#define SNARL_CORE_THREAD_ORDER_PRIVATE_H

#include "core/thread_order.h"

/* A thread that was joined. */
struct snarl_joining {
    struct snarl_joining *next; /* by the same joiner: the one before it */
    struct snarl_ordered_thread *joined;
    uint32_t segment; /* of the joiner */
    uint64_t told;
    uint32_t held_count;
    struct snarl_held_since held[];
};

/* An object by which threads are ordered: a barrier, an initialisation, or what is handed off
 * through. */
struct snarl_meeting {
    uint32_t object;
    uint32_t parties, users; /* of a barrier: how many it waits for, and how many used it */
    uint32_t arrivals;
    struct snarl_visit *visits; /* the last one first */
    UT_hash_handle by_object;
};

enum snarl_visit_what {
    SNARL_VISIT_ARRIVED,    /* `segment` ended with it */
    SNARL_VISIT_FOUND_DONE, /* `segment` began with it */
    SNARL_VISIT_GAVE,       /* ended */
    SNARL_VISIT_TOOK,       /* began */
};

struct snarl_visit {
    struct snarl_visit *next_here, *next_of_thread; /* the ones before it */
    struct snarl_meeting *meeting;
    struct snarl_ordered_thread *thread;
    enum snarl_visit_what what;
    uint32_t segment;
    uint32_t round; /* of a barrier: how often the thread has come to it */
    uint32_t group; /* ... and which turn of the barrier that was, by the order of arrival */
    uint64_t told;
};

struct snarl_ordered_thread {
    uint32_t id;
    uint32_t parent_segment;
    struct snarl_ordered_thread *parent; /* NULL where it is not known */
    uint64_t told;                       /* when it was made */
    struct snarl_ordered_thread *joiner; /* who joined it, or NULL */
    uint32_t joined_in;                  /* ... from which segment on */
    struct snarl_joining *joins;         /* by it, the last one first */
    struct snarl_visit *visits;          /* likewise */
    /* During a walk. */
    uint64_t walked;
    uint32_t reached; /* the last segment that comes before where the walk began */
    uint32_t looked;  /* ... from which the walk has gone on already */
    uint32_t by;      /* the last hand-off on the way; 0 for none */
    bool queued;
    struct snarl_ordered_thread *queue_next;
    UT_hash_handle by_id;
};

struct snarl_known_order {
    uint32_t first, first_segment, second, second_segment;
    uint64_t told;
    bool before;
};

enum {
    SNARL_KNOWN_ORDERS = 65536,
};

struct snarl_thread_order {
    struct snarl_arena *arena;
    struct snarl_ordered_thread *threads;
    struct snarl_meeting *meetings;
    uint64_t told; /* facts so far */
    uint64_t walks;
    struct snarl_known_order
        *known; /* answers, by a hash of the question; NULL until one is asked */
};

/* NULL for one that no fact tells of. */
struct snarl_ordered_thread *snarl_ordered_thread(const struct snarl_thread_order *order,
                                                  uint32_t id);
struct snarl_meeting *snarl_meeting_at(const struct snarl_thread_order *order, uint32_t object);

#endif
