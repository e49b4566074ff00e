/* The dependencies of a recording, as its lock-order graph is to hear of them. */
#include <stdlib.h>

#include "analysis/loaded.h"
#include "analysis/lock_sieve.h"
#include "base/table.h"

struct snarl_lock_changes {
    uint32_t lock;
    uint32_t changes; /* bits by enum snarl_lock_change */
    UT_hash_handle by_lock;
};

void snarl_loaded_note_change(struct snarl_loaded *loaded,
                              const struct snarl_fact_lock_change *fact)
{
    struct snarl_arena *arena = &loaded->arena;
    struct snarl_lock_changes *changes;
    HASH_FIND(by_lock, loaded->changes, &fact->lock, sizeof fact->lock, changes);
    if (changes == NULL) {
        changes = snarl_arena_allocate(arena, sizeof *changes);
        if (changes == NULL)
            return;
        changes->lock = fact->lock;
        HASH_ADD(by_lock, loaded->changes, lock, sizeof changes->lock, changes);
    }
    if (fact->change == SNARL_LOCK_IS_SIGNAL || fact->change == SNARL_LOCK_IS_POLLED)
        changes->changes |= fact->change;
}

static bool has_change(const struct snarl_loaded *loaded, uint32_t lock, uint32_t change)
{
    const struct snarl_lock_changes *changes;
    HASH_FIND(by_lock, loaded->changes, &lock, sizeof lock, changes);
    return changes != NULL && (changes->changes & change) != 0;
}

bool snarl_loaded_is_signal(const struct snarl_loaded *loaded, uint32_t lock)
{
    return has_change(loaded, lock, SNARL_LOCK_IS_SIGNAL);
}

bool snarl_loaded_is_polled(const struct snarl_loaded *loaded, uint32_t lock)
{
    return has_change(loaded, lock, SNARL_LOCK_IS_POLLED);
}

/* A reader of wants, and what it needs again for each. */
struct telling {
    struct snarl_loaded *loaded;
    bool (*tell)(void *context, const struct snarl_want *want);
    void *context;
    struct snarl_held *held; /* without the signals */
    uint32_t room;
};

/* Leaves out what is no lock; false where that leaves no want. To take a lock again is none either:
 * only a damaged recording says so. */
static bool is_want(struct telling *telling, const struct snarl_fact_dependency *fact,
                    uint32_t *held_count)
{
    if (snarl_loaded_is_signal(telling->loaded, fact->lock))
        return false;
    if (fact->held_count > telling->room) {
        struct snarl_held *larger =
            realloc(telling->held, fact->held_count * sizeof *telling->held);
        if (larger == NULL)
            return false;
        telling->held = larger;
        telling->room = fact->held_count;
    }
    *held_count = 0;
    for (uint32_t i = 0; i < fact->held_count; i++) {
        if (fact->held[i].lock == fact->lock)
            return false;
        if (!snarl_loaded_is_signal(telling->loaded, fact->held[i].lock))
            telling->held[(*held_count)++] = fact->held[i];
    }
    return *held_count > 0;
}

static bool tell_want(struct telling *telling, const struct snarl_fact_dependency *fact,
                      uint32_t segment)
{
    struct snarl_want want = {
        .thread = fact->thread,
        .segment = segment,
        .lock = fact->lock,
        .stack = fact->stack,
        .flags = fact->flags,
    };
    if (!is_want(telling, fact, &want.held_count))
        return true;
    want.held = telling->held;
    return telling->tell(telling->context, &want);
}

void snarl_loaded_tell_wants(struct snarl_loaded *loaded,
                             bool (*tell)(void *context, const struct snarl_want *want),
                             void *context)
{
    struct telling telling = {loaded, tell, context, NULL, 0};
    const struct snarl_fact_header *header;
    size_t lost = loaded->reader.lost;
    bool go_on = true;
    snarl_loaded_again(loaded);
    while (go_on && (header = snarl_loaded_next(loaded)) != NULL) {
        const void *fact = header;
        if (header->kind == SNARL_FACT_DEPENDENCY) {
            const struct snarl_fact_dependency *dependency = fact;
            go_on = tell_want(&telling, dependency, dependency->segment);
        } else if (header->kind == SNARL_FACT_SEGMENT) {
            const struct snarl_fact_segment *again = fact;
            const struct snarl_fact_dependency *dependency =
                snarl_loaded_dependency(loaded, again->dependency);
            if (dependency != NULL)
                go_on = tell_want(&telling, dependency, again->segment);
        }
    }
    loaded->reader.lost = lost; /* however far it was read this time */
    free(telling.held);
}

