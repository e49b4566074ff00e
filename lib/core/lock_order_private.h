/* What the graph (lock_order.c), its judgement (lock_order_judge.c) and the search for cycles
 * (cycle_search.c and others) share. */
#ifndef SNARL_CORE_LOCK_ORDER_PRIVATE_H
#define SNARL_CORE_LOCK_ORDER_PRIVATE_H

#include "core/lock_order.h"

/* "Someone held `from` and wanted `to`": however many dependencies say so. */
struct snarl_order_link {
    struct snarl_order_node *to;
    struct snarl_order_link *next;  /* from the same lock */
    struct snarl_dependency *first; /* the first dependency that said so */
    uint64_t key;                   /* from and to */
    UT_hash_handle by_key;
};

struct snarl_order_node {
    uint32_t lock;
    bool polled, withdrawn;
    uint32_t index;        /* during a judgement: from 0, of all nodes */
    uint32_t component;    /* ... what it is strongly connected to */
    uint32_t finished;     /* ... when the depth-first search left it */
    uint32_t chain_holds;  /* during a search: steps of the chain that hold it, for themselves */
    uint32_t chain_shares; /* ... by readers */
    bool chain_wants;      /* ... whether one wants it */
    uint32_t distance;     /* from the wanted lock, in links; valid where visited == search */
    uint64_t visited;
    struct snarl_order_link *reached_by; /* during a search: the link of the shortest path */
    struct snarl_order_node *reached_from;
    struct snarl_order_node *queue_next;
    struct snarl_order_link *links;
    struct snarl_dependency *wanting; /* dependencies that want this lock, newest first */
    uint32_t wanted, held;            /* by so many dependencies */
    struct snarl_dependency *all_wanting, *all_outermost; /* that want it; that hold it outermost */
    UT_hash_handle by_lock;
};

/* What some threads have done: held these, wanted that. */
struct snarl_order_deed {
    uint64_t key; /* hash of what they held and wanted */
    uint32_t threads;
    uint32_t dependency;            /* id of the first that says so */
    uint32_t most;                  /* threads that are kept */
    struct snarl_want *last_passed; /* by the thread that was passed over last, or NULL */
    struct snarl_order_deed *next_recalled;
    bool is_recalled;
    uint64_t passed_over;                  /* threads */
    uint32_t tried;                        /* during a search: of them, at one place of the chain */
    uint64_t place;                        /* ... at which */
    struct snarl_dependency *last_wanting; /* the last of them among those that want the lock */
    UT_hash_handle by_key;
};

struct snarl_lock_order {
    struct snarl_arena *arena;
    struct snarl_thread_order *threads;
    enum snarl_reason (*apart)(void *context, const struct snarl_dependency *left,
                               const struct snarl_dependency *right); /* NULL: by the threads */
    void *apart_context;
    bool keep_infeasible;
    bool passes_over;   /* threads that do what many did */
    bool has_full_deed; /* one was done by as many as are kept: only such are passed over */
    struct snarl_order_deed *recalled;
    bool judged;            /* all that was told */
    uint64_t orders_judged; /* ... and how many orders between threads */
    bool weak;              /* a want was told through which cycles can be warnings */
    bool withdrawn;         /* a lock was */
    struct snarl_order_node *nodes;
    struct snarl_order_link *links; /* of a judgement */
    struct snarl_dependency *by_key;
    struct snarl_order_deed *deeds;
    struct snarl_dependency *first, *last;
    size_t dependency_count;
    uint32_t last_id;
    struct snarl_cycle *by_locks;
    struct snarl_cycle *first_cycle, *last_cycle;
    struct snarl_search *search;   /* its working memory; NULL until the first judgement */
    struct snarl_order_told *told; /* that of snarl_order_without_withdrawn */
    uint64_t searches;
    uint64_t steps_in_all; /* of a judgement: what its searches may still take */
    size_t searches_to_come;
    size_t searches_cut;
};

struct snarl_order_told {
    struct snarl_held *held;
    uint32_t room;
};

/* How a hold stands in the way of a want. */
enum snarl_obstacle {
    SNARL_OBSTACLE_NONE,   /* two readers */
    SNARL_OBSTACLE_QUEUED, /* two readers, if a writer waits before the second */
    SNARL_OBSTACLE_SOLID,
};

static inline enum snarl_obstacle snarl_order_obstacle(uint32_t want_flags, bool held_shared)
{
    if (!held_shared || !(want_flags & SNARL_WANT_SHARED))
        return SNARL_OBSTACLE_SOLID;
    return want_flags & SNARL_WANT_BEHIND_WRITERS ? SNARL_OBSTACLE_QUEUED : SNARL_OBSTACLE_NONE;
}

