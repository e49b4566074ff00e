#include "core/places.h"

static void set(uint64_t *map, uint64_t size, uint64_t index, bool on)
{
    uint64_t *word = &map[index / 64], bit = UINT64_C(1) << index % 64;
    uint64_t value = on ? *word | bit : *word & ~bit;
    __atomic_store_n(word, value, __ATOMIC_RELAXED);
    if (index / 64 == 0)
        __atomic_store_n(&map[size / 64], value, __ATOMIC_RELAXED);
}

/* Brings the three maps up to date with whether the place is noted. */
static void mark(struct snarl_places *places, uint64_t place, bool on)
{
    set(places->pieces, SNARL_PLACES, place, on);
    set(places->words, SNARL_PLACES / 64, place / 64, places->pieces[place / 64] != 0);
    set(places->regions, SNARL_PLACES / 64 / 64, place / 64 / 64,
        places->words[place / 64 / 64] != 0);
}

void snarl_places_note(struct snarl_places *places, uint64_t address)
{
    uint64_t place = (address >> SNARL_PLACE_SHIFT) % SNARL_PLACES;
    if (places->counts[place] < UINT8_MAX)
        places->counts[place]++;
    mark(places, place, true);
}

void snarl_places_take_back(struct snarl_places *places, uint64_t address)
{
    uint64_t place = (address >> SNARL_PLACE_SHIFT) % SNARL_PLACES;
    if (places->counts[place] == 0 || places->counts[place] == UINT8_MAX)
        return;
    if (--places->counts[place] == 0)
        mark(places, place, false);
}

/* The same in a map whose bits stand for 2^shift bytes each. */
static bool look(const uint64_t *map, uint64_t size, unsigned shift, uint64_t start, uint64_t end)
{
    uint64_t index = start >> shift, left = ((end - 1) >> shift) - index + 1;
    if (left > size)
        left = size;
    while (left > SNARL_PLACES_AT_ONCE) {
        if (snarl_places_any(map, size, index, SNARL_PLACES_AT_ONCE))
            return true;
        index += SNARL_PLACES_AT_ONCE;
        left -= SNARL_PLACES_AT_ONCE;
    }
    return snarl_places_any(map, size, index, left);
}

bool snarl_places_look(const struct snarl_places *places, uint64_t start, uint64_t end)
{
    if (start >= end)
        return false;
    uint64_t pieces = (end - 1 - start) >> SNARL_PLACE_SHIFT;
    if (pieces < SNARL_PLACES_AT_ONCE - 1)
        return look(places->pieces, SNARL_PLACES, SNARL_PLACE_SHIFT, start, end);
    if (pieces / 64 < SNARL_PLACES_AT_ONCE - 1)
        return look(places->words, SNARL_PLACES / 64, SNARL_PLACE_SHIFT + 6, start, end);
    return look(places->regions, SNARL_PLACES / 64 / 64, SNARL_PLACE_SHIFT + 12, start, end);
}
