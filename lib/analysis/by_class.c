/*
 * Lock orders by class: those that no two locks have shown yet, but two of their classes.
 *
 * A graph of its own, of classes. What was held besides stands in it as it is, so that only the
 * very same lock keeps two sides apart; threads and their orders are what they are. Where locks of
 * one class are taken inside each other, and not in one order, the class stands in the graph twice,
 * as the lower and the higher one in memory: to take them in both directions is then a cycle.
 */
#include <stdlib.h>

#include "analysis/loaded_runs.h"
#include "analysis/lock_classes.h"
#include "analysis/lock_sets.h"
#include "base/hash.h"
#include "report/pool.h"

/* In which locks of two classes are taken, with other locks held besides: by one thread, by all. */
enum {
    MOST_WAYS = 16,
    MOST_WAYS_IN_ALL = 512,
};

enum as {
    AS_CLASS,
    AS_LOWER, /* one of two of a class: the one that lies lower */
    AS_HIGHER,
    AS_LOCK,
};

/* What a lock id of the graph stands for. */
struct stands_for {
    struct {
        uint32_t as, id; /* of a class or a lock */
    } key;
    uint32_t node;
    UT_hash_handle by_key;
};

/* A graph that is being made, of a recording or of a run of a merged one. */
struct classing {
    struct snarl_lock_classes *classes;
    struct snarl_arena arena; /* as long as the graph */
    struct snarl_lock_order *order;
    struct stands_for *nodes;
    struct snarl_origin *origins;         /* by node */
    struct snarl_lock_class **classes_of; /* by node; NULL for a lock that is itself */
    uint32_t count, capacity;
    struct way *ways;
    struct snarl_held *held;
    uint32_t room;
    bool cut;                    /* there were more ways than are judged */
    struct snarl_across *across; /* of all runs of a merged recording together; else NULL */
    size_t run;                  /* ... the one that is being told */
    bool lost;
};

static void *grow(void *array, uint32_t count, size_t size)
{
    void *larger = realloc(array, count * size);
    if (larger == NULL)
        snarl_pool_exhausted();
    return larger;
}

static uint32_t new_node(struct classing *classing, uint32_t id, struct snarl_lock_class *class)
{
    uint32_t node = ++classing->count;
    if (node >= classing->capacity) {
        classing->capacity = 2 * node;
        classing->origins =
            grow(classing->origins, classing->capacity, sizeof classing->origins[0]);
        classing->classes_of =
            grow(classing->classes_of, classing->capacity, sizeof(struct snarl_lock_class *));
        classing->origins[0] = (struct snarl_origin){.source = classing->classes->source};
    }
    classing->origins[node] =
        (struct snarl_origin){.source = classing->classes->source, .id = class == NULL ? id : 0};
    classing->classes_of[node] = class;
    if (class != NULL && class->polled)
        snarl_lock_order_polled(classing->order, node);
    return node;
}

static uint32_t node_of(struct classing *classing, enum as as, uint32_t id,
                        struct snarl_lock_class *class)
{
    struct snarl_arena *arena = &classing->arena;
    struct stands_for wanted = {.key = {as, id}}, *known;
    HASH_FIND(by_key, classing->nodes, &wanted.key, sizeof wanted.key, known);
    if (known != NULL)
        return known->node;
    known = snarl_arena_allocate(arena, sizeof *known);
    if (known == NULL)
        snarl_pool_exhausted();
    known->key = wanted.key;
    known->node = new_node(classing, id, class);
    HASH_ADD(by_key, classing->nodes, key, sizeof known->key, known);
    return known->node;
}

static bool note_nesting(void *context, const struct snarl_want *want)
{
    const struct classing *classing = context;
    struct snarl_lock_class *class = snarl_lock_class_of(classing->classes, want->lock);
    for (uint32_t i = 0; i < want->held_count; i++)
        if (snarl_lock_class_of(classing->classes, want->held[i].lock) == class)
            snarl_lock_class_nest(classing->classes, class, want->held[i].lock, want->lock);
    return true;
}

