/*
 * The orders between the threads of a shape: joins, barriers, initialisations that were done.
 *
 * A thread's segments are counted anew, by these orders and by the threads it made alone: what else
 * has cut its life in two (a hand-off that may as well not have happened) differs from run to run.
 * Segment s becomes 1 and as many as there are cuts before it.
 */
#include <stdlib.h>

#include "merge/parts.h"
#include "report/pool.h"

/* A fact as it is told: in an order that is the same in every run. */
struct ordering {
    uint32_t kind; /* of the fact */
    const struct snarl_merged_thread *thread;
    uint32_t segment; /* counted anew */
    const struct snarl_merged_thread *joined;
    uint32_t object; /* lock */
    const struct snarl_merged_name *object_name;
    uint32_t parties, round;
    const struct snarl_fact_join_held *held;
};

void snarl_merged_add_order(struct snarl_merge_reading *reading,
                            const struct snarl_fact_header *fact)
{
    struct snarl_merged_orders *orders = &reading->orders;
    if (orders->count == orders->capacity) {
        orders->capacity = orders->capacity == 0 ? 64 : 2 * orders->capacity;
        orders->facts =
            realloc(orders->facts, orders->capacity * sizeof(struct snarl_fact_header *));
        if (orders->facts == NULL)
            snarl_pool_exhausted();
    }
    orders->facts[orders->count++] = fact;
}

void snarl_merged_keep_ordered(struct snarl_merge_reading *reading)
{
    const struct snarl_merged_orders *orders = &reading->orders;
    for (size_t i = 0; i < orders->count; i++) {
        const void *fact = orders->facts[i];
        struct snarl_merged_thread *thread = NULL;
        if (orders->facts[i]->kind == SNARL_FACT_ARRIVAL)
            thread =
                snarl_merged_thread_of(reading, ((const struct snarl_fact_arrival *)fact)->thread);
        else if (orders->facts[i]->kind == SNARL_FACT_FOUND_DONE)
            thread = snarl_merged_thread_of(reading,
                                            ((const struct snarl_fact_found_done *)fact)->thread);
        if (thread != NULL)
            thread->kept = true;
    }
}

bool snarl_merged_keep_joiners(struct snarl_merge_reading *reading)
{
    const struct snarl_merged_orders *orders = &reading->orders;
    bool more = false;
    for (size_t i = 0; i < orders->count; i++) {
        if (orders->facts[i]->kind != SNARL_FACT_JOIN)
            continue;
        const void *fact = orders->facts[i];
        const struct snarl_fact_join *join = fact;
        struct snarl_merged_thread *joined = snarl_merged_thread_of(reading, join->joined);
        struct snarl_merged_thread *joiner = snarl_merged_thread_of(reading, join->thread);
        if (joined != NULL && joiner != NULL && joined->kept && !joiner->kept)
            more = joiner->kept = true;
    }
    return more;
}

/* False for a fact that does not count: of threads that are not kept, of objects that are not
 * known. */
static bool understand(struct snarl_merge_reading *reading, size_t index, struct ordering *ordering)
{
    const struct snarl_merged_orders *orders = &reading->orders;
    const void *fact = orders->facts[index];
    *ordering = (struct ordering){.kind = orders->facts[index]->kind};
    if (ordering->kind == SNARL_FACT_JOIN) {
        const struct snarl_fact_join *join = fact;
        ordering->thread = snarl_merged_thread_of(reading, join->thread);
        ordering->segment = join->segment;
        ordering->joined = snarl_merged_thread_of(reading, join->joined);
        const void *next = index + 1 < orders->count ? orders->facts[index + 1] : NULL;
        if (next != NULL && orders->facts[index + 1]->kind == SNARL_FACT_JOIN_HELD)
            ordering->held = next;
        if (ordering->joined == NULL || !ordering->joined->kept)
            return false;
    } else if (ordering->kind == SNARL_FACT_ARRIVAL) {
        const struct snarl_fact_arrival *arrival = fact;
        ordering->thread = snarl_merged_thread_of(reading, arrival->thread);
        ordering->segment = arrival->segment;
        ordering->object = snarl_merged_lock_of(reading, arrival->barrier);
        ordering->parties = arrival->parties;
        ordering->round = arrival->round;
    } else if (ordering->kind == SNARL_FACT_FOUND_DONE) {
        const struct snarl_fact_found_done *done = fact;
        ordering->thread = snarl_merged_thread_of(reading, done->thread);
        ordering->segment = done->segment;
        ordering->object = snarl_merged_lock_of(reading, done->once);
    }
    if (ordering->object != 0)
        ordering->object_name = &reading->merge->locks.items[ordering->object]->name;
    return ordering->thread != NULL && ordering->thread->kept &&
           (ordering->kind == SNARL_FACT_JOIN || ordering->object != 0);
}

/* A thread's life goes on in another segment after `segment`. */
static void cut_after(struct snarl_merge_reading *reading, const struct snarl_merged_thread *thread,
                      uint32_t segment)
{
    struct snarl_merged_orders *orders = &reading->orders;
    if (orders->cut_count == orders->cut_capacity) {
        orders->cut_capacity = orders->cut_capacity == 0 ? 64 : 2 * orders->cut_capacity;
        orders->cuts = realloc(orders->cuts, orders->cut_capacity * sizeof orders->cuts[0]);
        if (orders->cuts == NULL)
            snarl_pool_exhausted();
    }
    orders->cuts[orders->cut_count++] = (uint64_t)thread->place << 32 | segment;
}

