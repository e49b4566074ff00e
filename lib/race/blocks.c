#include "race/blocks.h"

#include <string.h>

enum {
    GRANULE_SHIFT = 4,   /* blocks begin at multiples of that, as far as allocators keep to it */
    ENTRIES = 1 << 18,   /* which stand for so many granules in a row */
    FAR = 1024 * 1024,   /* how far an address may lie behind the beginning of its block, but for */
    LARGE_BLOCKS = 1024, /* the last so many blocks that are larger */
};

static struct snarl_block entries[ENTRIES];
static struct snarl_block large[LARGE_BLOCKS];
static uint32_t large_count;

/* Neighbours in memory are neighbours in the table, as the processor's caches like it. Areas that
 * lie far apart begin at different places. */
static struct snarl_block *entry_of(uintptr_t start)
{
    uintptr_t granule = start >> GRANULE_SHIFT;
    return &entries[(granule + (granule >> 18) * 40503) % ENTRIES];
}

/* What reads it in between sees that it is none. */
static void write_entry(struct snarl_block *entry, uintptr_t start, size_t size, uintptr_t asker)
{
    __atomic_store_n(&entry->start, 0, __ATOMIC_RELAXED);
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    __atomic_store_n(&entry->size, size, __ATOMIC_RELAXED);
    __atomic_store_n(&entry->asker, asker, __ATOMIC_RELAXED);
    __atomic_store_n(&entry->start, start, __ATOMIC_RELEASE);
}

void snarl_blocks_note(const void *start, size_t size, const void *asker)
{
    if (start == NULL)
        return;
    write_entry(entry_of((uintptr_t)start), (uintptr_t)start, size, (uintptr_t)asker);
    if (__builtin_expect(size > FAR, 0)) {
        uint32_t place = __atomic_fetch_add(&large_count, 1, __ATOMIC_RELAXED) % LARGE_BLOCKS;
        write_entry(&large[place], (uintptr_t)start, size, (uintptr_t)asker);
    }
}

struct snarl_block snarl_blocks_forget(const void *start)
{
    struct snarl_block *entry = entry_of((uintptr_t)start), known = {.start = 0};
    if (start == NULL || __atomic_load_n(&entry->start, __ATOMIC_ACQUIRE) != (uintptr_t)start)
        return known;
    known = *entry;
    __atomic_store_n(&entry->start, 0, __ATOMIC_RELAXED);
    for (int i = 0; known.size > FAR && i < LARGE_BLOCKS; i++)
        if (__atomic_load_n(&large[i].start, __ATOMIC_RELAXED) == (uintptr_t)start)
            __atomic_store_n(&large[i].start, 0, __ATOMIC_RELAXED);
    return known;
}

static bool contains(const struct snarl_block *block, uintptr_t address)
{
    return block->start != 0 && address >= block->start && address - block->start < block->size;
}

bool snarl_blocks_find(uintptr_t address, struct snarl_block *block)
{
    uintptr_t granule = address >> GRANULE_SHIFT;
    for (uintptr_t left = FAR >> GRANULE_SHIFT; left > 0 && granule > 0; left--, granule--) {
        *block = *entry_of(granule << GRANULE_SHIFT);
        if (block->start >> GRANULE_SHIFT == granule && block->start <= address)
            return contains(block, address); /* what begins before it ends before it */
    }
    for (int i = 0; i < LARGE_BLOCKS; i++) {
        *block = large[i];
        if (contains(block, address))
            return true;
    }
    return false;
}
