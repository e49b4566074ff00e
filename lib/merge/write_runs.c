/* The shapes and runs of a merged recording, as they are written; see shape.c and run.c
 * for their words. */
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "merge/writing.h"
#include "report/pool.h"

/* A thread's id, by its place from 1. */
static uint32_t thread_id(const struct snarl_merge_writing *writing, uint32_t place)
{
    return place != 0 ? writing->first_thread + place - 1 : 0;
}

/* Content, word by word. */
struct words {
    const uint32_t *next, *end;
};

static uint32_t take(struct words *words)
{
    return *words->next++;
}

/* Reads what was held: valid until the next call. */
static uint32_t take_held(struct snarl_merge_writing *writing, struct words *words)
{
    uint32_t count = take(words);
    if (count > writing->room) {
        writing->room = 2 * count;
        struct snarl_held *larger = realloc(writing->held, writing->room * sizeof *larger);
        if (larger == NULL)
            snarl_pool_exhausted();
        writing->held = larger;
    }
    for (uint32_t i = 0; i < count; i++) {
        uint32_t lock = snarl_merged_lock_number(writing, take(words));
        uint32_t stack = snarl_merged_stack_number(writing, take(words));
        writing->held[i] = (struct snarl_held){
            .lock = lock, .stack = stack & INT32_MAX, .shared = take(words) & 1};
    }
    return count;
}

static void put_thread(struct snarl_merge_writing *writing, struct words *words, const char *name)
{
    struct snarl_fact_identity identity = {.header.kind = SNARL_FACT_IDENTITY};
    struct snarl_fact_thread fact = {.header.kind = SNARL_FACT_THREAD};
    fact.thread = identity.id = ++writing->last_thread;
    bool main = take(words);
    identity.of = main ? SNARL_IDENTITY_OF_MAIN : SNARL_IDENTITY_OF_THREAD;
    fact.absent = take(words);
    fact.parent = thread_id(writing, take(words));
    fact.parent_segment = take(words);
    fact.stack = snarl_merged_stack_number(writing, take(words));
    uint32_t module = take(words);
    uint64_t offset = take(words);
    offset |= (uint64_t)take(words) << 32;
    fact.start = snarl_merged_address(writing, module, offset);
    identity.ordinal = take(words);
    identity.like = take(words);
    fact.held_count = take_held(writing, words);
    snarl_merged_put(writing, &fact, sizeof fact, writing->held,
                     fact.held_count * sizeof writing->held[0]);
    snarl_merged_put(writing, &identity, sizeof identity, NULL, 0);
    if (name[0] == '\0')
        return;
    struct snarl_fact_thread_name named = {.header.kind = SNARL_FACT_THREAD_NAME,
                                           .thread = fact.thread};
    memcpy(named.name, name, sizeof named.name);
    snarl_merged_put(writing, &named, sizeof named, NULL, 0);
}

static void put_join(struct snarl_merge_writing *writing, struct words *words, uint32_t thread,
                     uint32_t segment)
{
    struct snarl_fact_join fact = {
        .header.kind = SNARL_FACT_JOIN, .thread = thread, .segment = segment};
    fact.joined = thread_id(writing, take(words) + 1);
    snarl_merged_put(writing, &fact, sizeof fact, NULL, 0);
    struct snarl_fact_join_held held = {.header.kind = SNARL_FACT_JOIN_HELD, .count = take(words)};
    if (held.count == 0)
        return;
    struct snarl_held_since *since = calloc(held.count, sizeof *since);
    if (since == NULL)
        snarl_pool_exhausted();
    for (uint32_t i = 0; i < held.count; i++) {
        since[i].lock = snarl_merged_lock_number(writing, take(words));
        since[i].since = take(words) & INT32_MAX;
        since[i].shared = take(words) & 1;
    }
    snarl_merged_put(writing, &held, sizeof held, since, held.count * sizeof *since);
    free(since);
}

