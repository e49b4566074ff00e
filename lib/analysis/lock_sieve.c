#include "analysis/lock_sieve.h"

#include <stdlib.h>
#include <string.h>

#include "core/components.h"

enum {
    MOST_SPARSE = 64, /* ids for each mention of a lock */
};

/* The graph that is being made: the edges of each lock begin where `first` says. */
struct making {
    uint32_t last_lock;
    uint64_t edge_count;
    uint64_t *first;
    uint32_t *targets;
};

static void note_lock(struct making *making, uint32_t lock)
{
    if (lock > making->last_lock)
        making->last_lock = lock;
}

static bool measure(void *context, const struct snarl_want *want)
{
    struct making *making = context;
    note_lock(making, want->lock);
    for (uint32_t i = 0; i < want->held_count; i++)
        note_lock(making, want->held[i].lock);
    making->edge_count += want->held_count;
    return true;
}

static bool count(void *context, const struct snarl_want *want)
{
    struct making *making = context;
    for (uint32_t i = 0; i < want->held_count; i++)
        making->first[want->held[i].lock + 1]++;
    return true;
}

static bool fill(void *context, const struct snarl_want *want)
{
    struct making *making = context;
    for (uint32_t i = 0; i < want->held_count; i++)
        making->targets[making->first[want->held[i].lock]++] = want->lock;
    return true;
}

/* Where edges begin, from how many there are; and back, after the filling has moved it on. */
static void begin_edges(struct making *making, uint32_t lock_count)
{
    for (uint32_t lock = 0; lock < lock_count; lock++)
        making->first[lock + 1] += making->first[lock];
}

static void restore_edges(struct making *making, uint32_t lock_count)
{
    memmove(making->first + 1, making->first, lock_count * sizeof making->first[0]);
    making->first[0] = 0;
}

static void find_components(struct snarl_lock_sieve *sieve, const struct making *making)
{
    size_t lock_count = sieve->lock_count;
    uint32_t *words = malloc(5 * lock_count * sizeof *words);
    uint64_t *next = malloc(lock_count * sizeof *next);
    if (words != NULL && next != NULL) {
        struct snarl_components graph = {
            .node_count = sieve->lock_count,
            .first = making->first,
            .targets = making->targets,
            .component = words,
            .finished = words + lock_count,
            .stack = words + 2 * lock_count,
            .path = words + 3 * lock_count,
            .low = words + 4 * lock_count,
            .next = next,
        };
        snarl_components_find(&graph);
        sieve->components = words;
        words = NULL;
    }
    free(words);
    free(next);
}

void snarl_lock_sieve_make(struct snarl_lock_sieve *sieve, struct snarl_loaded *loaded)
{
    struct making making = {0};
    *sieve = (struct snarl_lock_sieve){0};
    snarl_loaded_tell_wants(loaded, measure, &making);
    if (making.edge_count == 0 || making.last_lock / MOST_SPARSE > making.edge_count)
        return;
    sieve->lock_count = making.last_lock + 1;
    making.first = calloc((size_t)sieve->lock_count + 1, sizeof *making.first);
    making.targets = malloc(making.edge_count * sizeof *making.targets);
    if (making.first != NULL && making.targets != NULL) {
        snarl_loaded_tell_wants(loaded, count, &making);
        begin_edges(&making, sieve->lock_count);
        snarl_loaded_tell_wants(loaded, fill, &making);
        restore_edges(&making, sieve->lock_count);
        find_components(sieve, &making);
    }
    free(making.first);
    free(making.targets);
}

bool snarl_lock_sieve_passes(const struct snarl_lock_sieve *sieve, const struct snarl_want *want)
{
    if (sieve->components == NULL)
        return true;
    for (uint32_t i = 0; i < want->held_count; i++)
        if (sieve->components[want->held[i].lock] == sieve->components[want->lock])
            return true;
    return false;
}

void snarl_lock_sieve_free(struct snarl_lock_sieve *sieve)
{
    free(sieve->components);
}
