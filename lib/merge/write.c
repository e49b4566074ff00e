/*
 * A merged recording, as a file.
 *
 * All is sorted by names, and ids and addresses are counted in that order. The walk over the shapes
 * and runs is made twice: first to see which items are used, then, these being numbered, to write.
 */
#include <stdlib.h>
#include <string.h>

#include "merge/writing.h"
#include "report/pool.h"

/* Where modules and locks lie that lie nowhere. */
#define FIRST_MODULE UINT64_C(0x010000000000)
#define FIRST_LOCK UINT64_C(0x400000000000)
#define MODULE_ALIGN UINT64_C(0x10000)
#define LOCK_STEP 64

void snarl_merged_put(const struct snarl_merge_writing *writing, void *fact, size_t size,
                      const void *rest, size_t rest_size)
{
    static const char zeros[8];
    if (writing->stream == NULL)
        return;
    size_t padding = (8 - (size + rest_size) % 8) % 8;
    ((struct snarl_fact_header *)fact)->size = (uint32_t)(size + rest_size + padding);
    fwrite(fact, size, 1, writing->stream);
    if (rest_size > 0)
        fwrite(rest, rest_size, 1, writing->stream);
    if (padding > 0)
        fwrite(zeros, padding, 1, writing->stream);
}

static uint32_t number_of(const struct snarl_merged_items *items, uint32_t serial)
{
    if (serial == 0)
        return 0;
    items->items[serial]->used = true;
    return items->items[serial]->number;
}

uint32_t snarl_merged_stack_number(const struct snarl_merge_writing *writing, uint32_t serial)
{
    return number_of(&writing->merge->stacks, serial);
}

uint32_t snarl_merged_lock_number(const struct snarl_merge_writing *writing, uint32_t serial)
{
    return number_of(&writing->merge->locks, serial);
}

uint32_t snarl_merged_module_number(const struct snarl_merge_writing *writing, uint32_t serial)
{
    return number_of(&writing->merge->modules, serial);
}

uint64_t snarl_merged_address(const struct snarl_merge_writing *writing, uint32_t module,
                              uint64_t offset)
{
    if (module == 0)
        return 0;
    snarl_merged_module_number(writing, module);
    return ((const struct snarl_merged_module *)writing->merge->modules.items[module])->base +
           offset;
}

static int compare_items(const void *left, const void *right)
{
    const struct snarl_merged_item *a = *(struct snarl_merged_item *const *)left;
    const struct snarl_merged_item *b = *(struct snarl_merged_item *const *)right;
    return snarl_merged_compare(&a->name, &b->name);
}

struct snarl_merged_item **snarl_merged_number(const struct snarl_merged_items *items, bool all,
                                               size_t *count)
{
    struct snarl_merged_item **sorted =
        calloc(items->count + 1, sizeof(struct snarl_merged_item *));
    if (sorted == NULL)
        snarl_pool_exhausted();
    *count = 0;
    for (uint32_t i = 1; i <= items->count; i++)
        if (all || items->items[i]->used)
            sorted[(*count)++] = items->items[i];
    qsort(sorted, *count, sizeof(struct snarl_merged_item *), compare_items);
    for (size_t i = 0; i < *count; i++)
        sorted[i]->number = (uint32_t)i + 1;
    return sorted;
}

/* Which stacks and modules those that are used refer to. */
static void use_what_is_referred_to(const struct snarl_merge_writing *writing)
{
    const struct snarl_merge *merge = writing->merge;
    for (uint32_t i = 1; i <= merge->locks.count; i++) {
        const struct snarl_merged_lock *lock = (const void *)merge->locks.items[i];
        if (!lock->item.used)
            continue;
        snarl_merged_stack_number(writing, lock->created);
        snarl_merged_stack_number(writing, lock->first_taken);
        snarl_merged_module_number(writing, lock->module);
        snarl_merged_module_number(writing, lock->executable);
    }
    for (uint32_t i = 1; i <= merge->stacks.count; i++) {
        const struct snarl_merged_stack *stack = (const void *)merge->stacks.items[i];
        for (uint32_t j = 0; stack->item.used && j < stack->count; j++)
            snarl_merged_module_number(writing, stack->frames[j].module);
    }
}

