/* The shapes and runs of a merged recording, as they are read. */
#include "analysis/loaded_runs.h"

#include <stdlib.h>

#include "report/pool.h"

/* What is said of a lock or thread. */
struct snarl_identity_entry {
    struct {
        uint32_t of, id;
    } key;
    const struct snarl_fact_identity *fact;
    uint32_t number; /* of a thread, in its shape */
    UT_hash_handle by_key;
};

static uint32_t table_of(uint32_t of)
{
    return of == SNARL_IDENTITY_OF_MAIN ? SNARL_IDENTITY_OF_THREAD : of;
}

static struct snarl_identity_entry *find(const struct snarl_loaded *loaded, uint32_t of,
                                         uint32_t id)
{
    struct snarl_identity_entry wanted = {.key = {table_of(of), id}}, *found = NULL;
    if (loaded->runs != NULL)
        HASH_FIND(by_key, loaded->runs->identified, &wanted.key, sizeof wanted.key, found);
    return found;
}

static void note_identity(struct snarl_loaded *loaded, const struct snarl_fact_identity *fact)
{
    struct snarl_arena *arena = &loaded->arena;
    struct snarl_loaded_runs *runs = loaded->runs;
    if (find(loaded, fact->of, fact->id) != NULL)
        return;
    struct snarl_identity_entry *identified = snarl_arena_allocate(arena, sizeof *identified);
    if (identified == NULL)
        return;
    identified->key.of = table_of(fact->of);
    identified->key.id = fact->id;
    identified->fact = fact;
    if (identified->key.of == SNARL_IDENTITY_OF_THREAD && runs->shape_count > 0) {
        identified->number = ++runs->threads_so_far;
    }
    HASH_ADD(by_key, runs->identified, key, sizeof identified->key, identified);
}

/* One more in an array that doubles at each power of two. */
static void *grow(void **array, size_t *count, size_t size)
{
    if ((*count & (*count - 1)) == 0) {
        *array = realloc(*array, (*count == 0 ? 1 : 2 * *count) * size);
        if (*array == NULL)
            snarl_pool_exhausted();
    }
    return (char *)*array + (*count)++ * size;
}

/* What was being read ends where the fact of `size` bytes begins that was read last. */
static void end_parts(struct snarl_loaded *loaded, size_t size)
{
    struct snarl_loaded_runs *runs = loaded->runs;
    size_t here = loaded->reader.position - size;
    if (runs->shape_count == 0)
        return;
    struct snarl_loaded_shape *shape = &runs->shapes[runs->shape_count - 1];
    if (shape->threads.until == 0)
        shape->threads.until = here;
    else if (runs->run_count > 0 && runs->runs[runs->run_count - 1].deeds.until == 0)
        runs->runs[runs->run_count - 1].deeds.until = here;
}

static void begin_shape(struct snarl_loaded *loaded, const struct snarl_fact_shape *fact)
{
    struct snarl_loaded_runs *runs = loaded->runs;
    if (fact->shape == 0)
        return;
    end_parts(loaded, fact->header.size);
    runs->threads_so_far = 0;
    struct snarl_loaded_shape *shape =
        grow((void **)&runs->shapes, &runs->shape_count, sizeof *shape);
    *shape = (struct snarl_loaded_shape){.threads = {loaded->reader.position, 0},
                                         .executable = fact->executable};
}

static void begin_run(struct snarl_loaded *loaded, const struct snarl_fact_run *fact)
{
    struct snarl_loaded_runs *runs = loaded->runs;
    end_parts(loaded, fact->header.size);
    if (runs->shape_count == 0)
        return; /* damaged */
    struct snarl_loaded_run *run = grow((void **)&runs->runs, &runs->run_count, sizeof *run);
    *run = (struct snarl_loaded_run){.shape = (uint32_t)runs->shape_count - 1,
                                     .deeds = {loaded->reader.position, 0}};
}

bool snarl_loaded_note_runs(struct snarl_loaded *loaded, const struct snarl_fact_header *fact)
{
    const void *whole = fact;
    if (fact->kind != SNARL_FACT_SHAPE && fact->kind != SNARL_FACT_RUN &&
        fact->kind != SNARL_FACT_IDENTITY)
        return false;
    if (loaded->runs == NULL)
        loaded->runs = snarl_arena_allocate(&loaded->arena, sizeof *loaded->runs);
    if (loaded->runs == NULL)
        snarl_pool_exhausted();
    if (fact->kind == SNARL_FACT_SHAPE)
        begin_shape(loaded, whole);
    else if (fact->kind == SNARL_FACT_RUN)
        begin_run(loaded, whole);
    else
        note_identity(loaded, whole);
    return true;
}

void snarl_loaded_end_runs(struct snarl_loaded *loaded)
{
    if (loaded->runs != NULL)
        end_parts(loaded, 0);
}

