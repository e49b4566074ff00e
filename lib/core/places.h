/*
 * Where objects live: a filter that tells, in a nanosecond or two, of most memory that no object
 * lives in it.
 *
 * Memory is counted in pieces of 16 bytes, which share the filter's places every 16 MiB: what it
 * says of is either empty for sure, or to be looked up. Two coarser maps above the finest one serve
 * large ranges. An address that is noted n times is to be taken back n times; a place that was
 * noted more often than can be counted stays noted.
 *
 * Writers are serialised by the owner; readers need no lock. Little-endian machines only.
 */
#ifndef SNARL_CORE_PLACES_H
#define SNARL_CORE_PLACES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    SNARL_PLACE_SHIFT = 4,
    SNARL_PLACES = 1 << 20,
    SNARL_PLACES_AT_ONCE = 57, /* that one unaligned word holds, wherever they begin */
};

/* One word more in each map: it repeats the first, so that a look needs not be cut. */
struct snarl_places {
    uint64_t pieces[SNARL_PLACES / 64 + 1];
    uint64_t words[SNARL_PLACES / 64 / 64 + 1];        /* which of `pieces` are not 0: 1 KiB each */
    uint64_t regions[SNARL_PLACES / 64 / 64 / 64 + 1]; /* and of `words`: 64 KiB each */
    uint8_t counts[SNARL_PLACES];
};

void snarl_places_note(struct snarl_places *places, uint64_t address);
void snarl_places_take_back(struct snarl_places *places, uint64_t address);

/* Whether an object may live from `start` up to `end`. */
bool snarl_places_look(const struct snarl_places *places, uint64_t start, uint64_t end);

/* Whether any of `count` bits is set (1 to SNARL_PLACES_AT_ONCE), from `index` on, in a map of
 * `size` bits. */
static inline bool snarl_places_any(const uint64_t *map, uint64_t size, uint64_t index,
                                    uint64_t count)
{
    uint64_t word;
    __builtin_memcpy(&word, (const char *)map + (index % size) / 8, sizeof word);
    return word >> index % 8 << (64 - count) != 0;
}

/* The same for a small range: `count` pieces from `start` on. */
static inline bool snarl_places_look_near(const struct snarl_places *places, uint64_t start,
                                          uint64_t count)
{
    return snarl_places_any(places->pieces, SNARL_PLACES, start >> SNARL_PLACE_SHIFT, count);
}

#endif
