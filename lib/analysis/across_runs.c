/* What the runs of a merged recording show together: one graph for all. See loaded_runs.h. */
#include <stdlib.h>
#include <string.h>

#include "analysis/across_parts.h"
#include "base/hash.h"
#include "report/pool.h"

void *snarl_across_allocate(struct snarl_across *across, size_t size)
{
    void *memory = snarl_arena_allocate(&across->arena, size);
    if (memory == NULL)
        snarl_pool_exhausted();
    return memory;
}

static struct snarl_across_class *class_of(struct snarl_across *across,
                                           const struct snarl_across_made *made)
{
    struct snarl_arena *arena = &across->arena;
    struct snarl_across_class *class;
    HASH_FIND(by_making, across->classes, made, sizeof *made, class);
    if (class == NULL) {
        class = snarl_across_allocate(across, sizeof *class);
        class->made = *made;
        class->number = ++across->class_count;
        HASH_ADD(by_making, across->classes, made, sizeof class->made, class);
    }
    return class;
}

struct snarl_across_member *snarl_across_member(const struct snarl_across *across, uint32_t thread)
{
    struct snarl_across_member *member;
    HASH_FIND(by_thread, across->members, &thread, sizeof thread, member);
    return member;
}

/* How a thread was made: the same in every run. Parents come before their children. */
static void add_member(struct snarl_across *across, const struct snarl_fact_thread *fact,
                       uint32_t shape)
{
    struct snarl_arena *arena = &across->arena;
    const struct snarl_loaded *loaded = across->loaded;
    const struct snarl_fact_identity *identity =
        snarl_loaded_identity(loaded, SNARL_IDENTITY_OF_THREAD, fact->thread);
    if (identity == NULL || snarl_across_member(across, fact->thread) != NULL)
        return;
    const struct snarl_across_member *parent = snarl_across_member(across, fact->parent);
    struct snarl_across_made made;
    memset(&made, 0, sizeof made);
    made.executable = loaded->runs->shapes[shape].executable;
    made.is_main = identity->of == SNARL_IDENTITY_OF_MAIN;
    if (!made.is_main) {
        made.parent = parent != NULL ? parent->class->number : 0;
        made.stack = fact->stack;
        made.absent = fact->absent;
        made.start = fact->start;
    }
    struct snarl_across_member *member = snarl_across_allocate(across, sizeof *member);
    member->thread = fact->thread;
    member->shape = shape;
    member->class = class_of(across, &made);
    if (identity->like > member->class->most)
        member->class->most = identity->like;
    HASH_ADD(by_thread, across->members, thread, sizeof member->thread, member);
    member->next_in_shape = across->shapes[shape];
    across->shapes[shape] = member;
}

static void add_members(struct snarl_across *across)
{
    struct snarl_loaded *loaded = across->loaded;
    for (size_t i = 0; i < loaded->runs->shape_count; i++) {
        const struct snarl_loaded_part *part = &loaded->runs->shapes[i].threads;
        const struct snarl_fact_header *header;
        loaded->part_from = part->from;
        loaded->part_until = part->until;
        size_t lost = loaded->reader.lost;
        snarl_loaded_again(loaded);
        while ((header = snarl_loaded_next(loaded)) != NULL) {
            const void *fact = header;
            if (header->kind == SNARL_FACT_THREAD)
                add_member(across, fact, (uint32_t)i);
        }
        loaded->reader.lost = lost;
    }
    loaded->part_from = loaded->part_until = 0;
}

/* Of a kind of which there was one at most, that thread; of others, one for each thing done. */
struct stand_in {
    struct {
        uint32_t class, padding;
        uint64_t deed;
    } key;
    uint32_t thread; /* in the graph */
    UT_hash_handle by_key;
};

static uint64_t deed_of(const struct snarl_want *want)
{
    uint64_t deed = snarl_hash_mix(want->flags, want->lock);
    for (uint32_t i = 0; i < want->held_count; i++)
        deed = snarl_hash_mix(deed, (uint64_t)want->held[i].shared << 32 | want->held[i].lock);
    return deed;
}

