/*
 * Strongly connected components of a directed graph: outside of them nothing can be on a cycle.
 *
 * Tarjan's algorithm (SIAM Journal on Computing 1, 1972), without recursion: a host thread's stack
 * may be small. Linear in nodes and edges. Pure; all memory is the caller's.
 */
#ifndef SNARL_CORE_COMPONENTS_H
#define SNARL_CORE_COMPONENTS_H

#include <stdint.h>

struct snarl_components {
    uint32_t node_count;
    const uint64_t *first;   /* node_count + 1: where in `targets` the edges of each node begin */
    const uint32_t *targets; /* the nodes that edges lead to */
    /* What is found, for each node. */
    uint32_t *component; /* from 1; the same for those that reach each other */
    uint32_t *finished;  /* when the depth-first search left it, from 1: an edge to a node that was
                            left later closes a way round, and each cycle has one such edge */
    /* Room to work in, for each node. */
    uint32_t *stack, *path, *low;
    uint64_t *next;
};

void snarl_components_find(struct snarl_components *graph);

#endif
