/*
 * Shapes: how the threads of one program came and went.
 *
 * A thread is known by its parent, by where that made it, and by which of those made there it is;
 * the main thread by being that. Those that have no part in what the run did are left out, but for
 * those that stand between others, and for the first and the last of each kind, so that a shape
 * still says when threads of that kind were about.
 *
 * In words: the executable; the count of threads; for each of them whether it is the main one,
 * whether absent, the place of its parent from 1, the parent's segment, the stack of its creation,
 * the module and offset where it starts (two words), its ordinal, how many are like it, and what
 * its parent held; the count of joins; for each the joiner, its segment, and the joined.
 */
#include <stdlib.h>
#include <string.h>

#include "merge/parts.h"
#include "report/pool.h"

enum {
    NAME_OF_SHAPE = 16,
    NAME_OF_MAIN,
    NAME_OF_THREAD,
    NAME_OF_CLASS,
};

struct snarl_merged_thread *snarl_merged_thread_of(const struct snarl_merge_reading *reading,
                                                   uint32_t id)
{
    struct snarl_merged_thread *thread;
    HASH_FIND(by_id, reading->threads, &id, sizeof id, thread);
    return thread;
}

void snarl_merged_add_thread(struct snarl_merge_reading *reading,
                             const struct snarl_fact_thread *fact)
{
    struct snarl_arena *arena = &reading->arena;
    if (fact->thread == 0 || snarl_merged_thread_of(reading, fact->thread) != NULL)
        return;
    struct snarl_merged_thread *thread = snarl_merged_allocate(arena, sizeof *thread);
    thread->id = fact->thread;
    thread->fact = snarl_loaded_thread(&reading->loaded, fact->thread, &thread->modules_then);
    HASH_ADD(by_id, reading->threads, id, sizeof thread->id, thread);
    reading->thread_count++;
}

static int compare_ids(const void *left, const void *right)
{
    const struct snarl_merged_thread *a = *(struct snarl_merged_thread *const *)left;
    const struct snarl_merged_thread *b = *(struct snarl_merged_thread *const *)right;
    return (a->id > b->id) - (a->id < b->id);
}

/* How many there are of a name. */
struct counted {
    struct snarl_merged_name name;
    uint32_t count;
    struct snarl_merged_thread *last;
    UT_hash_handle by_name;
};

static struct counted *count_of(struct snarl_merge_reading *reading, struct counted **table,
                                const struct snarl_merged_name *name)
{
    struct snarl_arena *arena = &reading->arena;
    struct counted *counted;
    HASH_FIND(by_name, *table, name, sizeof *name, counted);
    if (counted == NULL) {
        counted = snarl_merged_allocate(arena, sizeof *counted);
        counted->name = *name;
        HASH_ADD(by_name, *table, name, sizeof counted->name, counted);
    }
    return counted;
}

/* Where a thread was made and what it runs, by the name or class of who made it. */
static struct snarl_merged_name made_by(struct snarl_merge_reading *reading,
                                        const struct snarl_merged_thread *thread, uint64_t kind,
                                        const struct snarl_merged_name *parent)
{
    static const struct snarl_merged_name nobody;
    struct snarl_merge *merge = reading->merge;
    if (thread->main)
        return snarl_merged_name_begin(NAME_OF_MAIN);
    uint32_t stack = snarl_merged_stack_of(reading, thread->fact->stack);
    struct snarl_merged_frame start =
        snarl_merged_frame_of(reading, thread->fact->start, thread->modules_then, false);
    struct snarl_merged_name name = snarl_merged_name_begin(kind);
    snarl_merged_name_add_name(&name, parent != NULL ? parent : &nobody);
    snarl_merged_name_add_name(&name, stack != 0 ? &merge->stacks.items[stack]->name : &nobody);
    snarl_merged_name_add_name(&name, start.module != 0 ? &merge->modules.items[start.module]->name
                                                        : &nobody);
    snarl_merged_name_add(&name, start.offset);
    snarl_merged_name_add(&name, thread->fact->absent);
    return name;
}

