/*
 * A table from address ranges to things: units, functions, variables, symbols.
 *
 * Filled by snarl_ranges_add, put in order once by snarl_ranges_sort, then only searched. What the
 * entries point at belongs to the caller. Not thread-safe.
 */
#ifndef SNARL_SYMBOLS_RANGES_H
#define SNARL_SYMBOLS_RANGES_H

#include <stddef.h>
#include <stdint.h>

struct snarl_range {
    uint64_t low;
    uint64_t high;       /* exclusive */
    uint64_t preference; /* among ranges that begin together, the greatest wins */
    const void *what;
};

struct snarl_ranges {
    struct snarl_range *entries; /* malloc'ed */
    size_t count;
    size_t capacity;
};

/* Takes [low, high) into a table not yet sorted. Empty ranges, and those at address 0, where
 * linkers leave what they threw away, are passed over; so is what memory does not suffice for. */
void snarl_ranges_add(struct snarl_ranges *ranges, struct snarl_range range);

void snarl_ranges_sort(struct snarl_ranges *ranges);

/* The range around `address` that begins last, NULL for none. Logarithmic. */
const struct snarl_range *snarl_ranges_find(const struct snarl_ranges *ranges, uint64_t address);

void snarl_ranges_free(struct snarl_ranges *ranges);

#endif
