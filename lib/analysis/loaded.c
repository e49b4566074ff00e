#include "analysis/loaded.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/loaded_runs.h"
#include "base/table.h"
#include "core/objects.h"

struct snarl_fact_entry {
    uint32_t id;
    size_t modules_then; /* how many modules had been read */
    const void *fact;
    UT_hash_handle by_id;
};

static const struct snarl_fact_entry *find(const struct snarl_fact_entry *table, uint32_t id)
{
    const struct snarl_fact_entry *entry;
    HASH_FIND(by_id, table, &id, sizeof id, entry);
    return entry;
}

/* The first fact of an id stands, but for names, where `replace` says that the last does. */
static void enter(struct snarl_loaded *loaded, struct snarl_fact_entry **table, uint32_t id,
                  const void *fact, bool replace)
{
    struct snarl_arena *arena = &loaded->arena;
    struct snarl_fact_entry *entry = (struct snarl_fact_entry *)(uintptr_t)find(*table, id);
    if (entry == NULL) {
        entry = snarl_arena_allocate(arena, sizeof *entry);
        if (entry == NULL)
            return;
        entry->id = id;
        HASH_ADD(by_id, *table, id, sizeof entry->id, entry);
        replace = true;
    }
    if (replace) {
        entry->fact = fact;
        entry->modules_then = loaded->module_count;
    }
}

/* Appends to an array of pointers that doubles at each power of two. */
static void append(const void ***array, size_t *count, const void *item)
{
    if ((*count & (*count - 1)) == 0) {
        const void **larger = realloc(*array, (*count == 0 ? 1 : 2 * *count) * sizeof *larger);
        if (larger == NULL)
            return;
        *array = larger;
    }
    (*array)[(*count)++] = item;
}

#define APPEND(loaded, array, count, item)                                                         \
    append((const void ***)&(loaded)->array, &(loaded)->count, item)

/* One that had not been met when it was told of first is told of again. */
static void note_lock(struct snarl_loaded *loaded, const struct snarl_fact_lock *fact)
{
    const struct snarl_fact_entry *known = find(loaded->locks, fact->lock);
    bool unmet =
        known != NULL && ((const struct snarl_fact_lock *)known->fact)->kind == SNARL_OBJECT_NONE;
    enter(loaded, &loaded->locks, fact->lock, fact, unmet);
    if (fact->device != 0 || fact->inode != 0 || fact->offset != 0)
        APPEND(loaded, shared_locks, shared_lock_count, fact);
}

/* There may be millions, and they come in the order of their ids. One that does not is another call
 * path of a known one, or a sign of damage. */
static void note_dependency(struct snarl_loaded *loaded, const struct snarl_fact_dependency *fact)
{
    size_t count = loaded->dependency_count;
    if (count == 0 || fact->dependency > loaded->dependencies[count - 1]->dependency)
        APPEND(loaded, dependencies, dependency_count, fact);
    else if (snarl_loaded_dependency(loaded, fact->dependency) == NULL) {
        enter(loaded, &loaded->late_dependencies, fact->dependency, fact, false);
        loaded->late_dependency_count++;
    }
}

/* Another thread may have started something between an exec and its failure. */
static void drop_last_exec(struct snarl_loaded *loaded)
{
    for (size_t i = loaded->start_count; i-- > 0;)
        if (loaded->starts[i]->kind == SNARL_START_EXEC) {
            loaded->start_count--;
            memmove(&loaded->starts[i], &loaded->starts[i + 1],
                    (loaded->start_count - i) * sizeof loaded->starts[0]);
            return;
        }
}

static void note_loss(struct snarl_loaded *loaded, uint32_t loss)
{
    loaded->losses |= 1u << (loss < SNARL_LOSS_KINDS ? loss : SNARL_LOSS_KINDS);
}

/* Those of which there are many, and none that is found by an id; false for the others. */
static bool gather(struct snarl_loaded *loaded, const struct snarl_fact_header *fact)
{
    switch (fact->kind) {
    case SNARL_FACT_MODULE:
        APPEND(loaded, modules, module_count, fact);
        return true;
    case SNARL_FACT_DEADLOCK:
        APPEND(loaded, deadlocks, deadlock_count, fact);
        return true;
    case SNARL_FACT_TABLE:
        APPEND(loaded, tables, table_count, fact);
        return true;
    case SNARL_FACT_START:
        APPEND(loaded, starts, start_count, fact);
        return true;
    case SNARL_FACT_THREAD_STACK:
        APPEND(loaded, thread_stacks, thread_stack_count, fact);
        return true;
    case SNARL_FACT_LIKE:
        APPEND(loaded, likes, like_count, fact);
        return true;
    case SNARL_FACT_WAKE:
        APPEND(loaded, wakes, wake_count, fact);
        return true;
    case SNARL_FACT_MISUSE:
        APPEND(loaded, misuses, misuse_count, fact);
        return true;
    case SNARL_FACT_ASLEEP:
        APPEND(loaded, asleeps, asleep_count, fact);
        return true;
    case SNARL_FACT_STEERED:
        APPEND(loaded, steered, steered_count, fact);
        return true;
    case SNARL_FACT_RACE:
        APPEND(loaded, races, race_count, fact);
        return true;
    case SNARL_FACT_EVENT:
        APPEND(loaded, events, event_count, fact);
        return true;
    default:
        return false;
    }
}

