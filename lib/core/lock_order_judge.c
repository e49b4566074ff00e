/*
 * The judgement: which dependencies can close cycles, and in which order they are searched from.
 *
 * What leads out of a strongly connected component, or from one to another, is on no cycle and is
 * left out. In a component, the dependencies that go along with a depth-first order are put into
 * the graph first, without a search: they alone make no cycle. Then those that lead back, one by
 * one, each with a search for what it closes with all that is there by then.
 */
#include <string.h>

#include "core/components.h"
#include "core/lock_order_private.h"
#include "core/thread_order_private.h"

enum {
    STEPS_IN_ALL = 20 * 1000 * 1000, /* dependencies looked at, in all searches: some seconds */
};

static void forget(struct snarl_lock_order *order)
{
    struct snarl_arena *arena = order->arena;
    struct snarl_order_link *link, *next_link;
    HASH_ITER (by_key, order->links, link, next_link) {
        HASH_DELETE(by_key, order->links, link);
        snarl_arena_free(arena, link, sizeof *link);
    }
    HASH_CLEAR(by_locks, order->by_locks);
    for (struct snarl_order_deed *deed = order->deeds; deed != NULL; deed = deed->by_key.next)
        deed->last_wanting = NULL;
    order->first_cycle = order->last_cycle = NULL;
    order->searches_cut = order->searches_to_come = 0;
    order->steps_in_all = STEPS_IN_ALL;
    for (struct snarl_order_node *node = order->nodes; node != NULL; node = node->by_lock.next) {
        node->links = NULL;
        node->wanting = NULL;
        node->component = node->finished = 0;
    }
}

/* Where the edges of each node begin, and then where they lead: filled from the dependencies. */
struct edges {
    uint64_t *first;
    uint32_t *targets;
    uint64_t count;
};

static void count_edges(const struct snarl_lock_order *order, struct edges *edges)
{
    const struct snarl_dependency *dependency = order->first;
    for (; dependency != NULL; dependency = dependency->next)
        for (uint32_t i = 0; i < dependency->held_count; i++) {
            edges->first[dependency->held[i]->index + 1]++;
            edges->count++;
        }
}

static void fill_edges(struct snarl_lock_order *order, struct edges *edges, uint32_t node_count)
{
    for (uint32_t i = 0; i < node_count; i++)
        edges->first[i + 1] += edges->first[i];
    const struct snarl_dependency *dependency = order->first;
    for (; dependency != NULL; dependency = dependency->next) {
        struct snarl_order_node *wanted = snarl_order_node_of(order, dependency->lock, false);
        for (uint32_t i = 0; i < dependency->held_count; i++)
            edges->targets[edges->first[dependency->held[i]->index]++] = wanted->index;
    }
    memmove(edges->first + 1, edges->first, node_count * sizeof edges->first[0]);
    edges->first[0] = 0;
}

static void note_components(struct snarl_lock_order *order, const struct snarl_components *graph)
{
    for (struct snarl_order_node *node = order->nodes; node != NULL; node = node->by_lock.next) {
        node->component = graph->component[node->index];
        node->finished = graph->finished[node->index];
    }
}

/* Numbers the nodes; how many there are. */
static uint32_t number_nodes(struct snarl_lock_order *order)
{
    uint32_t count = 0;
    for (struct snarl_order_node *node = order->nodes; node != NULL; node = node->by_lock.next)
        node->index = count++;
    return count;
}

/* False if there is no memory for it. */
static bool find_components(struct snarl_lock_order *order)
{
    struct snarl_arena *arena = order->arena;
    uint32_t count = number_nodes(order);
    size_t first_size = (count + 1) * sizeof(uint64_t), next_size = count * sizeof(uint64_t);
    size_t words_size = 5 * (size_t)count * sizeof(uint32_t);
    struct edges edges = {.first = snarl_arena_allocate(arena, first_size)};
    uint64_t *next = snarl_arena_allocate(arena, next_size);
    uint32_t *words = snarl_arena_allocate(arena, words_size);
    bool fine = edges.first != NULL && next != NULL && words != NULL;
    if (fine) {
        count_edges(order, &edges);
        edges.targets = snarl_arena_allocate(arena, edges.count * sizeof edges.targets[0]);
        fine = edges.targets != NULL;
    }
    if (fine) {
        fill_edges(order, &edges, count);
        struct snarl_components graph = {
            .node_count = count,
            .first = edges.first,
            .targets = edges.targets,
            .component = words,
            .finished = words + count,
            .stack = words + 2 * (size_t)count,
            .path = words + 3 * (size_t)count,
            .low = words + 4 * (size_t)count,
            .next = next,
        };
        snarl_components_find(&graph);
        note_components(order, &graph);
    }
    snarl_arena_free(arena, edges.targets, edges.count * sizeof edges.targets[0]);
    snarl_arena_free(arena, edges.first, first_size);
    snarl_arena_free(arena, next, next_size);
    snarl_arena_free(arena, words, words_size);
    return fine;
}