static uint32_t stand_in_of(struct snarl_across *across, const struct snarl_across_member *member,
                            const struct snarl_want *want)
{
    struct snarl_arena *arena = &across->arena;
    struct stand_in wanted, *known;
    memset(&wanted, 0, sizeof wanted);
    wanted.key.class = member->class->number;
    wanted.key.deed = member->class->most > 1 ? deed_of(want) : 0;
    HASH_FIND(by_key, across->stand_ins, &wanted.key, sizeof wanted.key, known);
    if (known != NULL)
        return known->thread;
    known = snarl_across_allocate(across, sizeof *known);
    known->key = wanted.key;
    known->thread = ++across->thread_count;
    HASH_ADD(by_key, across->stand_ins, key, sizeof known->key, known);
    if ((known->thread & (known->thread - 1)) == 0) {
        across->originals =
            realloc(across->originals, 2 * (size_t)known->thread * sizeof across->originals[0]);
        if (across->originals == NULL)
            snarl_pool_exhausted();
    }
    across->originals[known->thread] = member->thread;
    return known->thread;
}

struct snarl_across_seen *snarl_across_seen(const struct snarl_across *across,
                                            const struct snarl_dependency *dependency)
{
    struct snarl_across_seen *seen;
    HASH_FIND(by_dependency, across->seen, &dependency->id, sizeof dependency->id, seen);
    return seen;
}

static void append(struct snarl_across_list *list, uint32_t number)
{
    if ((list->count & (list->count - 1)) == 0) {
        list->items = realloc(list->items, (list->count == 0 ? 1 : 2 * (size_t)list->count) *
                                               sizeof list->items[0]);
        if (list->items == NULL)
            snarl_pool_exhausted();
    }
    list->items[list->count++] = number;
}

/* Where a dependency was seen: each place once, however many runs of the shape were there. */
static void note_place(struct snarl_across *across, const struct snarl_dependency *dependency,
                       const struct snarl_want *want)
{
    struct snarl_arena *arena = &across->arena;
    struct snarl_across_seen *seen = snarl_across_seen(across, dependency);
    if (seen == NULL) {
        seen = snarl_across_allocate(across, sizeof *seen);
        seen->dependency = dependency->id;
        const struct snarl_across_member *member = snarl_across_member(across, want->thread);
        seen->class = member != NULL ? member->class : NULL;
        HASH_ADD(by_dependency, across->seen, dependency, sizeof seen->dependency, seen);
    }
    struct snarl_across_place wanted, *place;
    memset(&wanted, 0, sizeof wanted);
    wanted.key.dependency = dependency->id;
    wanted.key.thread = want->thread;
    wanted.key.segment = want->segment;
    HASH_FIND(by_key, across->places, &wanted.key, sizeof wanted.key, place);
    if (place != NULL) {
        if (place->runs.items[place->runs.count - 1] != across->run)
            append(&place->runs, across->run);
        return;
    }
    place = snarl_across_allocate(across, sizeof *place);
    place->key = wanted.key;
    append(&place->runs, across->run);
    HASH_ADD(by_key, across->places, key, sizeof place->key, place);
    if (seen->last != NULL)
        seen->last->next = place;
    else
        seen->first = place;
    seen->last = place;
}

bool snarl_across_tell(struct snarl_across *across, size_t run, const struct snarl_want *want)
{
    const struct snarl_across_member *member = snarl_across_member(across, want->thread);
    bool declared = snarl_is_declared(want->thread);
    if (member == NULL && !declared)
        return true;
    across->run = (uint32_t)run;
    struct snarl_want told = *want;
    if (!declared)
        told.thread = stand_in_of(across, member, want);
    told.segment = 1;
    struct snarl_dependency *dependency;
    if (snarl_lock_order_add(across->order, &told, &dependency) == SNARL_ADDED_FAILED)
        across->loaded->losses |= 1u << SNARL_LOSS_MEMORY;
    else if (dependency != NULL)
        note_place(across, dependency, want);
    return true;
}

struct snarl_across *snarl_across_begin(struct snarl_loaded *loaded, struct snarl_lock_order *order,
                                        uint32_t (*lock_of)(void *context, uint32_t id),
                                        void *context)
{
    struct snarl_across *across = calloc(1, sizeof *across);
    if (across == NULL)
        snarl_pool_exhausted();
    across->loaded = loaded;
    across->order = order;
    across->lock_of = lock_of;
    across->context = context;
    snarl_arena_start(&across->arena, 0, false);
    snarl_arena_start(&across->shape_arena, 0, false);
    across->shapes = snarl_across_allocate(across, (loaded->runs->shape_count + 1) *
                                                       sizeof(struct snarl_across_member *));
    add_members(across);
    snarl_lock_order_judge_by(order, snarl_across_apart, across);
    return across;
}

