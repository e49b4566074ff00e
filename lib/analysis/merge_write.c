/*
 * A merged recording, as a file.
 *
 * All is sorted by names, and ids and addresses are counted in that order. The walk over the shapes
 * and runs is made twice: first to see which items are used, then, these being numbered, to write.
 */
#include <stdlib.h>
#include <string.h>

#include "analysis/merge_parts.h"
#include "base/hash.h"
#include "report/pool.h"

/* Where modules and locks lie that lie nowhere. */
#define FIRST_MODULE UINT64_C(0x010000000000)
#define FIRST_LOCK UINT64_C(0x400000000000)
#define MODULE_ALIGN UINT64_C(0x10000)
#define LOCK_STEP 64

struct writing {
    struct snarl_merge *merge;
    FILE *stream; /* NULL: only look what is used */
    struct snarl_merged_item **modules, **stacks, **locks, **shapes; /* by number, from 0 */
    size_t module_count, stack_count, lock_count, shape_count;
    const struct snarl_merged_shape *shape; /* at hand */
    uint32_t last_shape, last_run, last_thread, last_dependency;
    uint32_t first_thread; /* of the shape at hand */
    struct snarl_held *held;
    uint32_t room;
};

/* One fact, of `parts` one behind the other, the first beginning with its header. */
static void put(const struct writing *writing, void *fact, size_t size, const void *rest,
                size_t rest_size)
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

static uint32_t stack_number(const struct writing *writing, uint32_t serial)
{
    return number_of(&writing->merge->stacks, serial);
}

static uint32_t lock_number(const struct writing *writing, uint32_t serial)
{
    return number_of(&writing->merge->locks, serial);
}

static uint32_t module_number(const struct writing *writing, uint32_t serial)
{
    return number_of(&writing->merge->modules, serial);
}

static uint64_t address_in(const struct writing *writing, uint32_t module, uint64_t offset)
{
    if (module == 0)
        return 0;
    module_number(writing, module);
    return ((const struct snarl_merged_module *)writing->merge->modules.items[module])->base +
           offset;
}

/* A thread's id, by its place from 1. */
static uint32_t thread_id(const struct writing *writing, uint32_t place)
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
static uint32_t take_held(struct writing *writing, struct words *words)
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
        uint32_t lock = lock_number(writing, take(words));
        uint32_t stack = stack_number(writing, take(words));
        writing->held[i] = (struct snarl_held){
            .lock = lock, .stack = stack & INT32_MAX, .shared = take(words) & 1};
    }
    return count;
}

static void put_thread(struct writing *writing, struct words *words, const char *name)
{
    struct snarl_fact_identity identity = {.header.kind = SNARL_FACT_IDENTITY};
    struct snarl_fact_thread fact = {.header.kind = SNARL_FACT_THREAD};
    fact.thread = identity.id = ++writing->last_thread;
    bool main = take(words);
    identity.of = main ? SNARL_IDENTITY_OF_MAIN : SNARL_IDENTITY_OF_THREAD;
    fact.absent = take(words);
    fact.parent = thread_id(writing, take(words));
    fact.parent_segment = take(words);
    fact.stack = stack_number(writing, take(words));
    uint32_t module = take(words);
    uint64_t offset = take(words);
    offset |= (uint64_t)take(words) << 32;
    fact.start = address_in(writing, module, offset);
    identity.ordinal = take(words);
    identity.like = take(words);
    fact.held_count = take_held(writing, words);
    put(writing, &fact, sizeof fact, writing->held, fact.held_count * sizeof writing->held[0]);
    put(writing, &identity, sizeof identity, NULL, 0);
    if (name[0] == '\0')
        return;
    struct snarl_fact_thread_name named = {.header.kind = SNARL_FACT_THREAD_NAME,
                                           .thread = fact.thread};
    memcpy(named.name, name, sizeof named.name);
    put(writing, &named, sizeof named, NULL, 0);
}

