/* The tables of items of a merged recording, and the words that their content is put into. */
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "merge/parts.h"
#include "report/pool.h"

struct snarl_merged_name snarl_merged_name_begin(uint64_t kind)
{
    return (struct snarl_merged_name){
        {snarl_hash_mix(0x736e61726c, kind), snarl_hash_mix(kind, 1)}};
}

void snarl_merged_name_add(struct snarl_merged_name *name, uint64_t word)
{
    name->words[0] = snarl_hash_mix(name->words[0], word);
    name->words[1] = snarl_hash_mix(name->words[1] + word, ~word);
}

void snarl_merged_name_add_name(struct snarl_merged_name *name,
                                const struct snarl_merged_name *other)
{
    snarl_merged_name_add(name, other->words[0]);
    snarl_merged_name_add(name, other->words[1]);
}

void snarl_merged_name_add_bytes(struct snarl_merged_name *name, const void *bytes, size_t size)
{
    snarl_merged_name_add(name, size);
    for (size_t i = 0; i < size; i += sizeof(uint64_t)) {
        uint64_t word = 0;
        size_t left = size - i;
        memcpy(&word, (const char *)bytes + i, left < sizeof word ? left : sizeof word);
        snarl_merged_name_add(name, word);
    }
}

int snarl_merged_compare(const struct snarl_merged_name *left,
                         const struct snarl_merged_name *right)
{
    for (int i = 0; i < 2; i++)
        if (left->words[i] != right->words[i])
            return left->words[i] < right->words[i] ? -1 : 1;
    return 0;
}

void *snarl_merged_allocate(struct snarl_arena *arena, size_t size)
{
    void *memory = snarl_arena_allocate(arena, size);
    if (memory == NULL)
        snarl_pool_exhausted();
    return memory;
}

struct snarl_merged_item *snarl_merged_find(const struct snarl_merged_items *items,
                                            const struct snarl_merged_name *name)
{
    struct snarl_merged_item *item;
    HASH_FIND(by_name, items->by_name, name, sizeof *name, item);
    return item;
}

void *snarl_merged_new(struct snarl_merge *merge, struct snarl_merged_items *items,
                       const struct snarl_merged_name *name, size_t size)
{
    struct snarl_arena *arena = &merge->arena;
    struct snarl_merged_item *item = snarl_merged_allocate(arena, size);
    item->name = *name;
    item->serial = ++items->count;
    HASH_ADD(by_name, items->by_name, name, sizeof item->name, item);
    if (!SNARL_TABLE_HAS(item, by_name))
        snarl_pool_exhausted();
    /* Room for powers of two, [0] included. */
    if ((item->serial & (item->serial - 1)) == 0) {
        struct snarl_merged_item **larger =
            realloc(items->items, 2 * (size_t)item->serial * sizeof(struct snarl_merged_item *));
        if (larger == NULL)
            snarl_pool_exhausted();
        items->items = larger;
        items->items[0] = NULL;
    }
    items->items[item->serial] = item;
    return item;
}

void snarl_merged_text_begin(struct snarl_merged_text *text, uint64_t kind)
{
    text->count = 0;
    text->name = snarl_merged_name_begin(kind);
}

static void append(struct snarl_merged_text *text, uint32_t word)
{
    if (text->count == text->capacity) {
        text->capacity = text->capacity == 0 ? 1024 : 2 * text->capacity;
        uint32_t *larger = realloc(text->words, text->capacity * sizeof *larger);
        if (larger == NULL)
            snarl_pool_exhausted();
        text->words = larger;
    }
    text->words[text->count++] = word;
}

void snarl_merged_text_add(struct snarl_merged_text *text, uint32_t word)
{
    append(text, word);
    snarl_merged_name_add(&text->name, word);
}

void snarl_merged_text_refer(struct snarl_merged_text *text, const struct snarl_merged_items *items,
                             uint32_t serial)
{
    static const struct snarl_merged_name nothing;
    append(text, serial);
    snarl_merged_name_add_name(&text->name, serial != 0 ? &items->items[serial]->name : &nothing);
}