static void put_orders(struct snarl_merge_writing *writing, struct words *words)
{
    for (uint32_t left = take(words); left > 0; left--) {
        uint32_t kind = take(words), thread = thread_id(writing, take(words) + 1);
        uint32_t segment = take(words);
        if (kind == SNARL_FACT_JOIN) {
            put_join(writing, words, thread, segment);
            continue;
        }
        uint32_t object = snarl_merged_lock_number(writing, take(words));
        uint32_t parties = take(words), round = take(words);
        struct snarl_fact_arrival arrival = {.header.kind = SNARL_FACT_ARRIVAL,
                                             .thread = thread,
                                             .segment = segment,
                                             .barrier = object,
                                             .parties = parties,
                                             .round = round};
        struct snarl_fact_found_done done = {.header.kind = SNARL_FACT_FOUND_DONE,
                                             .thread = thread,
                                             .segment = segment,
                                             .once = object};
        if (kind == SNARL_FACT_ARRIVAL)
            snarl_merged_put(writing, &arrival, sizeof arrival, NULL, 0);
        else
            snarl_merged_put(writing, &done, sizeof done, NULL, 0);
    }
}

/* The dependencies of a run, by what was wanted: the same one in another segment is told shorter.
 */
struct told {
    struct snarl_merged_name want;
    uint32_t dependency;
    UT_hash_handle by_want;
};

static struct told *told_before(struct snarl_arena *arena, struct told **table,
                                const struct snarl_merged_name *want)
{
    struct told *told;
    HASH_FIND(by_want, *table, want, sizeof *want, told);
    if (told == NULL) {
        told = snarl_merged_allocate(arena, sizeof *told);
        told->want = *want;
        HASH_ADD(by_want, *table, want, sizeof told->want, told);
    }
    return told;
}

/* By the locks, as one and the same in all runs. */
static uint32_t declared_id(const struct snarl_held *held, uint32_t lock)
{
    return SNARL_DECLARED | (uint32_t)snarl_hash_mix(snarl_hash_mix(0, held->lock), lock);
}

static void put_want(struct snarl_merge_writing *writing, struct snarl_arena *arena,
                     struct told **table, struct words *words)
{
    struct snarl_fact_dependency fact = {.header.kind = SNARL_FACT_DEPENDENCY};
    uint32_t place = take(words);
    fact.segment = take(words);
    fact.lock = snarl_merged_lock_number(writing, take(words));
    fact.stack = snarl_merged_stack_number(writing, take(words));
    fact.flags = take(words);
    fact.held_count = take_held(writing, words);
    fact.thread = place == SNARL_MERGED_DECLARED ? declared_id(writing->held, fact.lock)
                                                 : thread_id(writing, place);
    if (writing->stream == NULL)
        return;
    size_t held_size = fact.held_count * sizeof writing->held[0];
    uint32_t parts[] = {fact.thread, fact.lock, fact.stack, fact.flags};
    struct snarl_merged_name want = snarl_merged_name_begin(0);
    snarl_merged_name_add_bytes(&want, parts, sizeof parts);
    snarl_merged_name_add_bytes(&want, writing->held, held_size);
    struct told *told = told_before(arena, table, &want);
    if (told->dependency != 0) {
        struct snarl_fact_segment again = {.header.kind = SNARL_FACT_SEGMENT,
                                           .dependency = told->dependency,
                                           .segment = fact.segment};
        snarl_merged_put(writing, &again, sizeof again, NULL, 0);
        return;
    }
    fact.dependency = told->dependency = ++writing->last_dependency;
    snarl_merged_put(writing, &fact, sizeof fact, writing->held, held_size);
}