size_t snarl_loaded_dependency_count(struct snarl_loaded *loaded)
{
    struct telling telling = {.loaded = loaded};
    size_t count = 0;
    uint32_t held_count;
    for (size_t i = 0; i < loaded->dependency_count; i++)
        count += is_want(&telling, loaded->dependencies[i], &held_count);
    free(telling.held);
    return count + loaded->late_dependency_count;
}

void snarl_loaded_again(struct snarl_loaded *loaded)
{
    snarl_reader_rewind(&loaded->reader);
    if (loaded->part_from != 0)
        loaded->reader.position = loaded->part_from;
}

const struct snarl_fact_header *snarl_loaded_next(struct snarl_loaded *loaded)
{
    if (loaded->part_until != 0 && loaded->reader.position >= loaded->part_until)
        return NULL;
    return snarl_reader_next(&loaded->reader);
}

struct passing {
    struct snarl_lock_order *order;
    uint64_t threads;
};

static bool pass_over(void *context, const struct snarl_want *want)
{
    const struct passing *passing = context;
    snarl_lock_order_pass_over(passing->order, want, passing->threads);
    return true;
}

/* Tells of threads that did as others did, and were counted only. */
static void tell_likes(struct snarl_loaded *loaded)
{
    for (size_t i = 0; i < loaded->like_count; i++) {
        struct passing passing = {loaded->order, loaded->likes[i]->threads};
        struct telling telling = {loaded, pass_over, &passing, NULL, 0};
        const struct snarl_fact_dependency *dependency =
            snarl_loaded_dependency(loaded, loaded->likes[i]->dependency);
        if (dependency != NULL)
            tell_want(&telling, dependency, dependency->segment);
        free(telling.held);
    }
}

static uint32_t same_id(void *context, enum snarl_loaded_id kind, uint32_t id)
{
    (void)context;
    (void)kind;
    return id;
}

struct judging {
    struct snarl_loaded *loaded;
    struct snarl_lock_sieve sieve;
};

static bool add_want(void *context, const struct snarl_want *want)
{
    struct judging *judging = context;
    struct snarl_dependency *dependency;
    if (snarl_lock_sieve_passes(&judging->sieve, want) &&
        snarl_lock_order_add(judging->loaded->order, want, &dependency) == SNARL_ADDED_FAILED)
        judging->loaded->losses |= 1u << SNARL_LOSS_MEMORY;
    return true;
}

void snarl_loaded_tell_polled(const struct snarl_loaded *loaded, struct snarl_lock_order *order)
{
    const struct snarl_lock_changes *changes = loaded->changes;
    for (; changes != NULL; changes = changes->by_lock.next)
        if (changes->changes & SNARL_LOCK_IS_POLLED)
            snarl_lock_order_polled(order, changes->lock);
}

/* What is told of a lock at any time holds from the beginning, so it comes first, and the orders
 * between threads. */
void snarl_loaded_judge(struct snarl_loaded *loaded)
{
    snarl_loaded_tell_orders(loaded, snarl_lock_order_threads(loaded->order), same_id, NULL);
    snarl_loaded_tell_polled(loaded, loaded->order);
    struct judging judging = {.loaded = loaded};
    snarl_lock_sieve_make(&judging.sieve, loaded);
    snarl_loaded_tell_wants(loaded, add_want, &judging);
    snarl_lock_sieve_free(&judging.sieve);
    tell_likes(loaded);
    if (snarl_lock_order_searches_cut(loaded->order) > 0)
        loaded->losses |= 1u << SNARL_LOSS_SEARCH;
}