/* Bit i is set where held[i] is held by a reader. Only there if shared_count > 0. */
static inline uint8_t *snarl_dependency_shared_bits(const struct snarl_dependency *dependency)
{
    return (uint8_t *)(uintptr_t)&dependency->held[dependency->held_count];
}

static inline bool snarl_dependency_shares(const struct snarl_dependency *dependency, uint32_t i)
{
    return dependency->shared_count > 0 &&
           snarl_dependency_shared_bits(dependency)[i / 8] >> i % 8 & 1;
}

/* Judges all that was told, unless that is done. */
void snarl_lock_order_judge(struct snarl_lock_order *order);

/* Why the steps of a cycle, which close it, cannot all be where they are at one moment: because of
 * orders between their threads, or of a lock that is held for one of them. NONE if they can. */
enum snarl_reason snarl_cycle_apart(struct snarl_lock_order *order,
                                    struct snarl_dependency *const *steps, uint32_t length);

/* The same of two steps alone, whatever the others do. */
bool snarl_cycle_can_meet(struct snarl_lock_order *order, const struct snarl_dependency *left,
                          const struct snarl_dependency *right);

/* The object of a hand-off that has kept the steps apart in this run, or 0. */
uint32_t snarl_cycle_seen_ordered_by(struct snarl_lock_order *order,
                                     struct snarl_dependency *const *steps, uint32_t length);

/* Whether both hold a lock, and one of them for itself. */
bool snarl_cycle_is_gated(const struct snarl_dependency *left,
                          const struct snarl_dependency *right);

/* Bytes of working memory that a search needs. */
size_t snarl_cycle_search_size(void);

/* Looks for the cycles that the new dependency closes, and keeps them. */
void snarl_cycle_search(struct snarl_lock_order *order, struct snarl_dependency *closing);

/* Marks the shortest way from the goal to every lock it reaches, the nearest ones first, as far as
 * the share of one search leads; true if that includes one that the closing dependency holds. */
bool snarl_cycle_walk(struct snarl_lock_order *order, struct snarl_order_node *goal,
                      const struct snarl_dependency *closing);

/* What one search may take, in dependencies looked at, so that those to come have as much; and that
 * it has taken so many. */
uint64_t snarl_cycle_fair_share(const struct snarl_lock_order *order);
void snarl_cycle_spend(struct snarl_lock_order *order, uint64_t steps);

/* Keeps the cycle of these steps, if it says something new (`reason`: why it cannot happen). True
 * if no cycle through the same locks was known. */
bool snarl_cycle_keep(struct snarl_lock_order *order, struct snarl_dependency *const *steps,
                      uint32_t length, enum snarl_reason reason);

/* How the next step stands in the way of a step, with what it holds. */
enum snarl_obstacle snarl_cycle_obstacle(const struct snarl_dependency *step,
                                         const struct snarl_dependency *next);

/* The want as it is without withdrawn locks: `want` itself if it has none, else made in `rest`,
 * with held_count 0 if nothing is left to tell. NULL when out of memory. */
const struct snarl_want *snarl_order_without_withdrawn(const struct snarl_lock_order *order,
                                                       const struct snarl_want *want,
                                                       struct snarl_want *rest);

/* How many bytes a dependency, and a variant of one, take. */
static inline size_t snarl_dependency_size(uint32_t held_count, uint32_t shared_count)
{
    return sizeof(struct snarl_dependency) + held_count * sizeof(struct snarl_order_node *) +
           (shared_count > 0 ? (held_count + 7) / 8 : 0);
}

static inline size_t snarl_variant_size(uint32_t held_count)
{
    return sizeof(struct snarl_variant) + held_count * sizeof(uint32_t);
}

/* What the thread wants as others do; NULL if none did. */
struct snarl_order_deed *snarl_order_deed_of(const struct snarl_lock_order *order,
                                             const struct snarl_want *want);

/* A thread that does the deed is passed over; and the first thread did what `dependency` says:
 * those that do the reverse count again. */
void snarl_order_note_passed(const struct snarl_lock_order *order, struct snarl_order_deed *deed,
                             const struct snarl_want *want);
void snarl_order_recall(struct snarl_lock_order *order, const struct snarl_dependency *dependency);

/* The deed is forgotten: gives back what it remembers. */
void snarl_order_forget_passed(struct snarl_lock_order *order, struct snarl_order_deed *deed);

/* The node of a lock; made if `create`. NULL if unknown or out of memory. */
struct snarl_order_node *snarl_order_node_of(struct snarl_lock_order *order, uint32_t lock,
                                             bool create);

#endif