/* One that is kept anyway, in a merged recording, has been identified before some were left out. */
static void identify(struct snarl_merge_reading *reading, struct snarl_merged_thread *thread,
                     struct counted **places, struct counted **classes)
{
    const struct snarl_fact_identity *identity =
        snarl_loaded_identity(&reading->loaded, SNARL_IDENTITY_OF_THREAD, thread->id);
    thread->main = snarl_loaded_is_main(&reading->loaded, thread->id);
    thread->parent = snarl_merged_thread_of(reading, thread->fact->parent);
    if (thread->parent != NULL && thread->parent->id >= thread->id)
        thread->parent = NULL; /* damaged: who made it came before it */
    thread->depth = thread->parent != NULL ? thread->parent->depth + 1 : 0;
    const struct snarl_merged_thread *parent = thread->parent;
    struct snarl_merged_name place =
        made_by(reading, thread, NAME_OF_THREAD, parent != NULL ? &parent->name : NULL);
    thread->class = made_by(reading, thread, NAME_OF_CLASS, parent != NULL ? &parent->class : NULL);
    thread->ordinal =
        identity != NULL ? identity->ordinal : count_of(reading, places, &place)->count++;
    thread->name = place;
    snarl_merged_name_add(&thread->name, thread->ordinal);
    struct counted *class = count_of(reading, classes, &thread->class);
    class->count++;
    thread->kept = identity != NULL || class->count == 1;
    thread->like = identity != NULL ? identity->like : 0;
    class->last = thread;
}

void snarl_merged_identify_threads(struct snarl_merge_reading *reading)
{
    reading->in_order = realloc(reading->in_order,
                                (reading->thread_count + 1) * sizeof(struct snarl_merged_thread *));
    if (reading->in_order == NULL)
        snarl_pool_exhausted();
    size_t count = 0;
    for (struct snarl_merged_thread *t = reading->threads; t != NULL; t = t->by_id.next)
        reading->in_order[count++] = t;
    qsort(reading->in_order, count, sizeof(struct snarl_merged_thread *), compare_ids);

    struct counted *places = NULL, *classes = NULL;
    for (size_t i = 0; i < count; i++)
        identify(reading, reading->in_order[i], &places, &classes);
    for (size_t i = 0; i < count; i++) {
        struct snarl_merged_thread *thread = reading->in_order[i];
        struct counted *class = count_of(reading, &classes, &thread->class);
        thread->kept |= class->last == thread;
        if (thread->like == 0)
            thread->like = class->count;
    }
}

/* Who made or joined what is kept stands in the order of things, too. */
static void keep_between(struct snarl_merge_reading *reading)
{
    snarl_merged_keep_ordered(reading);
    do {
        for (size_t i = reading->thread_count; i-- > 0;) {
            struct snarl_merged_thread *thread = reading->in_order[i];
            if (thread->kept && thread->parent != NULL)
                thread->parent->kept = true;
        }
    } while (snarl_merged_keep_joiners(reading));
}

/* As they were made: all of one depth together, by their parents, and when these made them. */
static int compare_making(const struct snarl_merged_thread *a, const struct snarl_merged_thread *b)
{
    if (a == b)
        return 0;
    if (a->main != b->main)
        return a->main ? -1 : 1;
    if (a->depth != b->depth)
        return a->depth > b->depth ? 1 : -1;
    int parents = a->parent != NULL ? compare_making(a->parent, b->parent) : 0;
    if (parents != 0)
        return parents;
    if (a->parent != NULL && a->fact->parent_segment != b->fact->parent_segment)
        return a->fact->parent_segment > b->fact->parent_segment ? 1 : -1;
    int classes = snarl_merged_compare(&a->class, &b->class);
    if (classes != 0)
        return classes;
    if (a->ordinal != b->ordinal)
        return a->ordinal > b->ordinal ? 1 : -1;
    return snarl_merged_compare(&a->name, &b->name);
}

static int compare_places(const void *left, const void *right)
{
    return compare_making(*(struct snarl_merged_thread *const *)left,
                          *(struct snarl_merged_thread *const *)right);
}

static void add_held(struct snarl_merge_reading *reading, struct snarl_merged_text *text,
                     const struct snarl_fact_thread *fact)
{
    uint32_t known = 0;
    for (uint32_t i = 0; i < fact->held_count; i++)
        known += snarl_merged_lock_of(reading, fact->held[i].lock) != 0;
    snarl_merged_text_add(text, known);
    for (uint32_t i = 0; i < fact->held_count; i++)
        if (snarl_merged_lock_of(reading, fact->held[i].lock) != 0)
            snarl_merged_add_held(reading, text, &fact->held[i]);
}