/* Of these there is one, or one for each id. Wants are told later, see loaded_order.c. */
static void take(struct snarl_loaded *loaded, const struct snarl_fact_header *header)
{
    const void *fact = header;
    switch (header->kind) {
    case SNARL_FACT_PROCESS:
        loaded->process = fact;
        break;
    case SNARL_FACT_CALLS:
        loaded->calls = fact;
        break;
    case SNARL_FACT_STACK:
        enter(loaded, &loaded->stacks, ((const struct snarl_fact_stack *)fact)->stack, fact, false);
        break;
    case SNARL_FACT_THREAD:
        enter(loaded, &loaded->threads, ((const struct snarl_fact_thread *)fact)->thread, fact,
              false);
        break;
    case SNARL_FACT_THREAD_NAME:
        if (loaded->first_name == NULL)
            loaded->first_name = ((const struct snarl_fact_thread_name *)fact)->name;
        enter(loaded, &loaded->names, ((const struct snarl_fact_thread_name *)fact)->thread, fact,
              true);
        break;
    case SNARL_FACT_LOCK:
        note_lock(loaded, fact);
        break;
    case SNARL_FACT_LOCK_NAME:
        enter(loaded, &loaded->lock_names, ((const struct snarl_fact_lock_name *)fact)->lock, fact,
              true);
        break;
    case SNARL_FACT_LOCK_CHANGE:
        snarl_loaded_note_change(loaded, fact);
        break;
    case SNARL_FACT_DEPENDENCY:
        note_dependency(loaded, fact);
        break;
    case SNARL_FACT_START_FAILED:
        drop_last_exec(loaded);
        break;
    case SNARL_FACT_LOSS:
        note_loss(loaded, ((const struct snarl_fact_loss *)fact)->loss);
        break;
    case SNARL_FACT_CHAOS:
        loaded->chaos = fact;
        break;
    case SNARL_FACT_END:
        loaded->end = fact;
        break;
    }
}

/* The losses that the first table tells of, for which there may have been no room elsewhere. */
static void note_table(struct snarl_loaded *loaded)
{
    if (loaded->table_count == 0)
        return;
    loaded->first_table = loaded->tables[0];
    loaded->losses |= (uint32_t)loaded->first_table->losses & ((1u << SNARL_LOSS_KINDS) - 1);
}

/* What a row says of an object, as a fact. */
static void enter_row_object(struct snarl_loaded *loaded, const struct snarl_row_object *object)
{
    if (object->object == 0 || find(loaded->locks, object->object) != NULL)
        return;
    struct snarl_fact_lock *fact = snarl_arena_allocate(&loaded->arena, sizeof *fact);
    if (fact == NULL)
        return;
    fact->lock = object->object;
    fact->kind = object->kind;
    fact->created = object->created;
    fact->value = object->value;
    fact->address = object->address;
    enter(loaded, &loaded->locks, fact->lock, fact, false);
}

/* Not all that threads wait for is written down as a fact: the rows have the rest. */
static void enter_row_objects(struct snarl_loaded *loaded)
{
    for (size_t i = 0; i < loaded->table_count; i++)
        for (uint32_t j = 0; j < loaded->tables[i]->row_count; j++) {
            const struct snarl_thread_row *row = snarl_reader_row(loaded->tables[i], j);
            if (row->state != SNARL_ROW_ALIVE || row->sequence % 2 == 0)
                continue;
            if (row->want_kind != SNARL_WANTS_THREAD) /* whose ids are others */
                enter_row_object(loaded, &row->want_described);
            enter_row_object(loaded, &row->want_mutex);
        }
}

bool snarl_loaded_read(struct snarl_loaded *loaded, const char *path,
                       const struct snarl_loaded_options *options, char *error, size_t error_size)
{
    memset(loaded, 0, sizeof *loaded);
    loaded->path = path;
    if (!snarl_reader_open(&loaded->reader, path, error, error_size))
        return false;
    snarl_arena_start(&loaded->arena, 0, false);
    loaded->order = snarl_lock_order_create(&loaded->arena, options->keep_infeasible);
    if (loaded->order == NULL) {
        snprintf(error, error_size, "%s: out of memory", path);
        snarl_loaded_free(loaded);
        return false;
    }
    const struct snarl_fact_header *fact;
    while ((fact = snarl_reader_next(&loaded->reader)) != NULL)
        if (!gather(loaded, fact) && !snarl_loaded_note_runs(loaded, fact))
            take(loaded, fact);
    note_table(loaded);
    enter_row_objects(loaded);
    snarl_loaded_end_runs(loaded);
    if (!options->facts_only && snarl_loaded_is_merged(loaded))
        snarl_loaded_judge_across(loaded);
    else if (!options->facts_only)
        snarl_loaded_judge(loaded);
    return true;
}

