/*
 * The lock order that several processes have in common: locks in memory that they share.
 *
 * A lock in shared memory has an id of its own in each recording; what is mapped there, and where
 * in it, says which of them are one. All that the processes with such locks did goes into one
 * graph, under ids of its own, and the cycles in it that need threads of several processes are
 * findings: those of one process alone are found in its own recording.
 */
#include "analysis/builder.h"
#include "base/table.h"
#include "report/pool.h"

/* Where a lock in shared memory lies, whoever has mapped it. */
struct place {
    uint64_t device, inode, offset;
};

struct common_lock {
    struct place place;
    struct snarl_source *first; /* that has it */
    bool several;               /* another one has it too */
    uint32_t merged;            /* its id in the graph; 0 until it has one */
    UT_hash_handle by_place;
};

/* An id of a source, in the graph. */
struct merged_id {
    struct {
        const struct snarl_source *source;
        uint64_t id;
    } key;
    uint32_t merged;
    UT_hash_handle by_key;
};

/* One kind of ids: those of the graph count from 1. */
struct numbering {
    struct merged_id *ids;
    struct snarl_origin *origins;
    uint32_t count, capacity;
};

struct merging {
    struct snarl_builder *builder;
    struct common_lock *common;
    struct snarl_lock_order *order;
    struct numbering threads, locks, stacks;
    struct snarl_source *source; /* whose wants are being told */
    struct snarl_held *held;
    uint32_t room;
};

static void *allocate(struct merging *merging, size_t size)
{
    void *memory = snarl_arena_allocate(&merging->builder->arena, size);
    if (memory == NULL)
        snarl_pool_exhausted();
    return memory;
}

static struct common_lock *common_at(const struct merging *merging,
                                     const struct snarl_fact_lock *fact)
{
    struct place place = {fact->device, fact->inode, fact->offset};
    struct common_lock *common;
    HASH_FIND(by_place, merging->common, &place, sizeof place, common);
    return common;
}

static void note_common(struct merging *merging, struct snarl_source *source,
                        const struct snarl_fact_lock *fact)
{
    struct snarl_arena *arena = &merging->builder->arena;
    struct common_lock *common = common_at(merging, fact);
    if (common == NULL) {
        common = allocate(merging, sizeof *common);
        common->place = (struct place){fact->device, fact->inode, fact->offset};
        common->first = source;
        HASH_ADD(by_place, merging->common, place, sizeof common->place, common);
    }
    common->several |= common->first != source;
}

/* A new id of the graph for what is `origin` in a recording. */
static uint32_t number(struct merging *merging, struct numbering *numbering,
                       struct snarl_origin origin)
{
    if (numbering->count + 1 >= numbering->capacity) {
        uint32_t capacity = numbering->capacity == 0 ? 64 : 2 * numbering->capacity;
        struct snarl_origin *larger = allocate(merging, capacity * sizeof *larger);
        for (uint32_t i = 1; i <= numbering->count; i++)
            larger[i] = numbering->origins[i];
        numbering->origins = larger;
        numbering->capacity = capacity;
    }
    numbering->origins[++numbering->count] = origin;
    return numbering->count;
}

/* The id that the graph has for an id of the source; made when first asked for. */
static uint32_t merged(struct merging *merging, struct numbering *numbering, uint32_t id)
{
    struct snarl_arena *arena = &merging->builder->arena;
    struct merged_id *known;
    struct merged_id wanted = {.key = {merging->source, id}};
    HASH_FIND(by_key, numbering->ids, &wanted.key, sizeof wanted.key, known);
    if (known == NULL) {
        known = allocate(merging, sizeof *known);
        known->key = wanted.key;
        known->merged = number(merging, numbering, (struct snarl_origin){merging->source, id, 0});
        HASH_ADD(by_key, numbering->ids, key, sizeof known->key, known);
    }
    return known->merged;
}

