#include "preload/registry.h"

#include "base/hash.h"

enum {
    FIRST_SIZE = 64
};

struct entry {
    uint64_t key; /* 0: never used, which ends a probe */
    void *value;  /* NULL: a gravestone */
};

struct snarl_registry_table {
    size_t size; /* a power of two */
    size_t used; /* entries whose key is set, gravestones included */
    struct entry entries[];
};

/* The entry of a key; else the one to put it in: a gravestone on the way, or the end. */
static struct entry *probe(struct snarl_registry_table *table, uint64_t key)
{
    size_t mask = table->size - 1;
    struct entry *gravestone = NULL;
    for (size_t i = snarl_hash_mix(0, key) & mask;; i = (i + 1) & mask) {
        struct entry *entry = &table->entries[i];
        uint64_t found = __atomic_load_n(&entry->key, __ATOMIC_ACQUIRE);
        if (found == key)
            return entry;
        if (found == 0)
            return gravestone != NULL ? gravestone : entry;
        if (gravestone == NULL && __atomic_load_n(&entry->value, __ATOMIC_RELAXED) == NULL)
            gravestone = entry;
    }
}

void *snarl_registry_find(const struct snarl_registry *registry, uint64_t key)
{
    struct snarl_registry_table *table = __atomic_load_n(&registry->table, __ATOMIC_ACQUIRE);
    if (table == NULL)
        return NULL;
    struct entry *entry = probe(table, key);
    if (__atomic_load_n(&entry->key, __ATOMIC_ACQUIRE) != key)
        return NULL;
    void *value = __atomic_load_n(&entry->value, __ATOMIC_ACQUIRE);
    /* A gravestone may have been given to another key in between: key first, then value. */
    return __atomic_load_n(&entry->key, __ATOMIC_ACQUIRE) == key ? value : NULL;
}

static void put(struct snarl_registry_table *table, uint64_t key, void *value)
{
    struct entry *entry = probe(table, key);
    table->used += entry->key == 0;
    __atomic_store_n(&entry->key, key, __ATOMIC_RELEASE);
    __atomic_store_n(&entry->value, value, __ATOMIC_RELEASE);
}

static bool grow(struct snarl_registry *registry, struct snarl_arena *arena)
{
    struct snarl_registry_table *old = registry->table;
    size_t alive = 0;
    for (size_t i = 0; old != NULL && i < old->size; i++)
        alive += old->entries[i].value != NULL;
    size_t size = FIRST_SIZE;
    while (size < alive * 4)
        size *= 2;

    struct snarl_registry_table *table =
        snarl_arena_allocate(arena, sizeof *table + size * sizeof table->entries[0]);
    if (table == NULL)
        return false;
    table->size = size;
    for (size_t i = 0; old != NULL && i < old->size; i++)
        if (old->entries[i].value != NULL)
            put(table, old->entries[i].key, old->entries[i].value);
    __atomic_store_n(&registry->table, table, __ATOMIC_RELEASE);
    return true;
}

bool snarl_registry_set(struct snarl_registry *registry, struct snarl_arena *arena, uint64_t key,
                        void *value)
{
    struct snarl_registry_table *table = registry->table;
    if ((table == NULL || (table->used + 1) * 2 > table->size) && !grow(registry, arena))
        return false;
    put(registry->table, key, value);
    return true;
}

void snarl_registry_remove(struct snarl_registry *registry, uint64_t key)
{
    struct snarl_registry_table *table = registry->table;
    if (table == NULL)
        return;
    size_t mask = table->size - 1;
    struct entry *entry = probe(table, key);
    if (entry->key != key)
        return;
    __atomic_store_n(&entry->value, NULL, __ATOMIC_RELEASE);
    /* A gravestone is for probes to walk over: the last ones of a run lead nowhere. */
    size_t i = (size_t)(entry - table->entries);
    if (table->entries[(i + 1) & mask].key != 0)
        return;
    for (; table->entries[i].key != 0 && table->entries[i].value == NULL; i = (i - 1) & mask) {
        __atomic_store_n(&table->entries[i].key, 0, __ATOMIC_RELEASE);
        table->used--;
    }
}