static void forget_use(const struct snarl_merged_items *items)
{
    for (uint32_t i = 1; i <= items->count; i++)
        items->items[i]->used = false;
}

static void number_all(struct snarl_merge_writing *writing)
{
    struct snarl_merge *merge = writing->merge;
    forget_use(&merge->modules);
    forget_use(&merge->stacks);
    forget_use(&merge->locks);
    writing->shapes = snarl_merged_number(&merge->shapes, true, &writing->shape_count);
    snarl_merged_put_shapes(writing);
    for (uint32_t i = 1; i <= merge->locks.count; i++)
        if (((const struct snarl_merged_lock *)merge->locks.items[i])->changes != 0)
            snarl_merged_lock_number(writing, i);
    use_what_is_referred_to(writing);
    writing->modules = snarl_merged_number(&merge->modules, false, &writing->module_count);
    writing->stacks = snarl_merged_number(&merge->stacks, false, &writing->stack_count);
    writing->locks = snarl_merged_number(&merge->locks, false, &writing->lock_count);
    uint64_t next = FIRST_MODULE;
    for (size_t i = 0; i < writing->module_count; i++) {
        struct snarl_merged_module *module = (void *)writing->modules[i];
        module->base = next;
        next = (next + module->end + MODULE_ALIGN) & ~(MODULE_ALIGN - 1);
    }
}

static void put_header(const struct snarl_merge_writing *writing)
{
    struct snarl_file_header header = {.version = SNARL_RECORDING_VERSION, .size = sizeof header};
    memcpy(header.magic, SNARL_RECORDING_MAGIC, sizeof header.magic);
    fwrite(&header, sizeof header, 1, writing->stream);
}

/* As its arguments, the programs that ran. */
static void put_process(const struct snarl_merge_writing *writing)
{
    struct snarl_fact_process fact = {.header.kind = SNARL_FACT_PROCESS};
    char *strings = NULL;
    FILE *text = open_memstream(&strings, &(size_t){0});
    if (text == NULL)
        snarl_pool_exhausted();
    fwrite("\0", 1, 2, text); /* no executable, no directory */
    bool *named = calloc(writing->module_count + 1, sizeof *named);
    if (named == NULL)
        snarl_pool_exhausted();
    for (size_t i = 0; i < writing->shape_count; i++) {
        const struct snarl_merged_shape *shape = (const void *)writing->shapes[i];
        named[snarl_merged_module_number(writing, shape->content.words[0])] = true;
    }
    uint32_t size = 2;
    for (size_t i = 1; i <= writing->module_count; i++)
        if (named[i]) {
            const char *path = ((const struct snarl_merged_module *)writing->modules[i - 1])->path;
            fwrite(path, strlen(path) + 1, 1, text);
            size += (uint32_t)strlen(path) + 1;
            fact.argument_count++;
        }
    fclose(text);
    fact.strings_size = size;
    snarl_merged_put(writing, &fact, offsetof(struct snarl_fact_process, strings), strings, size);
    free(named);
    free(strings);
}

static void put_module(const struct snarl_merge_writing *writing,
                       const struct snarl_merged_module *module)
{
    struct snarl_fact_module fact = {
        .header.kind = SNARL_FACT_MODULE,
        .bias = module->base,
        .start = module->base + (module->start < module->end ? module->start : module->end),
        .end = module->base + module->end,
        .build_id_size = module->build_id_size,
        .path_size = (uint32_t)strlen(module->path) + 1,
    };
    memcpy(fact.build_id, module->build_id, sizeof fact.build_id);
    snarl_merged_put(writing, &fact, offsetof(struct snarl_fact_module, path), module->path,
                     fact.path_size);
}

