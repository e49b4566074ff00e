#include "core/components.h"

/* While a node is not finished, `component` holds when the search came to it, from 1. Those of
 * finished components are marked in `low` by this. */
static const uint32_t SETTLED = UINT32_MAX;

struct search {
    struct snarl_components *graph;
    uint32_t entered, left, components;
    uint32_t depth;  /* of the path from the root */
    uint32_t height; /* of the stack of nodes whose component is not known yet */
};

static void enter(struct search *search, uint32_t node)
{
    struct snarl_components *graph = search->graph;
    graph->component[node] = graph->low[node] = ++search->entered;
    graph->next[node] = graph->first[node];
    graph->stack[search->height++] = node;
    graph->path[search->depth++] = node;
}

static void settle(struct search *search, uint32_t root)
{
    struct snarl_components *graph = search->graph;
    uint32_t node, component = ++search->components;
    do {
        node = graph->stack[--search->height];
        graph->component[node] = component;
        graph->low[node] = SETTLED;
    } while (node != root);
}

static void leave(struct search *search, uint32_t node)
{
    struct snarl_components *graph = search->graph;
    uint32_t low = graph->low[node];
    graph->finished[node] = ++search->left;
    if (low == graph->component[node])
        settle(search, node);
    search->depth--;
    if (search->depth > 0 && graph->low[graph->path[search->depth - 1]] > low)
        graph->low[graph->path[search->depth - 1]] = low;
}

static void search_from(struct search *search, uint32_t root)
{
    struct snarl_components *graph = search->graph;
    enter(search, root);
    while (search->depth > 0) {
        uint32_t node = graph->path[search->depth - 1];
        if (graph->next[node] == graph->first[node + 1]) {
            leave(search, node);
            continue;
        }
        uint32_t target = graph->targets[graph->next[node]++];
        if (graph->low[target] == 0)
            enter(search, target);
        else if (graph->low[target] != SETTLED && graph->component[target] < graph->low[node])
            graph->low[node] = graph->component[target];
    }
}

void snarl_components_find(struct snarl_components *graph)
{
    struct search search = {.graph = graph};
    for (uint32_t node = 0; node < graph->node_count; node++)
        graph->low[node] = 0;
    for (uint32_t node = 0; node < graph->node_count; node++)
        if (graph->low[node] == 0)
            search_from(&search, node);
}
