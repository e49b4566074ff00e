/* What the graph (lock_order.c) and the search for cycles (cycle_search.c) share. */
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
    uint32_t chain_holds; /* during a search: steps of the chain that hold it */
    uint32_t distance;    /* from the wanted lock, in links; valid where visited == search */
    uint64_t visited;
    struct snarl_order_link *reached_by; /* during a search: the link of the shortest path */
    struct snarl_order_node *reached_from;
    struct snarl_order_node *queue_next;
    struct snarl_order_link *links;
    struct snarl_dependency *wanting; /* dependencies that want this lock, newest first */
    UT_hash_handle by_lock;
};

/* What some threads have done: held these, wanted that. */
struct snarl_order_deed {
    uint64_t key; /* hash of what they held and wanted */
    uint32_t threads;
    UT_hash_handle by_key;
};

struct snarl_lock_order {
    struct snarl_arena *arena;
    bool keep_infeasible;
    bool timed; /* a timed want was told */
    struct snarl_order_node *nodes;
    struct snarl_order_link *links;
    struct snarl_dependency *by_key;
    struct snarl_order_deed *deeds;
    struct snarl_dependency *first, *last;
    size_t dependency_count;
    struct snarl_cycle *by_locks;
    struct snarl_cycle *first_cycle, *last_cycle;
    struct snarl_search *search; /* its working memory */
    uint64_t searches;
    size_t searches_cut;
};

/* Bytes of working memory that a search needs. */
size_t snarl_cycle_search_size(void);

/* Looks for the cycles that the new dependency closes, and keeps them. */
void snarl_cycle_search(struct snarl_lock_order *order, struct snarl_dependency *closing);

/* The node of a lock; made if `create`. NULL if unknown or out of memory. */
struct snarl_order_node *snarl_order_node_of(struct snarl_lock_order *order, uint32_t lock,
                                             bool create);

#endif
