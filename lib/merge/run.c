/*
 * Runs: what the threads of a shape did.
 *
 * In words, one behind the other: the wants of each thread, in the order in which the thread first
 * did so (the first call path to a dependency is the one that is shown), then deadlocks and misuses
 * as they came. Each begins with its kind; a want goes on with the place of the thread, the
 * segment, the lock, the stack, the flags, and what was held: a count, and for each lock itself,
 * its stack and whether it is shared. What is declared comes last, as if by a thread at
 * SNARL_MERGED_DECLARED. A fact that names what the recording does not describe is
 * left out.
 */
#include <stdlib.h>
#include <string.h>

#include "merge/parts.h"
#include "report/pool.h"

enum {
    NAME_OF_RUN = 32,
};

/* A want with its place in the order of things. */
struct wanted {
    const struct snarl_fact_dependency *fact;
    uint32_t segment;
    uint32_t thread; /* place */
    size_t index;
};

static const struct snarl_fact_dependency *dependency_of(const struct snarl_merge_reading *reading,
                                                         const struct snarl_fact_header *deed,
                                                         uint32_t *segment)
{
    const void *fact = deed;
    if (deed->kind == SNARL_FACT_DEPENDENCY) {
        *segment = ((const struct snarl_fact_dependency *)fact)->segment;
        return fact;
    }
    if (deed->kind != SNARL_FACT_SEGMENT)
        return NULL;
    const struct snarl_fact_segment *again = fact;
    *segment = again->segment;
    return snarl_loaded_dependency(&reading->loaded, again->dependency);
}

static bool knows_thread(const struct snarl_merge_reading *reading, uint32_t thread)
{
    return thread == 0 || snarl_merged_thread_of(reading, thread) != NULL;
}

static bool knows_lock(const struct snarl_merge_reading *reading, uint32_t lock)
{
    size_t modules_then;
    return lock == 0 || snarl_loaded_lock(&reading->loaded, lock, &modules_then) != NULL;
}

static bool knows_held(const struct snarl_merge_reading *reading, const struct snarl_held *held,
                       uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        if (held[i].lock == 0 || !knows_lock(reading, held[i].lock))
            return false;
    return true;
}

static bool knows_want(const struct snarl_merge_reading *reading,
                       const struct snarl_fact_dependency *fact)
{
    bool knows_who = fact->thread != 0 &&
                     (snarl_is_declared(fact->thread) || knows_thread(reading, fact->thread));
    return knows_who && fact->lock != 0 && knows_lock(reading, fact->lock) &&
           knows_held(reading, fact->held, fact->held_count);
}

static bool knows_deadlock(const struct snarl_merge_reading *reading,
                           const struct snarl_fact_deadlock *fact)
{
    const struct snarl_deadlock_step *step = snarl_reader_first_step(fact);
    for (uint32_t i = 0; i < fact->count; i++, step = snarl_reader_step_after(step)) {
        bool object = step->want_kind == SNARL_WANTS_THREAD ? knows_thread(reading, step->object)
                                                            : knows_lock(reading, step->object);
        if (!object || !knows_thread(reading, step->thread) ||
            !knows_held(reading, step->held, step->held_count))
            return false;
    }
    return true;
}

static bool knows_misuse(const struct snarl_merge_reading *reading,
                         const struct snarl_fact_misuse *fact)
{
    bool of_threads = snarl_misuse_is_of_threads(fact->misuse);
    return knows_thread(reading, fact->thread) && knows_thread(reading, fact->other_thread) &&
           (of_threads
                ? knows_thread(reading, fact->object)
                : knows_lock(reading, fact->object) && knows_lock(reading, fact->other_object));
}

static bool is_known(const struct snarl_merge_reading *reading,
                     const struct snarl_fact_header *deed)
{
    uint32_t segment;
    const void *fact = deed;
    if (deed->kind == SNARL_FACT_DEADLOCK)
        return knows_deadlock(reading, fact);
    if (deed->kind == SNARL_FACT_MISUSE)
        return knows_misuse(reading, fact);
    const struct snarl_fact_dependency *dependency = dependency_of(reading, deed, &segment);
    return dependency != NULL && knows_want(reading, dependency);
}

static void mark(const struct snarl_merge_reading *reading, uint32_t id)
{
    struct snarl_merged_thread *thread = snarl_merged_thread_of(reading, id);
    if (thread != NULL)
        thread->kept = true;
}