void snarl_loaded_free(struct snarl_loaded *loaded)
{
    free(loaded->modules);
    free(loaded->dependencies);
    free(loaded->tables);
    free(loaded->deadlocks);
    free(loaded->starts);
    free(loaded->thread_stacks);
    free(loaded->misuses);
    free(loaded->likes);
    free(loaded->wakes);
    free(loaded->asleeps);
    free(loaded->steered);
    free(loaded->events);
    free(loaded->races);
    free(loaded->shared_locks);
    snarl_loaded_free_runs(loaded);
    snarl_arena_end(&loaded->arena);
    snarl_reader_close(&loaded->reader);
}

unsigned snarl_loaded_lock_count(const struct snarl_loaded *loaded)
{
    return HASH_CNT(by_id, loaded->locks);
}

unsigned snarl_loaded_thread_count(const struct snarl_loaded *loaded)
{
    return HASH_CNT(by_id, loaded->threads);
}

uint32_t *snarl_loaded_lock_ids(const struct snarl_loaded *loaded, size_t *count)
{
    uint32_t *ids = calloc(HASH_CNT(by_id, loaded->locks) + 1, sizeof *ids);
    *count = 0;
    for (const struct snarl_fact_entry *lock = loaded->locks; ids != NULL && lock != NULL;
         lock = lock->by_id.next)
        ids[(*count)++] = lock->id;
    return ids;
}

static const void *fact_of(const struct snarl_fact_entry *table, uint32_t id, size_t *modules_then)
{
    const struct snarl_fact_entry *entry = find(table, id);
    *modules_then = entry != NULL ? entry->modules_then : 0;
    return entry != NULL ? entry->fact : NULL;
}

const struct snarl_fact_thread *snarl_loaded_thread(const struct snarl_loaded *loaded,
                                                    uint32_t thread, size_t *modules_then)
{
    return fact_of(loaded->threads, thread, modules_then);
}

const struct snarl_fact_lock *snarl_loaded_lock(const struct snarl_loaded *loaded, uint32_t lock,
                                                size_t *modules_then)
{
    return fact_of(loaded->locks, lock, modules_then);
}

static int compare_dependency(const void *key, const void *item)
{
    uint32_t id = *(const uint32_t *)key;
    const struct snarl_fact_dependency *fact = *(const struct snarl_fact_dependency *const *)item;
    return (id > fact->dependency) - (id < fact->dependency);
}

const struct snarl_fact_dependency *snarl_loaded_dependency(const struct snarl_loaded *loaded,
                                                            uint32_t dependency)
{
    const struct snarl_fact_dependency *const *found =
        loaded->dependency_count == 0
            ? NULL
            : bsearch(&dependency, loaded->dependencies, loaded->dependency_count,
                      sizeof(const struct snarl_fact_dependency *), compare_dependency);
    if (found != NULL)
        return *found;
    const struct snarl_fact_entry *entry = find(loaded->late_dependencies, dependency);
    return entry != NULL ? entry->fact : NULL;
}

const struct snarl_fact_stack *snarl_loaded_stack(const struct snarl_loaded *loaded, uint32_t stack,
                                                  size_t *modules_then)
{
    return fact_of(loaded->stacks, stack, modules_then);
}

const char *snarl_loaded_thread_name(const struct snarl_loaded *loaded, uint32_t thread)
{
    const struct snarl_fact_entry *entry = find(loaded->names, thread);
    return entry != NULL ? ((const struct snarl_fact_thread_name *)entry->fact)->name : NULL;
}

const char *snarl_loaded_lock_name(const struct snarl_loaded *loaded, uint32_t lock)
{
    const struct snarl_fact_entry *entry = find(loaded->lock_names, lock);
    return entry != NULL ? ((const struct snarl_fact_lock_name *)entry->fact)->name : NULL;
}

const struct snarl_fact_module *snarl_loaded_module(const struct snarl_loaded *loaded,
                                                    uint64_t address, size_t modules_then)
{
    for (size_t i = modules_then; i-- > 0;)
        if (address >= loaded->modules[i]->start && address < loaded->modules[i]->end)
            return loaded->modules[i];
    return NULL;
}

const char *snarl_loaded_call(const struct snarl_loaded *loaded, uint32_t call)
{
    if (loaded->calls == NULL || call == 0 || call > loaded->calls->count)
        return NULL;
    const char *name = loaded->calls->strings;
    while (--call > 0)
        name = snarl_reader_string_after(name);
    return name;
}

bool snarl_loaded_exec(const struct snarl_loaded *loaded)
{
    for (size_t i = 0; i < loaded->start_count; i++)
        if (loaded->starts[i]->kind == SNARL_START_EXEC &&
            loaded->starts[i]->pid == loaded->reader.header->pid)
            return true;
    return false;
}