/* Something that was told already, or how often; by a hash. */
struct way {
    uint64_t key;
    uint32_t count;
    UT_hash_handle by_key;
};

static struct way *way_at(struct classing *classing, uint64_t key)
{
    struct snarl_arena *arena = &classing->arena;
    struct way *way;
    HASH_FIND(by_key, classing->ways, &key, sizeof key, way);
    if (way != NULL)
        return way;
    way = snarl_arena_allocate(arena, sizeof *way);
    if (way == NULL)
        snarl_pool_exhausted();
    way->key = key;
    HASH_ADD(by_key, classing->ways, key, sizeof way->key, way);
    return way;
}

/* Whether it is to be told: of two classes only so many ways are. */
static bool is_judged(struct classing *classing, const struct snarl_want *want)
{
    uint64_t pair = snarl_hash_mix(want->flags, (uint64_t)want->held[0].lock << 32 | want->lock);
    uint64_t of_thread = snarl_hash_mix(pair, want->thread), key = snarl_hash_mix(of_thread, 1);
    for (uint32_t i = 0; i < want->held_count; i++)
        key = snarl_hash_mix(key, (uint64_t)want->held[i].shared << 32 | want->held[i].lock);
    struct way *way = way_at(classing, key);
    if (way->count != 0)
        return true; /* perhaps in another segment */
    struct way *own = way_at(classing, of_thread), *all = way_at(classing, pair);
    if (own->count >= MOST_WAYS || all->count >= MOST_WAYS_IN_ALL) {
        classing->cut = true;
        return false;
    }
    way->count = 1;
    own->count++;
    all->count++;
    return true;
}

static int compare_held(const void *left, const void *right)
{
    const struct snarl_held *a = left, *b = right;
    return (a->lock > b->lock) - (a->lock < b->lock);
}

/* What was held besides, behind the first: the very locks, in no order that matters. Of the one
 * that stands there as its class another may be meant, unless the class has no other. */
static uint32_t add_gates(struct classing *classing, const struct snarl_want *want, uint32_t index,
                          const struct snarl_lock_class *class)
{
    uint32_t count = 1;
    for (uint32_t i = 0; i < want->held_count; i++)
        if (i != index || class->lock_count == 1)
            classing->held[count++] = (struct snarl_held){
                .lock = node_of(classing, AS_LOCK, want->held[i].lock, NULL),
                .shared = want->held[i].shared,
            };
    qsort(classing->held + 1, count - 1, sizeof classing->held[0], compare_held);
    return count;
}

static uint32_t class_node(struct classing *classing, struct snarl_lock_class *class)
{
    return node_of(classing, AS_CLASS, class->number, class);
}

/* Tells that one of the locks held, as its class, was held when another was wanted, as its own. */
static bool tell_pair(struct classing *classing, const struct snarl_want *want, uint32_t index)
{
    uint32_t outer = want->held[index].lock;
    struct snarl_lock_class *held = snarl_lock_class_of(classing->classes, outer);
    struct snarl_lock_class *wanted = snarl_lock_class_of(classing->classes, want->lock);
    struct snarl_want told = *want;
    if (held != wanted) {
        classing->held[0].lock = class_node(classing, held);
        told.lock = class_node(classing, wanted);
    } else if (!snarl_lock_class_has_order(held)) {
        bool up = snarl_lock_class_is_up(classing->classes, outer, want->lock);
        classing->held[0].lock = node_of(classing, up ? AS_LOWER : AS_HIGHER, held->number, held);
        told.lock = node_of(classing, up ? AS_HIGHER : AS_LOWER, held->number, held);
    } else {
        return true;
    }
    classing->held[0].stack = want->held[index].stack;
    classing->held[0].shared = want->held[index].shared;
    told.held = classing->held;
    told.held_count = add_gates(classing, want, index, held);
    if (!is_judged(classing, &told))
        return true;
    if (classing->across != NULL)
        return snarl_across_tell(classing->across, classing->run, &told);
    struct snarl_dependency *dependency;
    classing->lost |=
        snarl_lock_order_add(classing->order, &told, &dependency) == SNARL_ADDED_FAILED;
    return true;
}