static void mark_of(const struct snarl_merge_reading *reading, const struct snarl_fact_header *deed)
{
    const void *fact = deed;
    uint32_t segment;
    if (deed->kind == SNARL_FACT_DEADLOCK) {
        const struct snarl_fact_deadlock *deadlock = fact;
        const struct snarl_deadlock_step *step = snarl_reader_first_step(deadlock);
        for (uint32_t i = 0; i < deadlock->count; i++, step = snarl_reader_step_after(step)) {
            mark(reading, step->thread);
            if (step->want_kind == SNARL_WANTS_THREAD)
                mark(reading, step->object);
        }
    } else if (deed->kind == SNARL_FACT_MISUSE) {
        const struct snarl_fact_misuse *misuse = fact;
        mark(reading, misuse->thread);
        mark(reading, misuse->other_thread);
        if (snarl_misuse_is_of_threads(misuse->misuse))
            mark(reading, misuse->object);
    } else {
        mark(reading, dependency_of(reading, deed, &segment)->thread);
    }
}

void snarl_merged_mark_threads(struct snarl_merge_reading *reading)
{
    size_t known = 0;
    for (size_t i = 0; i < reading->deed_count; i++)
        if (is_known(reading, reading->deeds[i])) {
            reading->deeds[known++] = reading->deeds[i];
            mark_of(reading, reading->deeds[i]);
        }
    reading->deed_count = known;
}

void snarl_merged_add_held(struct snarl_merge_reading *reading, struct snarl_merged_text *text,
                           const struct snarl_held *held)
{
    struct snarl_merge *merge = reading->merge;
    snarl_merged_text_refer(text, &merge->locks, snarl_merged_lock_of(reading, held->lock));
    snarl_merged_text_refer(text, &merge->stacks, snarl_merged_stack_of(reading, held->stack));
    snarl_merged_text_add(text, held->shared);
}

static void describe_held(struct snarl_merge_reading *reading, const struct snarl_held *held,
                          uint32_t count)
{
    struct snarl_merged_text *text = &reading->merge->run_text;
    snarl_merged_text_add(text, count);
    for (uint32_t i = 0; i < count; i++)
        snarl_merged_add_held(reading, text, &held[i]);
}

/* Places from 1; 0 for none. */
static uint32_t place_of(const struct snarl_merge_reading *reading, uint32_t thread)
{
    const struct snarl_merged_thread *known = snarl_merged_thread_of(reading, thread);
    return known != NULL ? known->place + 1 : 0;
}

static void refer_lock(struct snarl_merge_reading *reading, uint32_t lock)
{
    snarl_merged_text_refer(&reading->merge->run_text, &reading->merge->locks,
                            snarl_merged_lock_of(reading, lock));
}

static void refer_stack(struct snarl_merge_reading *reading, uint32_t stack)
{
    snarl_merged_text_refer(&reading->merge->run_text, &reading->merge->stacks,
                            snarl_merged_stack_of(reading, stack));
}

static void describe_want(struct snarl_merge_reading *reading, const struct wanted *wanted)
{
    struct snarl_merged_text *text = &reading->merge->run_text;
    snarl_merged_text_add(text, SNARL_FACT_DEPENDENCY);
    snarl_merged_text_add(text, wanted->thread + 1);
    snarl_merged_text_add(text, wanted->segment);
    refer_lock(reading, wanted->fact->lock);
    refer_stack(reading, wanted->fact->stack);
    snarl_merged_text_add(text, wanted->fact->flags);
    describe_held(reading, wanted->fact->held, wanted->fact->held_count);
}

static void describe_deadlock(struct snarl_merge_reading *reading,
                              const struct snarl_fact_deadlock *fact)
{
    struct snarl_merged_text *text = &reading->merge->run_text;
    snarl_merged_text_add(text, SNARL_FACT_DEADLOCK);
    snarl_merged_text_add(text, fact->count);
    const struct snarl_deadlock_step *step = snarl_reader_first_step(fact);
    for (uint32_t i = 0; i < fact->count; i++, step = snarl_reader_step_after(step)) {
        snarl_merged_text_add(text, place_of(reading, step->thread));
        snarl_merged_text_add(text, step->want_kind);
        if (step->want_kind == SNARL_WANTS_THREAD)
            snarl_merged_text_add(text, place_of(reading, step->object));
        else
            refer_lock(reading, step->object);
        refer_stack(reading, step->stack);
        snarl_merged_text_add(text, step->flags);
        describe_held(reading, step->held, step->held_count);
    }
}

