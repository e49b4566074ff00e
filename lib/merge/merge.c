#include "merge/merge.h"

#include <stdlib.h>
#include <string.h>

#include "merge/parts.h"
#include "report/pool.h"

struct snarl_merge *snarl_merge_create(void)
{
    struct snarl_merge *merge = calloc(1, sizeof *merge);
    if (merge == NULL)
        snarl_pool_exhausted();
    snarl_arena_start(&merge->arena, 0, false);
    return merge;
}

/* Appends to an array of pointers that doubles at each power of two. */
static void append(const void ***array, size_t *count, const void *item)
{
    if ((*count & (*count - 1)) == 0) {
        const void **larger = realloc(*array, (*count == 0 ? 1 : 2 * *count) * sizeof *larger);
        if (larger == NULL)
            snarl_pool_exhausted();
        *array = larger;
    }
    (*array)[(*count)++] = item;
}

/* The module of the program itself; 0 where the recording was cut before it. */
static uint32_t executable_of(struct snarl_merge_reading *reading)
{
    const struct snarl_loaded *loaded = &reading->loaded;
    if (loaded->process == NULL)
        return 0;
    for (size_t i = 0; i < loaded->module_count; i++)
        if (strcmp(loaded->modules[i]->path, loaded->process->strings) == 0)
            return snarl_merged_module_of(reading, loaded->modules[i]);
    return snarl_merged_module_by_path(reading, loaded->process->strings);
}

static void end_run(struct snarl_merge_reading *reading)
{
    snarl_merged_identify_threads(reading);
    snarl_merged_mark_threads(reading);
    snarl_merged_take_run(reading, snarl_merged_take_shape(reading));
    reading->deed_count = 0;
}

static void begin_shape(struct snarl_merge_reading *reading, const struct snarl_fact_shape *fact)
{
    const struct snarl_loaded *loaded = &reading->loaded;
    reading->threads = NULL;
    reading->thread_count = reading->orders.count = 0;
    reading->executable =
        fact->executable != 0 && fact->executable <= loaded->module_count
            ? snarl_merged_module_of(reading, loaded->modules[fact->executable - 1])
            : 0;
}

static void take(struct snarl_merge_reading *reading, const struct snarl_fact_header *fact)
{
    const void *whole = fact;
    switch (fact->kind) {
    case SNARL_FACT_THREAD:
        snarl_merged_add_thread(reading, whole);
        break;
    case SNARL_FACT_JOIN:
    case SNARL_FACT_JOIN_HELD:
    case SNARL_FACT_ARRIVAL:
    case SNARL_FACT_FOUND_DONE:
        snarl_merged_add_order(reading, fact);
        break;
    case SNARL_FACT_DEPENDENCY:
    case SNARL_FACT_SEGMENT:
    case SNARL_FACT_DEADLOCK:
    case SNARL_FACT_MISUSE:
        append((const void ***)&reading->deeds, &reading->deed_count, fact);
        break;
    }
}

/* An ordinary recording is one run in one shape, with its facts in any order. */
static void take_runs(struct snarl_merge_reading *reading)
{
    const struct snarl_fact_header *fact;
    bool merged = snarl_loaded_is_merged(&reading->loaded), in_run = !merged;
    snarl_reader_rewind(&reading->loaded.reader);
    while ((fact = snarl_reader_next(&reading->loaded.reader)) != NULL) {
        const void *whole = fact;
        bool shape = fact->kind == SNARL_FACT_SHAPE, run = fact->kind == SNARL_FACT_RUN;
        if (shape && ((const struct snarl_fact_shape *)whole)->shape == 0)
            continue;
        if ((shape || run) && in_run && merged)
            end_run(reading);
        if (shape)
            begin_shape(reading, whole);
        if (shape || run)
            in_run = run || !merged;
        else
            take(reading, fact);
    }
    if (in_run)
        end_run(reading);
}

/* What is known of a lock holds for the runs, too, that do not know it. */
static void take_changed_locks(struct snarl_merge_reading *reading)
{
    size_t count;
    uint32_t *ids = snarl_loaded_lock_ids(&reading->loaded, &count);
    for (size_t i = 0; i < count; i++)
        if (snarl_loaded_is_signal(&reading->loaded, ids[i]) ||
            snarl_loaded_is_polled(&reading->loaded, ids[i]))
            snarl_merged_lock_of(reading, ids[i]);
    free(ids);
}

bool snarl_merge_add(struct snarl_merge *merge, const char *path, char *error, size_t error_size)
{
    struct snarl_merge_reading reading = {.merge = merge};
    const struct snarl_loaded_options options = {.facts_only = true};
    if (!snarl_loaded_read(&reading.loaded, path, &options, error, error_size))
        return false;
    snarl_arena_start(&reading.arena, 0, false);
    merge->losses |= reading.loaded.losses & ~(1u << SNARL_LOSS_TIMELINE); /* nor is it kept */
    if (reading.loaded.reader.lost > 0)
        merge->losses |= 1u << SNARL_LOSS_CUT;
    if (reading.loaded.shared_lock_count > 0)
        merge->losses |= 1u << SNARL_LOSS_APART;
    reading.executable = executable_of(&reading);
    if (!snarl_loaded_is_merged(&reading.loaded))
        snarl_merged_order_locks(&reading);
    take_runs(&reading);
    take_changed_locks(&reading);
    free(reading.in_order);
    free(reading.orders.facts);
    free(reading.orders.cuts);
    free(reading.deeds);
    snarl_arena_end(&reading.arena);
    snarl_loaded_free(&reading.loaded);
    return true;
}

size_t snarl_merge_run_count(const struct snarl_merge *merge)
{
    size_t count = 0;
    for (uint32_t i = 1; i <= merge->shapes.count; i++)
        count += ((const struct snarl_merged_shape *)merge->shapes.items[i])->runs.count;
    return count;
}

void snarl_merge_free(struct snarl_merge *merge)
{
    for (uint32_t i = 1; i <= merge->shapes.count; i++)
        free(((struct snarl_merged_shape *)merge->shapes.items[i])->runs.items);
    free(merge->modules.items);
    free(merge->stacks.items);
    free(merge->locks.items);
    free(merge->shapes.items);
    free(merge->shape_text.words);
    free(merge->run_text.words);
    snarl_arena_end(&merge->arena);
    free(merge);
}
