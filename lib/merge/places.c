/* What a recording names by ids and addresses, as items of the merged one: modules, stacks, locks.
 */
#include <stdlib.h>
#include <string.h>

#include "merge/parts.h"
#include "report/pool.h"

enum {
    NAME_OF_MODULE_BY_BUILD,
    NAME_OF_MODULE_BY_PATH,
    NAME_OF_STACK,
    NAME_OF_STATIC_LOCK,
    NAME_OF_LOCK,
};

#define LARGEST (UINT64_C(1) << 38) /* module that we believe in */

struct snarl_merged_known {
    uint32_t id, serial;
    uint32_t ordinal; /* of a lock of an ordinary recording */
    UT_hash_handle by_id;
};

static struct snarl_merged_known *known(struct snarl_merge_reading *reading,
                                        struct snarl_merged_known **table, uint32_t id, bool *fresh)
{
    struct snarl_arena *arena = &reading->arena;
    struct snarl_merged_known *entry;
    HASH_FIND(by_id, *table, &id, sizeof id, entry);
    *fresh = entry == NULL;
    if (entry == NULL) {
        entry = snarl_merged_allocate(arena, sizeof *entry);
        entry->id = id;
        HASH_ADD(by_id, *table, id, sizeof entry->id, entry);
    }
    return entry;
}

static const char *copy_path(struct snarl_merge *merge, const char *path)
{
    size_t size = strlen(path) + 1;
    return memcpy(snarl_merged_allocate(&merge->arena, size), path, size);
}

/* A file, by its build-id if it has one; `start` and `end` as the file counts, the greater one
 * first where that is not known. */
static uint32_t take_module(struct snarl_merge *merge, const char *path, const uint8_t *build_id,
                            uint32_t build_id_size, uint64_t start, uint64_t end)
{
    bool built = build_id_size > 0;
    struct snarl_merged_name name =
        snarl_merged_name_begin(built ? NAME_OF_MODULE_BY_BUILD : NAME_OF_MODULE_BY_PATH);
    if (built)
        snarl_merged_name_add_bytes(&name, build_id, build_id_size);
    else
        snarl_merged_name_add_bytes(&name, path, strlen(path));
    struct snarl_merged_module *module = (void *)snarl_merged_find(&merge->modules, &name);
    if (module == NULL) {
        module = snarl_merged_new(merge, &merge->modules, &name, sizeof *module);
        module->path = copy_path(merge, path);
        module->build_id_size = build_id_size;
        if (built)
            memcpy(module->build_id, build_id, build_id_size);
        module->start = start;
        module->end = end;
    }
    if (strcmp(path, module->path) < 0)
        module->path = copy_path(merge, path);
    module->start = start < module->start ? start : module->start;
    module->end = end > module->end ? end : module->end;
    return module->item.serial;
}

uint32_t snarl_merged_module_of(struct snarl_merge_reading *reading,
                                const struct snarl_fact_module *fact)
{
    if (fact->start == fact->end)
        return take_module(reading->merge, fact->path, fact->build_id, fact->build_id_size,
                           UINT64_MAX, 0);
    return take_module(reading->merge, fact->path, fact->build_id, fact->build_id_size,
                       fact->start - fact->bias, fact->end - fact->bias);
}

uint32_t snarl_merged_module_by_path(struct snarl_merge_reading *reading, const char *path)
{
    return take_module(reading->merge, path, NULL, 0, UINT64_MAX, 0);
}

struct snarl_merged_frame snarl_merged_frame_of(struct snarl_merge_reading *reading,
                                                uint64_t address, size_t modules_then,
                                                bool is_return_address)
{
    const struct snarl_fact_module *module =
        snarl_loaded_module(&reading->loaded, address - is_return_address, modules_then);
    if (module == NULL || module->start < module->bias || module->end - module->bias > LARGEST)
        return (struct snarl_merged_frame){0, 0};
    return (struct snarl_merged_frame){snarl_merged_module_of(reading, module),
                                       address - module->bias};
}

static void add_frame(struct snarl_merge *merge, struct snarl_merged_name *name,
                      const struct snarl_merged_frame *frame)
{
    static const struct snarl_merged_name nowhere;
    snarl_merged_name_add_name(name, frame->module != 0 ? &merge->modules.items[frame->module]->name
                                                        : &nowhere);
    snarl_merged_name_add(name, frame->offset);
}