enum place {
    OUTSIDE, /* on no cycle */
    ALONG,
    BACK,
};

static bool connects(const struct snarl_order_node *held, const struct snarl_order_node *wanted)
{
    return held->component == wanted->component && !held->withdrawn && !wanted->withdrawn;
}

static enum place place_of(const struct snarl_dependency *dependency,
                           const struct snarl_order_node *wanted)
{
    enum place place = OUTSIDE;
    for (uint32_t i = 0; i < dependency->held_count; i++) {
        if (!connects(dependency->held[i], wanted))
            continue;
        if (wanted->finished >= dependency->held[i]->finished)
            return BACK;
        place = ALONG;
    }
    return place;
}

static bool add_link(struct snarl_lock_order *order, struct snarl_order_node *from,
                     struct snarl_dependency *dependency, struct snarl_order_node *to)
{
    struct snarl_arena *arena = order->arena;
    uint64_t key = (uint64_t)from->lock << 32 | to->lock;
    struct snarl_order_link *link;
    HASH_FIND(by_key, order->links, &key, sizeof key, link);
    if (link != NULL)
        return true;

    link = snarl_arena_allocate(arena, sizeof *link);
    if (link == NULL)
        return false;
    link->key = key;
    link->to = to;
    link->first = dependency;
    HASH_ADD(by_key, order->links, key, sizeof key, link);
    if (!SNARL_TABLE_HAS(link, by_key)) {
        snarl_arena_free(arena, link, sizeof *link);
        return false;
    }
    link->next = from->links;
    from->links = link;
    return true;
}

/* False if there is no memory for it: then no search comes by it. */
static bool put_in(struct snarl_lock_order *order, struct snarl_dependency *dependency,
                   struct snarl_order_node *wanted)
{
    for (uint32_t i = 0; i < dependency->held_count; i++)
        if (connects(dependency->held[i], wanted) &&
            !add_link(order, dependency->held[i], dependency, wanted))
            return false;
    /* Those of threads that do the same stand together, so that a search can pass them by. */
    struct snarl_order_deed *deed = dependency->deed;
    struct snarl_dependency **place = deed != NULL && deed->last_wanting != NULL
                                          ? &deed->last_wanting->next_wanting
                                          : &wanted->wanting;
    dependency->next_wanting = *place;
    *place = dependency;
    if (deed != NULL)
        deed->last_wanting = dependency;
    return true;
}

static void count_searches(struct snarl_lock_order *order)
{
    const struct snarl_dependency *dependency = order->first;
    for (; dependency != NULL; dependency = dependency->next)
        order->searches_to_come +=
            place_of(dependency, snarl_order_node_of(order, dependency->lock, false)) == BACK;
}

static void search_all(struct snarl_lock_order *order, enum place which)
{
    for (struct snarl_dependency *dependency = order->first; dependency != NULL;
         dependency = dependency->next) {
        struct snarl_order_node *wanted = snarl_order_node_of(order, dependency->lock, false);
        if (place_of(dependency, wanted) != which)
            continue;
        if (!put_in(order, dependency, wanted))
            order->searches_cut++;
        else if (which == BACK)
            snarl_cycle_search(order, dependency);
    }
}

void snarl_lock_order_judge(struct snarl_lock_order *order)
{
    if (order->judged && order->orders_judged == order->threads->told)
        return;
    forget(order);
    if (order->search == NULL)
        order->search = snarl_arena_allocate(order->arena, snarl_cycle_search_size());
    if (order->first != NULL && order->search != NULL && find_components(order)) {
        count_searches(order);
        search_all(order, ALONG);
        search_all(order, BACK);
    } else if (order->first != NULL) {
        order->searches_cut++;
    }
    order->judged = true;
    order->orders_judged = order->threads->told;
}

const struct snarl_cycle *snarl_lock_order_cycles(struct snarl_lock_order *order)
{
    snarl_lock_order_judge(order);
    return order->first_cycle;
}

size_t snarl_lock_order_cycle_count(struct snarl_lock_order *order)
{
    size_t count = 0;
    const struct snarl_cycle *cycle = snarl_lock_order_cycles(order);
    for (; cycle != NULL; cycle = cycle->next)
        if (cycle->severity > SNARL_NOTE)
            count++;
    return count;
}

size_t snarl_lock_order_searches_cut(struct snarl_lock_order *order)
{
    snarl_lock_order_judge(order);
    return order->searches_cut;
}