static void put_deadlock(struct snarl_merge_writing *writing, struct words *words)
{
    struct snarl_fact_deadlock fact = {.header.kind = SNARL_FACT_DEADLOCK, .count = take(words)};
    char *steps = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&steps, &size);
    if (stream == NULL)
        snarl_pool_exhausted();
    for (uint32_t i = 0; i < fact.count; i++) {
        struct snarl_deadlock_step step = {.thread = thread_id(writing, take(words))};
        step.want_kind = take(words);
        uint32_t object = take(words);
        step.object = step.want_kind == SNARL_WANTS_THREAD
                          ? thread_id(writing, object)
                          : snarl_merged_lock_number(writing, object);
        step.stack = snarl_merged_stack_number(writing, take(words));
        step.flags = take(words);
        step.held_count = take_held(writing, words);
        fwrite(&step, sizeof step, 1, stream);
        if (step.held_count > 0)
            fwrite(writing->held, sizeof writing->held[0], step.held_count, stream);
    }
    if (fclose(stream) != 0)
        snarl_pool_exhausted();
    snarl_merged_put(writing, &fact, sizeof fact, steps, size);
    free(steps);
}

static void put_misuse(const struct snarl_merge_writing *writing, struct words *words)
{
    struct snarl_fact_misuse fact = {.header.kind = SNARL_FACT_MISUSE};
    fact.misuse = take(words);
    fact.severity = take(words);
    fact.thread = thread_id(writing, take(words));
    fact.stack = snarl_merged_stack_number(writing, take(words));
    uint32_t object = take(words);
    fact.object = snarl_misuse_is_of_threads(fact.misuse)
                      ? thread_id(writing, object)
                      : snarl_merged_lock_number(writing, object);
    fact.other_thread = thread_id(writing, take(words));
    fact.other_stack = snarl_merged_stack_number(writing, take(words));
    fact.other_object = snarl_merged_lock_number(writing, take(words));
    fact.kind = take(words);
    snarl_merged_put(writing, &fact, sizeof fact, NULL, 0);
}

static void put_run(struct snarl_merge_writing *writing, const struct snarl_merged_words *run)
{
    struct snarl_arena arena;
    snarl_arena_start(&arena, 0, false);
    struct snarl_fact_run fact = {.header.kind = SNARL_FACT_RUN, .run = ++writing->last_run};
    snarl_merged_put(writing, &fact, sizeof fact, NULL, 0);
    struct words words = {run->words, run->words + run->count};
    struct told *table = NULL;
    while (words.next < words.end)
        switch (take(&words)) {
        case SNARL_FACT_DEPENDENCY:
            put_want(writing, &arena, &table, &words);
            break;
        case SNARL_FACT_DEADLOCK:
            put_deadlock(writing, &words);
            break;
        default:
            put_misuse(writing, &words);
        }
    snarl_arena_end(&arena);
}

static void put_shape(struct snarl_merge_writing *writing, const struct snarl_merged_shape *shape)
{
    struct words words = {shape->content.words, shape->content.words + shape->content.count};
    struct snarl_fact_shape fact = {.header.kind = SNARL_FACT_SHAPE,
                                    .shape = ++writing->last_shape};
    fact.executable = snarl_merged_module_number(writing, take(&words));
    snarl_merged_put(writing, &fact, sizeof fact, NULL, 0);
    writing->shape = shape;
    writing->first_thread = writing->last_thread + 1;
    uint32_t threads = take(&words);
    for (uint32_t i = 0; i < threads; i++)
        put_thread(writing, &words, shape->thread_names[i]);
    put_orders(writing, &words);

    size_t count;
    struct snarl_merged_item **runs = snarl_merged_number(&shape->runs, true, &count);
    for (size_t i = 0; i < count; i++)
        put_run(writing, (const struct snarl_merged_words *)runs[i]);
    free(runs);
}

void snarl_merged_put_shapes(struct snarl_merge_writing *writing)
{
    writing->last_shape = writing->last_run = writing->last_thread = writing->last_dependency = 0;
    for (size_t i = 0; i < writing->shape_count; i++)
        put_shape(writing, (const struct snarl_merged_shape *)writing->shapes[i]);
}