/* ... of a lock, which is the same for all who share it. */
static uint32_t merged_lock(struct merging *merging, uint32_t lock)
{
    const struct snarl_loaded *loaded = &merging->source->loaded;
    size_t modules_then;
    const struct snarl_fact_lock *fact = snarl_loaded_lock(loaded, lock, &modules_then);
    struct common_lock *common = fact != NULL ? common_at(merging, fact) : NULL;
    uint32_t id;
    if (common == NULL || !common->several) {
        id = merged(merging, &merging->locks, lock);
    } else {
        if (common->merged == 0)
            common->merged =
                number(merging, &merging->locks, (struct snarl_origin){merging->source, lock, 0});
        id = common->merged;
    }
    if (snarl_loaded_is_polled(loaded, lock))
        snarl_lock_order_polled(merging->order, id);
    return id;
}

/* Two lives of a lock in one recording are one here, so it may seem to be taken again. */
static bool tell(void *context, const struct snarl_want *want)
{
    struct merging *merging = context;
    if (want->held_count > merging->room) {
        merging->room = 2 * want->held_count;
        merging->held = allocate(merging, merging->room * sizeof *merging->held);
    }
    struct snarl_want told = *want;
    told.thread = merged(merging, &merging->threads, want->thread);
    told.lock = merged_lock(merging, want->lock);
    told.stack = merged(merging, &merging->stacks, want->stack);
    told.held = merging->held;
    for (uint32_t i = 0; i < want->held_count; i++) {
        merging->held[i] = (struct snarl_held){
            .lock = merged_lock(merging, want->held[i].lock),
            .stack = merged(merging, &merging->stacks, want->held[i].stack),
            .shared = want->held[i].shared,
        };
        if (merging->held[i].lock == told.lock)
            return true;
    }
    struct snarl_dependency *dependency;
    if (snarl_lock_order_add(merging->order, &told, &dependency) != SNARL_ADDED_FAILED)
        return true;
    snarl_builder_add_loss(merging->builder, snarl_loss_words(SNARL_LOSS_MEMORY));
    return false;
}

static uint32_t rename_id(void *context, enum snarl_loaded_id kind, uint32_t id)
{
    struct merging *merging = context;
    return kind == SNARL_LOADED_LOCK ? merged_lock(merging, id)
                                     : merged(merging, &merging->threads, id);
}

static bool has_common(const struct merging *merging, const struct snarl_source *source)
{
    for (size_t i = 0; i < source->loaded.shared_lock_count; i++)
        if (common_at(merging, source->loaded.shared_locks[i])->several)
            return true;
    return false;
}

static bool is_of_several(const struct merging *merging, const struct snarl_cycle *cycle)
{
    const struct snarl_origin *threads = merging->threads.origins;
    for (uint32_t i = 1; i < cycle->length; i++)
        if (threads[cycle->steps[i]->thread].source != threads[cycle->steps[0]->thread].source)
            return true;
    return false;
}

static void report_cycles(struct merging *merging)
{
    const struct snarl_origins origins = {
        .threads = merging->threads.origins,
        .locks = merging->locks.origins,
        .stacks = merging->stacks.origins,
    };
    const struct snarl_cycle *cycle = snarl_lock_order_cycles(merging->order);
    for (; cycle != NULL; cycle = cycle->next)
        if (is_of_several(merging, cycle))
            snarl_builder_add_cycle(merging->builder, &origins, cycle);
    if (snarl_lock_order_searches_cut(merging->order) > 0)
        snarl_builder_add_loss(merging->builder, snarl_loss_words(SNARL_LOSS_SEARCH));
}

void snarl_builder_shared_order(struct snarl_builder *builder)
{
    struct merging merging = {.builder = builder};
    for (size_t i = 0; i < builder->source_count; i++)
        for (size_t j = 0; j < builder->sources[i].loaded.shared_lock_count; j++)
            note_common(&merging, &builder->sources[i], builder->sources[i].loaded.shared_locks[j]);
    for (size_t i = 0; i < builder->source_count; i++) {
        merging.source = &builder->sources[i];
        if (!has_common(&merging, merging.source))
            continue;
        if (merging.order == NULL)
            merging.order = snarl_lock_order_create(&builder->arena, builder->keep_infeasible);
        if (merging.order == NULL)
            snarl_pool_exhausted();
        snarl_loaded_tell_orders(&merging.source->loaded, snarl_lock_order_threads(merging.order),
                                 rename_id, &merging);
        snarl_loaded_tell_wants(&merging.source->loaded, tell, &merging);
    }
    if (merging.order != NULL)
        report_cycles(&merging);
}