static int compare_cuts(const void *left, const void *right)
{
    uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;
    return (a > b) - (a < b);
}

/* The first cut of the thread at or past the segment. */
static size_t find_cut(const struct snarl_merged_orders *orders, uint64_t cut)
{
    size_t low = 0, high = orders->cut_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (orders->cuts[middle] < cut)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

uint32_t snarl_merged_segment(const struct snarl_merge_reading *reading,
                              const struct snarl_merged_thread *thread, uint32_t segment)
{
    const struct snarl_merged_orders *orders = &reading->orders;
    uint64_t begin = (uint64_t)thread->place << 32;
    return (uint32_t)(find_cut(orders, begin | segment) - find_cut(orders, begin)) + 1;
}

void snarl_merged_cut_lives(struct snarl_merge_reading *reading)
{
    struct snarl_merged_orders *orders = &reading->orders;
    orders->cut_count = 0;
    for (size_t i = 0; i < reading->thread_count; i++) {
        const struct snarl_merged_thread *thread = reading->in_order[i];
        if (thread->kept && thread->parent != NULL)
            cut_after(reading, thread->parent, thread->fact->parent_segment);
    }
    struct ordering ordering;
    for (size_t i = 0; i < orders->count; i++)
        if (understand(reading, i, &ordering)) {
            bool ends = ordering.kind == SNARL_FACT_ARRIVAL;
            if (ends || ordering.segment > 0)
                cut_after(reading, ordering.thread, ordering.segment - !ends);
        }
    if (orders->cut_count == 0)
        return;
    qsort(orders->cuts, orders->cut_count, sizeof orders->cuts[0], compare_cuts);
    size_t count = 1;
    for (size_t i = 1; i < orders->cut_count; i++)
        if (orders->cuts[i] != orders->cuts[i - 1])
            orders->cuts[count++] = orders->cuts[i];
    orders->cut_count = count;
}

static int compare_orderings(const void *left, const void *right)
{
    const struct ordering *a = left, *b = right;
    uint32_t as[] = {a->kind, a->thread->place, a->segment,
                     a->joined != NULL ? a->joined->place : 0, a->round};
    uint32_t bs[] = {b->kind, b->thread->place, b->segment,
                     b->joined != NULL ? b->joined->place : 0, b->round};
    for (size_t i = 0; i < sizeof as / sizeof as[0]; i++)
        if (as[i] != bs[i])
            return as[i] > bs[i] ? 1 : -1;
    return a->kind == SNARL_FACT_JOIN ? 0 : snarl_merged_compare(a->object_name, b->object_name);
}

static void describe_held(struct snarl_merge_reading *reading, struct snarl_merged_text *text,
                          const struct ordering *ordering)
{
    uint32_t known = 0, count = ordering->held != NULL ? ordering->held->count : 0;
    for (uint32_t i = 0; i < count; i++)
        known += snarl_merged_lock_of(reading, ordering->held->held[i].lock) != 0;
    snarl_merged_text_add(text, known);
    for (uint32_t i = 0; i < count; i++) {
        const struct snarl_held_since *held = &ordering->held->held[i];
        uint32_t lock = snarl_merged_lock_of(reading, held->lock);
        if (lock == 0)
            continue;
        snarl_merged_text_refer(text, &reading->merge->locks, lock);
        snarl_merged_text_add(text, snarl_merged_segment(reading, ordering->thread, held->since));
        snarl_merged_text_add(text, held->shared);
    }
}

void snarl_merged_describe_orders(struct snarl_merge_reading *reading,
                                  struct snarl_merged_text *text)
{
    size_t size = (reading->orders.count + 1) * sizeof(struct ordering);
    struct ordering *orderings = snarl_merged_allocate(&reading->arena, size);
    uint32_t count = 0;
    for (size_t i = 0; i < reading->orders.count; i++) {
        struct ordering *ordering = &orderings[count];
        if (!understand(reading, i, ordering))
            continue;
        ordering->segment = snarl_merged_segment(reading, ordering->thread, ordering->segment);
        count++;
    }
    qsort(orderings, count, sizeof *orderings, compare_orderings);
    snarl_merged_text_add(text, count);
    for (uint32_t i = 0; i < count; i++) {
        const struct ordering *ordering = &orderings[i];
        snarl_merged_text_add(text, ordering->kind);
        snarl_merged_text_add(text, ordering->thread->place);
        snarl_merged_text_add(text, ordering->segment);
        if (ordering->kind == SNARL_FACT_JOIN) {
            snarl_merged_text_add(text, ordering->joined->place);
            describe_held(reading, text, ordering);
            continue;
        }
        snarl_merged_text_refer(text, &reading->merge->locks, ordering->object);
        snarl_merged_text_add(text, ordering->parties);
        snarl_merged_text_add(text, ordering->round);
    }
    snarl_arena_free(&reading->arena, orderings, size);
}