static uint32_t take_stack(struct snarl_merge_reading *reading, const struct snarl_fact_stack *fact,
                           size_t modules_then)
{
    struct snarl_merge *merge = reading->merge;
    size_t size = fact->count * sizeof(struct snarl_merged_frame);
    struct snarl_merged_frame *frames = snarl_merged_allocate(&reading->arena, size + 1);
    struct snarl_merged_name name = snarl_merged_name_begin(NAME_OF_STACK);
    for (uint32_t i = 0; i < fact->count; i++) {
        frames[i] = snarl_merged_frame_of(reading, fact->address[i], modules_then, true);
        add_frame(merge, &name, &frames[i]);
    }
    struct snarl_merged_stack *stack = (void *)snarl_merged_find(&merge->stacks, &name);
    if (stack == NULL) {
        stack = snarl_merged_new(merge, &merge->stacks, &name, sizeof *stack + size);
        stack->count = fact->count;
        memcpy(stack->frames, frames, size);
    }
    snarl_arena_free(&reading->arena, frames, size + 1);
    return stack->item.serial;
}

uint32_t snarl_merged_stack_of(struct snarl_merge_reading *reading, uint32_t id)
{
    size_t modules_then;
    bool fresh;
    const struct snarl_fact_stack *fact = snarl_loaded_stack(&reading->loaded, id, &modules_then);
    if (id == 0 || fact == NULL)
        return 0;
    struct snarl_merged_known *stack = known(reading, &reading->known_stacks, id, &fresh);
    if (fresh)
        stack->serial = take_stack(reading, fact, modules_then);
    return stack->serial;
}

/* Where a lock comes from: the same in every run. */
struct origin {
    struct snarl_merged_name name;
    uint32_t executable;
    struct snarl_merged_frame place; /* of a static one */
    uint32_t created, first_taken;
    const char *told; /* the name that the program gives it, or NULL */
};

static const struct snarl_fact_module *module_number(const struct snarl_merge_reading *reading,
                                                     uint32_t number)
{
    const struct snarl_loaded *loaded = &reading->loaded;
    return number != 0 && number <= loaded->module_count ? loaded->modules[number - 1] : NULL;
}

static struct origin origin_of(struct snarl_merge_reading *reading,
                               const struct snarl_fact_lock *fact, size_t modules_then,
                               const struct snarl_fact_identity *identity)
{
    struct snarl_merge *merge = reading->merge;
    static const struct snarl_merged_name unknown;
    struct origin origin = {
        .executable = reading->executable,
        .place = snarl_merged_frame_of(reading, fact->address, modules_then, false),
        .created = snarl_merged_stack_of(reading, fact->created),
        .first_taken = snarl_merged_stack_of(reading, fact->first_taken),
        .told = snarl_loaded_lock_name(&reading->loaded, fact->lock),
    };
    if (identity != NULL) {
        const struct snarl_fact_module *module = module_number(reading, identity->executable);
        origin.executable = module != NULL ? snarl_merged_module_of(reading, module) : 0;
    }
    bool is_static = origin.place.module != 0;
    uint32_t made = origin.created != 0 ? origin.created : origin.first_taken;
    origin.name = snarl_merged_name_begin(is_static ? NAME_OF_STATIC_LOCK : NAME_OF_LOCK);
    snarl_merged_name_add_name(&origin.name, origin.executable != 0
                                                 ? &merge->modules.items[origin.executable]->name
                                                 : &unknown);
    snarl_merged_name_add(&origin.name, fact->kind);
    snarl_merged_name_add(&origin.name, fact->flags & ~(uint32_t)SNARL_LOCK_POLLED);
    snarl_merged_name_add(&origin.name, fact->value);
    if (is_static)
        add_frame(merge, &origin.name, &origin.place);
    else
        snarl_merged_name_add_name(&origin.name,
                                   made != 0 ? &merge->stacks.items[made]->name : &unknown);
    if (origin.told != NULL)
        snarl_merged_name_add_bytes(&origin.name, origin.told, strlen(origin.told));
    return origin;
}