static void describe_thread(struct snarl_merge_reading *reading, struct snarl_merged_text *text,
                            const struct snarl_merged_thread *thread)
{
    struct snarl_merge *merge = reading->merge;
    const struct snarl_fact_thread *fact = thread->fact;
    struct snarl_merged_frame start =
        snarl_merged_frame_of(reading, fact->start, thread->modules_then, false);
    snarl_merged_text_add(text, thread->main);
    snarl_merged_text_add(text, fact->absent);
    snarl_merged_text_add(text, thread->parent != NULL ? thread->parent->place + 1 : 0);
    snarl_merged_text_add(text,
                          thread->parent != NULL
                              ? snarl_merged_segment(reading, thread->parent, fact->parent_segment)
                              : 0);
    snarl_merged_text_refer(text, &merge->stacks, snarl_merged_stack_of(reading, fact->stack));
    snarl_merged_text_refer(text, &merge->modules, start.module);
    snarl_merged_text_add(text, (uint32_t)start.offset);
    snarl_merged_text_add(text, (uint32_t)(start.offset >> 32));
    snarl_merged_text_add(text, thread->ordinal);
    snarl_merged_text_add(text, thread->like);
    add_held(reading, text, fact);
}

/* The names that threads gave themselves are no part of a shape: they may hold a number. */
static void take_names(struct snarl_merge_reading *reading, struct snarl_merged_shape *shape,
                       struct snarl_merged_thread **threads)
{
    for (uint32_t i = 0; i < shape->thread_count; i++) {
        const char *name = snarl_loaded_thread_name(&reading->loaded, threads[i]->id);
        bool is_own = name != NULL && (snarl_loaded_is_merged(&reading->loaded) ||
                                       strcmp(name, reading->loaded.first_name) != 0);
        if (!is_own || name[0] == '\0')
            continue;
        char *least = shape->thread_names[i];
        if (least[0] == '\0' || strcmp(name, least) < 0)
            memcpy(least, name, strlen(name) + 1);
    }
}

static struct snarl_merged_shape *shape_of(struct snarl_merge_reading *reading, uint32_t threads)
{
    struct snarl_merge *merge = reading->merge;
    struct snarl_merged_text *text = &merge->shape_text;
    struct snarl_merged_shape *shape = (void *)snarl_merged_find(&merge->shapes, &text->name);
    if (shape != NULL)
        return shape;
    shape = snarl_merged_new(merge, &merge->shapes, &text->name, sizeof *shape);
    shape->content.count = text->count;
    shape->content.words =
        snarl_merged_allocate(&merge->arena, text->count * sizeof text->words[0]);
    memcpy(shape->content.words, text->words, text->count * sizeof text->words[0]);
    shape->thread_count = threads;
    shape->thread_names =
        snarl_merged_allocate(&merge->arena, (threads + 1) * sizeof shape->thread_names[0]);
    return shape;
}

struct snarl_merged_shape *snarl_merged_take_shape(struct snarl_merge_reading *reading)
{
    struct snarl_merge *merge = reading->merge;
    struct snarl_merged_text *text = &merge->shape_text;
    keep_between(reading);
    size_t size = (reading->thread_count + 1) * sizeof(struct snarl_merged_thread *);
    struct snarl_merged_thread **threads = snarl_merged_allocate(&reading->arena, size);
    uint32_t count = 0;
    for (size_t i = 0; i < reading->thread_count; i++)
        if (reading->in_order[i]->kept)
            threads[count++] = reading->in_order[i];
    qsort(threads, count, sizeof(struct snarl_merged_thread *), compare_places);

    for (uint32_t i = 0; i < count; i++)
        threads[i]->place = i;
    snarl_merged_cut_lives(reading);

    snarl_merged_text_begin(text, NAME_OF_SHAPE);
    snarl_merged_text_refer(text, &merge->modules, reading->executable);
    snarl_merged_text_add(text, count);
    for (uint32_t i = 0; i < count; i++)
        describe_thread(reading, text, threads[i]);
    snarl_merged_describe_orders(reading, text);
    struct snarl_merged_shape *shape = shape_of(reading, count);
    take_names(reading, shape, threads);
    snarl_arena_free(&reading->arena, threads, size);
    return shape;
}