static bool tell(void *context, const struct snarl_want *want)
{
    struct classing *classing = context;
    if (want->held_count >= classing->room) {
        classing->room = 2 * want->held_count + 1;
        classing->held = grow(classing->held, classing->room, sizeof classing->held[0]);
    }
    for (uint32_t i = 0; i < want->held_count; i++)
        tell_pair(classing, want, i);
    return true;
}

static uint32_t rename_id(void *context, enum snarl_loaded_id kind, uint32_t id)
{
    return kind == SNARL_LOADED_LOCK ? node_of(context, AS_LOCK, id, NULL) : id;
}

/* The classes of a cycle, each once, as a set. */
static struct snarl_lock_set classes_in(struct snarl_lock_class *const *classes, uint32_t count)
{
    struct snarl_lock_set set = {0, 0};
    for (uint32_t i = 0; i < count; i++) {
        uint32_t j = 0;
        while (j < i && classes[j] != classes[i])
            j++;
        if (j == i)
            snarl_lock_set_add(&set, classes[i]->number);
    }
    return set;
}

static struct snarl_lock_class **room_for(struct snarl_builder *builder, uint32_t count)
{
    struct snarl_lock_class **classes =
        snarl_arena_allocate(&builder->arena, count * sizeof(struct snarl_lock_class *));
    if (classes == NULL)
        snarl_pool_exhausted();
    return classes;
}

/* What the locks themselves have shown need not be told of their classes. */
static void note_cycles(struct snarl_lock_classes *classes, struct snarl_lock_order *order,
                        struct snarl_known_set **known)
{
    const struct snarl_cycle *cycle = snarl_lock_order_cycles(order);
    for (; cycle != NULL; cycle = cycle->next) {
        if (cycle->severity == SNARL_NOTE)
            continue;
        struct snarl_lock_class **of = room_for(classes->builder, cycle->length);
        for (uint32_t i = 0; i < cycle->length; i++)
            of[i] = snarl_lock_class_of(classes, cycle->steps[i]->lock);
        snarl_known_set(known, &classes->builder->arena, classes_in(of, cycle->length));
    }
}

static void note_deadlocks(struct snarl_lock_classes *classes, struct snarl_known_set **known)
{
    const struct snarl_loaded *loaded = &classes->source->loaded;
    for (size_t i = 0; i < loaded->deadlock_count; i++) {
        const struct snarl_fact_deadlock *fact = loaded->deadlocks[i];
        struct snarl_lock_class **of = room_for(classes->builder, fact->count);
        uint32_t count = 0;
        const struct snarl_deadlock_step *step = snarl_reader_first_step(fact);
        for (uint32_t j = 0; j < fact->count; j++, step = snarl_reader_step_after(step))
            if (step->want_kind == SNARL_WANTS_LOCK)
                of[count++] = snarl_lock_class_of(classes, step->object);
        snarl_known_set(known, &classes->builder->arena, classes_in(of, count));
    }
}