void snarl_loaded_free_runs(struct snarl_loaded *loaded)
{
    if (loaded->runs == NULL)
        return;
    snarl_across_end(loaded->runs->across);
    free(loaded->runs->shapes);
    free(loaded->runs->runs);
}

bool snarl_loaded_is_merged(const struct snarl_loaded *loaded)
{
    return loaded->runs != NULL;
}

size_t snarl_loaded_run_count(const struct snarl_loaded *loaded)
{
    return loaded->runs != NULL ? loaded->runs->run_count : 0;
}

bool snarl_loaded_is_main(const struct snarl_loaded *loaded, uint32_t thread)
{
    if (loaded->runs == NULL)
        return thread == 1;
    const struct snarl_identity_entry *identified = find(loaded, SNARL_IDENTITY_OF_THREAD, thread);
    return identified != NULL && identified->fact->of == SNARL_IDENTITY_OF_MAIN;
}

uint32_t snarl_loaded_thread_number(const struct snarl_loaded *loaded, uint32_t thread)
{
    const struct snarl_identity_entry *identified = find(loaded, SNARL_IDENTITY_OF_THREAD, thread);
    return identified != NULL ? identified->number : thread;
}

const struct snarl_fact_identity *snarl_loaded_identity(const struct snarl_loaded *loaded,
                                                        enum snarl_identified of, uint32_t id)
{
    const struct snarl_identity_entry *identified = find(loaded, of, id);
    return identified != NULL ? identified->fact : NULL;
}

uint32_t snarl_loaded_same_id(void *context, enum snarl_loaded_id kind, uint32_t id)
{
    (void)context;
    (void)kind;
    return id;
}

static void read_part(struct snarl_loaded *loaded, const struct snarl_loaded_part *part)
{
    loaded->part_from = part != NULL ? part->from : 0;
    loaded->part_until = part != NULL ? part->until : 0;
}

void snarl_loaded_tell_shape(struct snarl_loaded *loaded, size_t shape,
                             struct snarl_thread_order *order,
                             uint32_t (*rename)(void *context, enum snarl_loaded_id, uint32_t id),
                             void *context)
{
    read_part(loaded, &loaded->runs->shapes[shape].threads);
    snarl_loaded_tell_orders(loaded, order, rename, context);
    read_part(loaded, NULL);
}

void snarl_loaded_tell_run(struct snarl_loaded *loaded, size_t run,
                           bool (*tell)(void *context, const struct snarl_want *want),
                           void *context)
{
    read_part(loaded, &loaded->runs->runs[run].deeds);
    snarl_loaded_tell_wants(loaded, tell, context);
    read_part(loaded, NULL);
}

/* A run that is being judged. */
struct judging {
    struct snarl_loaded *loaded;
    struct snarl_lock_order *order;
};

static bool add_want(void *context, const struct snarl_want *want)
{
    struct judging *judging = context;
    struct snarl_dependency *dependency;
    if (snarl_lock_order_add(judging->order, want, &dependency) == SNARL_ADDED_FAILED)
        judging->loaded->losses |= 1u << SNARL_LOSS_MEMORY;
    return true;
}

struct snarl_lock_order *snarl_loaded_judge_run(struct snarl_loaded *loaded, size_t run,
                                                struct snarl_arena *arena, bool keep_infeasible)
{
    struct judging judging = {loaded, snarl_lock_order_create(arena, keep_infeasible)};
    if (judging.order == NULL)
        snarl_pool_exhausted();
    snarl_loaded_tell_shape(loaded, loaded->runs->runs[run].shape,
                            snarl_lock_order_threads(judging.order), snarl_loaded_same_id, NULL);
    snarl_loaded_tell_polled(loaded, judging.order);
    snarl_loaded_tell_run(loaded, run, add_want, &judging);
    return judging.order;
}

/* The runs as they come, in the graph of all. */
struct judging_across {
    struct snarl_across *across;
    size_t run;
};

static bool tell_across(void *context, const struct snarl_want *want)
{
    struct judging_across *judging = context;
    return snarl_across_tell(judging->across, judging->run, want);
}

void snarl_loaded_judge_across(struct snarl_loaded *loaded)
{
    struct snarl_loaded_runs *runs = loaded->runs;
    struct judging_across judging = {snarl_across_begin(loaded, loaded->order, NULL, NULL), 0};
    runs->across = judging.across;
    snarl_loaded_tell_polled(loaded, loaded->order);
    for (; judging.run < runs->run_count; judging.run++)
        snarl_loaded_tell_run(loaded, judging.run, tell_across, &judging);
    if (snarl_lock_order_searches_cut(loaded->order) > 0)
        loaded->losses |= 1u << SNARL_LOSS_SEARCH;
}

struct snarl_across *snarl_loaded_across(const struct snarl_loaded *loaded)
{
    return loaded->runs != NULL ? loaded->runs->across : NULL;
}