void snarl_across_end(struct snarl_across *across)
{
    if (across == NULL)
        return;
    for (struct snarl_across_place *place = across->places; place != NULL;
         place = place->by_key.next)
        free(place->runs.items);
    free(across->originals);
    snarl_arena_end(&across->shape_arena);
    snarl_arena_end(&across->arena);
    free(across);
}

uint32_t snarl_across_thread(const struct snarl_across *across, uint32_t thread)
{
    if (across == NULL || snarl_is_declared(thread))
        return thread;
    return thread != 0 && thread <= across->thread_count ? across->originals[thread] : 0;
}

/* Whether there were ever as many threads of each kind as the cycle has of it. */
static bool are_enough(const struct snarl_across *across, const struct snarl_cycle *cycle)
{
    for (uint32_t i = 0; i < cycle->length; i++) {
        const struct snarl_across_class *class = snarl_across_seen(across, cycle->steps[i])->class;
        uint32_t needed = 0;
        for (uint32_t j = 0; j < cycle->length; j++)
            needed += snarl_across_seen(across, cycle->steps[j])->class == class;
        if (class != NULL && needed > class->most)
            return false;
    }
    return true;
}

static bool contains(const struct snarl_across_list *list, uint32_t number)
{
    size_t low = 0, high = list->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (list->items[middle] < number)
            low = middle + 1;
        else
            high = middle;
    }
    return low < list->count && list->items[low] == number;
}

/* The runs in which a step was seen where none of the others is kept off; of a cycle that cannot
 * happen, all. Ascending, as each place is of one shape, and the places are as the shapes come. */
static struct snarl_across_list runs_of(struct snarl_across *across,
                                        const struct snarl_cycle *cycle, uint32_t step)
{
    struct snarl_across_list runs = {NULL, 0};
    const struct snarl_across_place *place = snarl_across_seen(across, cycle->steps[step])->first;
    for (; place != NULL; place = place->next) {
        bool is_free = true;
        for (uint32_t i = 0; i < cycle->length && cycle->status != SNARL_INFEASIBLE; i++)
            is_free &= i == step ||
                       snarl_across_keeps_off(across, place, cycle->steps[i]) == SNARL_REASON_NONE;
        for (uint32_t i = 0; is_free && i < place->runs.count; i++)
            append(&runs, place->runs.items[i]);
    }
    return runs;
}

/* Marks the steps that the run has shown; how many that were not marked. */
static size_t cover(const struct snarl_across_list *lists, uint32_t length, uint32_t run,
                    bool *covered, bool mark)
{
    size_t count = 0;
    for (uint32_t i = 0; i < length; i++)
        if (!covered[i] && contains(&lists[i], run)) {
            count++;
            covered[i] |= mark;
        }
    return count;
}

/* The run that shows the most of what is not covered is taken, then the next. */
static size_t count_runs(const struct snarl_across_list *lists, uint32_t length, bool *covered)
{
    size_t runs = 0;
    for (uint32_t first = 0; first < length; first++) {
        if (covered[first] || lists[first].count == 0)
            continue;
        uint32_t best = lists[first].items[0];
        size_t most = 0;
        for (uint32_t i = 0; i < lists[first].count && most < length; i++) {
            size_t count = cover(lists, length, lists[first].items[i], covered, false);
            if (count > most) {
                most = count;
                best = lists[first].items[i];
            }
        }
        cover(lists, length, best, covered, true);
        runs++;
    }
    return runs;
}

size_t snarl_across_runs(struct snarl_across *across, const struct snarl_cycle *cycle)
{
    if (cycle->status != SNARL_INFEASIBLE && !are_enough(across, cycle))
        return 0;
    struct snarl_across_list *lists = calloc(cycle->length, sizeof *lists);
    bool *covered = calloc(cycle->length, sizeof *covered);
    if (lists == NULL || covered == NULL)
        snarl_pool_exhausted();
    for (uint32_t i = 0; i < cycle->length; i++)
        lists[i] = runs_of(across, cycle, i);
    size_t runs = count_runs(lists, cycle->length, covered);
    for (uint32_t i = 0; i < cycle->length; i++)
        free(lists[i].items);
    free(lists);
    free(covered);
    return runs;
}