/* Counts the locks that were made at one place. */
struct made {
    struct snarl_merged_name where;
    uint32_t count;
    UT_hash_handle by_place;
};

static int compare_ids(const void *left, const void *right)
{
    uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
    return (a > b) - (a < b);
}

/* Ids are given in the order in which locks appear. */
void snarl_merged_order_locks(struct snarl_merge_reading *reading)
{
    struct snarl_arena *arena = &reading->arena;
    size_t count;
    uint32_t *ids = snarl_loaded_lock_ids(&reading->loaded, &count);
    qsort(ids, count, sizeof *ids, compare_ids);
    struct made *table = NULL;
    for (size_t i = 0; i < count; i++) {
        size_t modules_then;
        bool fresh;
        const struct snarl_fact_lock *fact =
            snarl_loaded_lock(&reading->loaded, ids[i], &modules_then);
        struct origin origin = origin_of(reading, fact, modules_then, NULL);
        struct made *made;
        HASH_FIND(by_place, table, &origin.name, sizeof origin.name, made);
        if (made == NULL) {
            made = snarl_merged_allocate(arena, sizeof *made);
            made->where = origin.name;
            HASH_ADD(by_place, table, where, sizeof made->where, made);
        }
        known(reading, &reading->known_locks, ids[i], &fresh)->ordinal = made->count++;
    }
    free(ids);
}

/* Of two stacks, 0 for none, the one with the lesser name. */
static uint32_t least_stack(const struct snarl_merge *merge, uint32_t left, uint32_t right)
{
    if (left == 0 || right == 0)
        return left + right;
    struct snarl_merged_item *const *items = merge->stacks.items;
    return snarl_merged_compare(&items[left]->name, &items[right]->name) <= 0 ? left : right;
}

static uint32_t take_lock(struct snarl_merge_reading *reading, const struct snarl_fact_lock *fact,
                          size_t modules_then, uint32_t ordinal,
                          const struct snarl_fact_identity *identity)
{
    struct snarl_merge *merge = reading->merge;
    struct origin origin = origin_of(reading, fact, modules_then, identity);
    /* So that those made at one place follow each other by name, in their order. */
    origin.name.words[1] = (origin.name.words[1] & ~(uint64_t)UINT32_MAX) | ordinal;
    struct snarl_merged_lock *lock = (void *)snarl_merged_find(&merge->locks, &origin.name);
    if (lock == NULL) {
        lock = snarl_merged_new(merge, &merge->locks, &origin.name, sizeof *lock);
        lock->kind = fact->kind;
        lock->flags = fact->flags & ~(uint32_t)SNARL_LOCK_POLLED;
        lock->value = fact->value;
        lock->ordinal = ordinal;
        lock->executable = origin.executable;
        lock->module = origin.place.module;
        lock->offset = origin.place.offset;
        if (origin.told != NULL)
            lock->told =
                strcpy(snarl_merged_allocate(&merge->arena, strlen(origin.told) + 1), origin.told);
    }
    lock->created = least_stack(merge, lock->created, origin.created);
    lock->first_taken = least_stack(merge, lock->first_taken, origin.first_taken);
    if (snarl_loaded_is_signal(&reading->loaded, fact->lock))
        lock->changes |= SNARL_LOCK_IS_SIGNAL;
    if (snarl_loaded_is_polled(&reading->loaded, fact->lock))
        lock->changes |= SNARL_LOCK_IS_POLLED;
    return lock->item.serial;
}

uint32_t snarl_merged_lock_of(struct snarl_merge_reading *reading, uint32_t id)
{
    size_t modules_then;
    bool fresh;
    const struct snarl_fact_lock *fact = snarl_loaded_lock(&reading->loaded, id, &modules_then);
    if (id == 0 || fact == NULL)
        return 0;
    struct snarl_merged_known *lock = known(reading, &reading->known_locks, id, &fresh);
    if (lock->serial == 0) {
        const struct snarl_fact_identity *identity =
            snarl_loaded_identity(&reading->loaded, SNARL_IDENTITY_OF_LOCK, id);
        uint32_t ordinal = identity != NULL ? identity->ordinal : lock->ordinal;
        lock->serial = take_lock(reading, fact, modules_then, ordinal, identity);
    }
    return lock->serial;
}