static void describe_misuse(struct snarl_merge_reading *reading,
                            const struct snarl_fact_misuse *fact)
{
    struct snarl_merged_text *text = &reading->merge->run_text;
    bool of_threads = snarl_misuse_is_of_threads(fact->misuse);
    snarl_merged_text_add(text, SNARL_FACT_MISUSE);
    snarl_merged_text_add(text, fact->misuse);
    snarl_merged_text_add(text, fact->severity);
    snarl_merged_text_add(text, place_of(reading, fact->thread));
    refer_stack(reading, fact->stack);
    if (of_threads)
        snarl_merged_text_add(text, place_of(reading, fact->object));
    else
        refer_lock(reading, fact->object);
    snarl_merged_text_add(text, place_of(reading, fact->other_thread));
    refer_stack(reading, fact->other_stack);
    refer_lock(reading, of_threads ? 0 : fact->other_object);
    snarl_merged_text_add(text, fact->kind);
}

/* By threads; what one thread did stays in its order. */
static int compare_wants(const void *left, const void *right)
{
    const struct wanted *a = left, *b = right;
    if (a->thread != b->thread)
        return a->thread > b->thread ? 1 : -1;
    return (a->index > b->index) - (a->index < b->index);
}

/* What a thread wanted, in a segment. */
struct seen {
    struct snarl_merged_name want;
    UT_hash_handle by_want;
};

/* Two segments of a thread may be one, counted anew. */
static bool is_new(struct snarl_merge_reading *reading, struct seen **table,
                   const struct wanted *wanted)
{
    struct snarl_arena *arena = &reading->arena;
    const struct snarl_fact_dependency *fact = wanted->fact;
    const uint32_t parts[] = {wanted->thread, wanted->segment, fact->lock, fact->stack,
                              fact->flags};
    struct snarl_merged_name want = snarl_merged_name_begin(0);
    snarl_merged_name_add_bytes(&want, parts, sizeof parts);
    snarl_merged_name_add_bytes(&want, fact->held, fact->held_count * sizeof fact->held[0]);
    struct seen *seen;
    HASH_FIND(by_want, *table, &want, sizeof want, seen);
    if (seen != NULL)
        return false;
    seen = snarl_merged_allocate(arena, sizeof *seen);
    seen->want = want;
    HASH_ADD(by_want, *table, want, sizeof seen->want, seen);
    return true;
}

static void describe_wants(struct snarl_merge_reading *reading)
{
    size_t size = (reading->deed_count + 1) * sizeof(struct wanted), count = 0;
    struct wanted *wants = snarl_merged_allocate(&reading->arena, size);
    for (size_t i = 0; i < reading->deed_count; i++) {
        struct wanted *wanted = &wants[count];
        wanted->fact = dependency_of(reading, reading->deeds[i], &wanted->segment);
        if (wanted->fact == NULL)
            continue;
        const struct snarl_merged_thread *thread =
            snarl_merged_thread_of(reading, wanted->fact->thread);
        wanted->thread = thread != NULL ? thread->place : SNARL_MERGED_DECLARED - 1;
        if (thread != NULL)
            wanted->segment = snarl_merged_segment(reading, thread, wanted->segment);
        wanted->index = i;
        count++;
    }
    qsort(wants, count, sizeof *wants, compare_wants);
    struct seen *table = NULL;
    for (size_t i = 0; i < count; i++)
        if (is_new(reading, &table, &wants[i]))
            describe_want(reading, &wants[i]);
    snarl_arena_free(&reading->arena, wants, size);
}

void snarl_merged_take_run(struct snarl_merge_reading *reading, struct snarl_merged_shape *shape)
{
    struct snarl_merge *merge = reading->merge;
    struct snarl_merged_text *text = &merge->run_text;
    snarl_merged_text_begin(text, NAME_OF_RUN);
    describe_wants(reading);
    for (size_t i = 0; i < reading->deed_count; i++) {
        const void *fact = reading->deeds[i];
        if (reading->deeds[i]->kind == SNARL_FACT_DEADLOCK)
            describe_deadlock(reading, fact);
        else if (reading->deeds[i]->kind == SNARL_FACT_MISUSE)
            describe_misuse(reading, fact);
    }
    if (snarl_merged_find(&shape->runs, &text->name) != NULL)
        return;
    struct snarl_merged_words *run =
        snarl_merged_new(merge, &shape->runs, &text->name, sizeof *run);
    run->count = text->count;
    run->words = snarl_merged_allocate(&merge->arena, (text->count + 1) * sizeof text->words[0]);
    if (text->count > 0)
        memcpy(run->words, text->words, text->count * sizeof text->words[0]);
}
