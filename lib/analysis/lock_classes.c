#include "analysis/lock_classes.h"

#include <ctype.h>
#include <string.h>

#include "core/objects.h"
#include "report/pool.h"

struct snarl_class_of_lock {
    uint32_t lock;
    uint64_t address;
    struct snarl_lock_class *class;
    UT_hash_handle by_lock;
};

static void *allocate(struct snarl_lock_classes *classes, size_t size)
{
    void *memory = snarl_arena_allocate(&classes->builder->arena, size);
    if (memory == NULL)
        snarl_pool_exhausted();
    return memory;
}

/* accounts[3].lock becomes accounts[*].lock. */
static const char *without_indices(struct snarl_lock_classes *classes, const char *name)
{
    char *general = allocate(classes, strlen(name) + 1), *end = general;
    while (*name != '\0') {
        size_t digits = *name == '[' ? strspn(name + 1, "0123456789") : 0;
        if (digits > 0 && name[1 + digits] == ']') {
            memcpy(end, "[*]", 3);
            end += 3;
            name += digits + 2;
        } else {
            *end++ = *name++;
        }
    }
    *end = '\0';
    return general;
}

/* The class of this key; `name` is taken over if it is the first of it. */
static struct snarl_lock_class *class_at(struct snarl_lock_classes *classes, const char *name,
                                         uint64_t created, uint32_t lock)
{
    struct snarl_arena *arena = &classes->builder->arena;
    struct snarl_lock_class *class;
    uint64_t other = name == NULL && created == 0 ? (uint64_t)1 << 63 | lock : created;
    const void *key = name != NULL ? (const void *)name : &other;
    size_t size = name != NULL ? strlen(name) : sizeof other;
    HASH_FIND(by_key, classes->classes, key, size, class);
    if (class != NULL)
        return class;
    class = allocate(classes, sizeof *class);
    class->key.name = name;
    class->key.created = other;
    class->number = ++classes->count;
    class->first = lock;
    if (name != NULL)
        HASH_ADD_KEYPTR(by_key, classes->classes, class->key.name, size, class);
    else
        HASH_ADD_KEYPTR(by_key, classes->classes, &class->key.created, size, class);
    return class;
}

static struct snarl_class_of_lock *find(struct snarl_lock_classes *classes, uint32_t lock)
{
    struct snarl_arena *arena = &classes->builder->arena;
    struct snarl_class_of_lock *known;
    HASH_FIND(by_lock, classes->locks, &lock, sizeof lock, known);
    if (known != NULL)
        return known;
    known = allocate(classes, sizeof *known);
    known->lock = lock;
    size_t modules_then;
    const struct snarl_fact_lock *fact =
        snarl_loaded_lock(&classes->source->loaded, lock, &modules_then);
    const char *name = NULL;
    uint64_t created = 0;
    if (fact != NULL) {
        known->address = fact->address;
        name = snarl_builder_variable(classes->builder, classes->source, fact, modules_then);
        if (fact->created != 0)
            created = (uint64_t)fact->kind << 32 | fact->created;
    }
    name = name != NULL ? without_indices(classes, name) : NULL;
    known->class = class_at(classes, name, name == NULL ? created : 0, lock);
    known->class->lock_count++;
    known->class->polled |= snarl_loaded_is_polled(&classes->source->loaded, lock);
    HASH_ADD(by_lock, classes->locks, lock, sizeof known->lock, known);
    return known;
}

struct snarl_lock_class *snarl_lock_class_of(struct snarl_lock_classes *classes, uint32_t lock)
{
    return find(classes, lock)->class;
}

bool snarl_lock_class_is_up(const struct snarl_lock_classes *classes, uint32_t first,
                            uint32_t second)
{
    struct snarl_lock_classes *known = (struct snarl_lock_classes *)(uintptr_t)classes;
    return find(known, first)->address < find(known, second)->address;
}

/* When it was made, as the ids say; in a merged recording, which of its kind it was in its run. */
static uint32_t age_of(const struct snarl_lock_classes *classes, uint32_t lock)
{
    const struct snarl_loaded *loaded = &classes->source->loaded;
    if (!snarl_loaded_is_merged(loaded))
        return lock;
    const struct snarl_fact_identity *identity =
        snarl_loaded_identity(loaded, SNARL_IDENTITY_OF_LOCK, lock);
    return identity != NULL ? identity->ordinal : 0;
}

/* What is not known of two speaks for no order. */
void snarl_lock_class_nest(struct snarl_lock_classes *classes, struct snarl_lock_class *class,
                           uint32_t outer, uint32_t inner)
{
    uint64_t address = find(classes, outer)->address, other = find(classes, inner)->address;
    uint32_t age = age_of(classes, outer), other_age = age_of(classes, inner);
    class->up |= address <= other;
    class->down |= address >= other;
    class->older |= age <= other_age;
    class->younger |= age >= other_age;
}

bool snarl_lock_class_has_order(const struct snarl_lock_class *class)
{
    return !(class->up && class->down) || !(class->older && class->younger);
}

unsigned snarl_lock_class_in_report(struct snarl_lock_classes *classes,
                                    struct snarl_lock_class *class)
{
    if (class->in_report == 0)
        class->in_report = class->lock_count == 1
                               ? snarl_builder_lock(classes->builder, classes->source, class->first)
                               : snarl_builder_like_locks(classes->builder, classes->source,
                                                          class->first, class->key.name);
    return class->in_report;
}