static void report_cycles(struct classing *classing, struct snarl_known_set **known)
{
    struct snarl_lock_classes *classes = classing->classes;
    const struct snarl_cycle *cycle = snarl_lock_order_cycles(classing->order);
    for (; cycle != NULL; cycle = cycle->next) {
        struct snarl_lock_class **of = room_for(classes->builder, cycle->length);
        for (uint32_t i = 0; i < cycle->length; i++)
            of[i] = classing->classes_of[cycle->steps[i]->lock];
        struct snarl_lock_set set = classes_in(of, cycle->length);
        size_t runs = classing->across != NULL ? snarl_across_runs(classing->across, cycle) : 0;
        if (snarl_known_set(known, NULL, set) != NULL || (classing->across != NULL && runs < 2))
            continue;
        if (cycle->severity > SNARL_NOTE)
            snarl_known_set(known, &classes->builder->arena, set);
        for (uint32_t i = 0; i < cycle->length; i++)
            classing->origins[cycle->steps[i]->lock].in_report =
                snarl_lock_class_in_report(classes, of[i]);
        const struct snarl_origins origins = {
            .source = classes->source,
            .locks = classing->origins,
            .by_class = true,
            .across = classing->across,
            .runs = runs,
        };
        snarl_builder_add_cycle(classes->builder, &origins, cycle);
    }
    if (classing->cut)
        snarl_builder_add_loss(classes->builder,
                               "by class, of the ways in which locks of two classes are taken "
                               "only the first few hundred were judged");
    if (classing->lost)
        snarl_builder_add_loss(classes->builder, snarl_loss_words(SNARL_LOSS_MEMORY));
    if (snarl_lock_order_searches_cut(classing->order) > 0)
        snarl_builder_add_loss(classes->builder, snarl_loss_words(SNARL_LOSS_SEARCH));
}

/* What a lock id of the graph is in the recording; 0 for a class. */
static uint32_t lock_of(void *context, uint32_t node)
{
    const struct classing *classing = context;
    return classing->origins[node].id;
}

/* One run of a merged recording; from `run_count` on, all together. */
static void tell_runs(struct classing *classing, size_t run)
{
    struct snarl_loaded *loaded = &classing->classes->source->loaded;
    size_t count = snarl_loaded_run_count(loaded);
    if (run < count) {
        snarl_loaded_tell_shape(loaded, loaded->runs->runs[run].shape,
                                snarl_lock_order_threads(classing->order), rename_id, classing);
        snarl_loaded_tell_run(loaded, run, tell, classing);
        return;
    }
    classing->across = snarl_across_begin(loaded, classing->order, lock_of, classing);
    for (classing->run = 0; classing->run < count; classing->run++)
        snarl_loaded_tell_run(loaded, classing->run, tell, classing);
}

/* All of a recording; of a merged one, see above. */
static void judge(struct snarl_lock_classes *classes, size_t run, struct snarl_known_set **known)
{
    struct snarl_loaded *loaded = &classes->source->loaded;
    struct classing classing = {.classes = classes};
    snarl_arena_start(&classing.arena, 0, false);
    classing.order = snarl_lock_order_create(&classing.arena, classes->builder->keep_infeasible);
    if (classing.order == NULL)
        snarl_pool_exhausted();
    if (snarl_loaded_is_merged(loaded)) {
        tell_runs(&classing, run);
    } else {
        snarl_loaded_tell_orders(loaded, snarl_lock_order_threads(classing.order), rename_id,
                                 &classing);
        snarl_loaded_tell_wants(loaded, tell, &classing);
    }
    report_cycles(&classing, known);
    snarl_across_end(classing.across);
    free(classing.origins);
    free(classing.classes_of);
    free(classing.held);
    snarl_arena_end(&classing.arena);
}

void snarl_builder_by_class(struct snarl_builder *builder, struct snarl_source *source)
{
    struct snarl_loaded *loaded = &source->loaded;
    struct snarl_lock_classes classes = {.builder = builder, .source = source};
    struct snarl_known_set *known = NULL;
    note_cycles(&classes, loaded->order, &known);
    note_deadlocks(&classes, &known);
    struct classing noting = {.classes = &classes};
    snarl_loaded_tell_wants(loaded, note_nesting, &noting);
    for (size_t run = 0; run <= snarl_loaded_run_count(loaded); run++)
        judge(&classes, run, &known);
}