static void put_join(struct writing *writing, struct words *words, uint32_t thread,
                     uint32_t segment)
{
    struct snarl_fact_join fact = {
        .header.kind = SNARL_FACT_JOIN, .thread = thread, .segment = segment};
    fact.joined = thread_id(writing, take(words) + 1);
    put(writing, &fact, sizeof fact, NULL, 0);
    struct snarl_fact_join_held held = {.header.kind = SNARL_FACT_JOIN_HELD, .count = take(words)};
    if (held.count == 0)
        return;
    struct snarl_held_since *since = calloc(held.count, sizeof *since);
    if (since == NULL)
        snarl_pool_exhausted();
    for (uint32_t i = 0; i < held.count; i++) {
        since[i].lock = lock_number(writing, take(words));
        since[i].since = take(words) & INT32_MAX;
        since[i].shared = take(words) & 1;
    }
    put(writing, &held, sizeof held, since, held.count * sizeof *since);
    free(since);
}

static void put_orders(struct writing *writing, struct words *words)
{
    for (uint32_t left = take(words); left > 0; left--) {
        uint32_t kind = take(words), thread = thread_id(writing, take(words) + 1);
        uint32_t segment = take(words);
        if (kind == SNARL_FACT_JOIN) {
            put_join(writing, words, thread, segment);
            continue;
        }
        uint32_t object = lock_number(writing, take(words));
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
            put(writing, &arrival, sizeof arrival, NULL, 0);
        else
            put(writing, &done, sizeof done, NULL, 0);
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

static void put_want(struct writing *writing, struct snarl_arena *arena, struct told **table,
                     struct words *words)
{
    struct snarl_fact_dependency fact = {.header.kind = SNARL_FACT_DEPENDENCY};
    uint32_t place = take(words);
    fact.segment = take(words);
    fact.lock = lock_number(writing, take(words));
    fact.stack = stack_number(writing, take(words));
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
        put(writing, &again, sizeof again, NULL, 0);
        return;
    }
    fact.dependency = told->dependency = ++writing->last_dependency;
    put(writing, &fact, sizeof fact, writing->held, held_size);
}

static void put_deadlock(struct writing *writing, struct words *words)
{
    struct snarl_fact_deadlock fact = {.header.kind = SNARL_FACT_DEADLOCK, .count = take(words)};
    char *steps = NULL;
    size_t size = 0;
    for (uint32_t i = 0; i < fact.count; i++) {
        struct snarl_deadlock_step step = {.thread = thread_id(writing, take(words))};
        step.want_kind = take(words);
        uint32_t object = take(words);
        step.object = step.want_kind == SNARL_WANTS_THREAD ? thread_id(writing, object)
                                                           : lock_number(writing, object);
        step.stack = stack_number(writing, take(words));
        step.flags = take(words);
        step.held_count = take_held(writing, words);
        size_t held_size = step.held_count * sizeof writing->held[0];
        char *larger = realloc(steps, size + sizeof step + held_size);
        if (larger == NULL)
            snarl_pool_exhausted();
        steps = larger;
        memcpy(steps + size, &step, sizeof step);
        if (held_size > 0)
            memcpy(steps + size + sizeof step, writing->held, held_size);
        size += sizeof step + held_size;
    }
    put(writing, &fact, sizeof fact, steps, size);
    free(steps);
}

static void put_misuse(const struct writing *writing, struct words *words)
{
    struct snarl_fact_misuse fact = {.header.kind = SNARL_FACT_MISUSE};
    fact.misuse = take(words);
    fact.severity = take(words);
    fact.thread = thread_id(writing, take(words));
    fact.stack = stack_number(writing, take(words));
    uint32_t object = take(words);
    fact.object = snarl_misuse_is_of_threads(fact.misuse) ? thread_id(writing, object)
                                                          : lock_number(writing, object);
    fact.other_thread = thread_id(writing, take(words));
    fact.other_stack = stack_number(writing, take(words));
    fact.other_object = lock_number(writing, take(words));
    fact.kind = take(words);
    put(writing, &fact, sizeof fact, NULL, 0);
}

static void put_run(struct writing *writing, const struct snarl_merged_words *run)
{
    struct snarl_arena arena;
    snarl_arena_start(&arena, 0, false);
    struct snarl_fact_run fact = {.header.kind = SNARL_FACT_RUN, .run = ++writing->last_run};
    put(writing, &fact, sizeof fact, NULL, 0);
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

static int compare_items(const void *left, const void *right)
{
    const struct snarl_merged_item *a = *(struct snarl_merged_item *const *)left;
    const struct snarl_merged_item *b = *(struct snarl_merged_item *const *)right;
    return snarl_merged_compare(&a->name, &b->name);
}

/* The items that are used, or `all`, by their names, numbered. The caller frees the array. */
static struct snarl_merged_item **number(const struct snarl_merged_items *items, bool all,
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

static void put_shape(struct writing *writing, const struct snarl_merged_shape *shape)
{
    struct words words = {shape->content.words, shape->content.words + shape->content.count};
    struct snarl_fact_shape fact = {.header.kind = SNARL_FACT_SHAPE,
                                    .shape = ++writing->last_shape};
    fact.executable = module_number(writing, take(&words));
    put(writing, &fact, sizeof fact, NULL, 0);
    writing->shape = shape;
    writing->first_thread = writing->last_thread + 1;
    uint32_t threads = take(&words);
    for (uint32_t i = 0; i < threads; i++)
        put_thread(writing, &words, shape->thread_names[i]);
    put_orders(writing, &words);

    size_t count;
    struct snarl_merged_item **runs = number(&shape->runs, true, &count);
    for (size_t i = 0; i < count; i++)
        put_run(writing, (const struct snarl_merged_words *)runs[i]);
    free(runs);
}

static void put_shapes(struct writing *writing)
{
    writing->last_shape = writing->last_run = writing->last_thread = writing->last_dependency = 0;
    for (size_t i = 0; i < writing->shape_count; i++)
        put_shape(writing, (const struct snarl_merged_shape *)writing->shapes[i]);
}

/* Which stacks and modules those that are used refer to. */
static void use_what_is_referred_to(const struct writing *writing)
{
    const struct snarl_merge *merge = writing->merge;
    for (uint32_t i = 1; i <= merge->locks.count; i++) {
        const struct snarl_merged_lock *lock = (const void *)merge->locks.items[i];
        if (!lock->item.used)
            continue;
        stack_number(writing, lock->created);
        stack_number(writing, lock->first_taken);
        module_number(writing, lock->module);
        module_number(writing, lock->executable);
    }
    for (uint32_t i = 1; i <= merge->stacks.count; i++) {
        const struct snarl_merged_stack *stack = (const void *)merge->stacks.items[i];
        for (uint32_t j = 0; stack->item.used && j < stack->count; j++)
            module_number(writing, stack->frames[j].module);
    }
}

static void forget_use(const struct snarl_merged_items *items)
{
    for (uint32_t i = 1; i <= items->count; i++)
        items->items[i]->used = false;
}

static void number_all(struct writing *writing)
{
    struct snarl_merge *merge = writing->merge;
    forget_use(&merge->modules);
    forget_use(&merge->stacks);
    forget_use(&merge->locks);
    writing->shapes = number(&merge->shapes, true, &writing->shape_count);
    put_shapes(writing);
    for (uint32_t i = 1; i <= merge->locks.count; i++)
        if (((const struct snarl_merged_lock *)merge->locks.items[i])->changes != 0)
            lock_number(writing, i);
    use_what_is_referred_to(writing);
    writing->modules = number(&merge->modules, false, &writing->module_count);
    writing->stacks = number(&merge->stacks, false, &writing->stack_count);
    writing->locks = number(&merge->locks, false, &writing->lock_count);
    uint64_t next = FIRST_MODULE;
    for (size_t i = 0; i < writing->module_count; i++) {
        struct snarl_merged_module *module = (void *)writing->modules[i];
        module->base = next;
        next = (next + module->end + MODULE_ALIGN) & ~(MODULE_ALIGN - 1);
    }
}

static void put_header(const struct writing *writing)
{
    struct snarl_file_header header = {.version = SNARL_RECORDING_VERSION, .size = sizeof header};
    memcpy(header.magic, SNARL_RECORDING_MAGIC, sizeof header.magic);
    fwrite(&header, sizeof header, 1, writing->stream);
}

/* As its arguments, the programs that ran. */
static void put_process(const struct writing *writing)
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
        named[module_number(writing, shape->content.words[0])] = true;
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
    put(writing, &fact, offsetof(struct snarl_fact_process, strings), strings, size);
    free(named);
    free(strings);
}

static void put_module(const struct writing *writing, const struct snarl_merged_module *module)
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
    put(writing, &fact, offsetof(struct snarl_fact_module, path), module->path, fact.path_size);
}

static void put_stack(const struct writing *writing, const struct snarl_merged_stack *stack)
{
    struct snarl_fact_stack fact = {
        .header.kind = SNARL_FACT_STACK, .stack = stack->item.number, .count = stack->count};
    uint64_t *addresses = calloc(stack->count + 1, sizeof *addresses);
    if (addresses == NULL)
        snarl_pool_exhausted();
    for (uint32_t i = 0; i < stack->count; i++)
        addresses[i] = address_in(writing, stack->frames[i].module, stack->frames[i].offset);
    put(writing, &fact, sizeof fact, addresses, stack->count * sizeof *addresses);
    free(addresses);
}

static void put_lock(const struct writing *writing, const struct snarl_merged_lock *lock)
{
    struct snarl_fact_lock fact = {
        .header.kind = SNARL_FACT_LOCK,
        .lock = lock->item.number,
        .kind = lock->kind,
        .flags = lock->flags,
        .value = lock->value,
        .created = stack_number(writing, lock->created),
        .first_taken = stack_number(writing, lock->first_taken),
        .address = lock->module != 0 ? address_in(writing, lock->module, lock->offset)
                                     : FIRST_LOCK + (uint64_t)lock->item.number * LOCK_STEP,
    };
    struct snarl_fact_identity identity = {.header.kind = SNARL_FACT_IDENTITY,
                                           .of = SNARL_IDENTITY_OF_LOCK,
                                           .id = lock->item.number,
                                           .ordinal = lock->ordinal,
                                           .executable = module_number(writing, lock->executable)};
    put(writing, &fact, sizeof fact, NULL, 0);
    put(writing, &identity, sizeof identity, NULL, 0);
    if (lock->told != NULL) {
        struct snarl_fact_lock_name name = {.header.kind = SNARL_FACT_LOCK_NAME,
                                            .lock = lock->item.number,
                                            .name_size = (uint32_t)strlen(lock->told) + 1};
        put(writing, &name, sizeof name, lock->told, name.name_size);
    }
    for (uint32_t change = 1; change <= lock->changes; change *= 2)
        if (lock->changes & change) {
            struct snarl_fact_lock_change changed = {
                .header.kind = SNARL_FACT_LOCK_CHANGE, .lock = lock->item.number, .change = change};
            put(writing, &changed, sizeof changed, NULL, 0);
        }
}

static void put_all(struct writing *writing)
{
    put_header(writing);
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
            put(writing, &fact, sizeof fact, NULL, 0);
        }
    put_shapes(writing);
}

bool snarl_merge_write(struct snarl_merge *merge, FILE *stream)
{
    struct writing writing = {.merge = merge};
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