static void put_stack(const struct snarl_merge_writing *writing,
                      const struct snarl_merged_stack *stack)
{
    struct snarl_fact_stack fact = {
        .header.kind = SNARL_FACT_STACK, .stack = stack->item.number, .count = stack->count};
    uint64_t *addresses = calloc(stack->count + 1, sizeof *addresses);
    if (addresses == NULL)
        snarl_pool_exhausted();
    for (uint32_t i = 0; i < stack->count; i++)
        addresses[i] =
            snarl_merged_address(writing, stack->frames[i].module, stack->frames[i].offset);
    snarl_merged_put(writing, &fact, sizeof fact, addresses, stack->count * sizeof *addresses);
    free(addresses);
}

static void put_lock(const struct snarl_merge_writing *writing,
                     const struct snarl_merged_lock *lock)
{
    struct snarl_fact_lock fact = {
        .header.kind = SNARL_FACT_LOCK,
        .lock = lock->item.number,
        .kind = lock->kind,
        .flags = lock->flags,
        .value = lock->value,
        .created = snarl_merged_stack_number(writing, lock->created),
        .first_taken = snarl_merged_stack_number(writing, lock->first_taken),
        .address = lock->module != 0 ? snarl_merged_address(writing, lock->module, lock->offset)
                                     : FIRST_LOCK + (uint64_t)lock->item.number * LOCK_STEP,
    };
    struct snarl_fact_identity identity = {
        .header.kind = SNARL_FACT_IDENTITY,
        .of = SNARL_IDENTITY_OF_LOCK,
        .id = lock->item.number,
        .ordinal = lock->ordinal,
        .executable = snarl_merged_module_number(writing, lock->executable)};
    snarl_merged_put(writing, &fact, sizeof fact, NULL, 0);
    snarl_merged_put(writing, &identity, sizeof identity, NULL, 0);
    if (lock->told != NULL) {
        struct snarl_fact_lock_name name = {.header.kind = SNARL_FACT_LOCK_NAME,
                                            .lock = lock->item.number,
                                            .name_size = (uint32_t)strlen(lock->told) + 1};
        snarl_merged_put(writing, &name, sizeof name, lock->told, name.name_size);
    }
    for (uint32_t change = 1; change <= lock->changes; change *= 2)
        if (lock->changes & change) {
            struct snarl_fact_lock_change changed = {
                .header.kind = SNARL_FACT_LOCK_CHANGE, .lock = lock->item.number, .change = change};
            snarl_merged_put(writing, &changed, sizeof changed, NULL, 0);
        }
}

static void put_all(struct snarl_merge_writing *writing)
{
    put_header(writing);
    struct snarl_fact_shape none = {.header.kind = SNARL_FACT_SHAPE};
    snarl_merged_put(writing, &none, sizeof none, NULL, 0);
    put_process(writing);
    for (size_t i = 0; i < writing->module_count; i++)
        put_module(writing, (const struct snarl_merged_module *)writing->modules[i]);
    for (size_t i = 0; i < writing->stack_count; i++)
        put_stack(writing, (const struct snarl_merged_stack *)writing->stacks[i]);
    for (size_t i = 0; i < writing->lock_count; i++)
        put_lock(writing, (const struct snarl_merged_lock *)writing->locks[i]);
    for (uint32_t loss = 0; loss <= SNARL_LOSS_KINDS; loss++)
        if (writing->merge->losses & 1u << loss) {
            struct snarl_fact_loss fact = {.header.kind = SNARL_FACT_LOSS, .loss = loss};
            snarl_merged_put(writing, &fact, sizeof fact, NULL, 0);
        }
    snarl_merged_put_shapes(writing);
}

bool snarl_merge_write(struct snarl_merge *merge, FILE *stream)
{
    struct snarl_merge_writing writing = {.merge = merge};
    number_all(&writing);
    writing.stream = stream;
    put_all(&writing);
    free(writing.modules);
    free(writing.stacks);
    free(writing.locks);
    free(writing.shapes);
    free(writing.held);
    return fflush(stream) == 0 && !ferror(stream);
}
