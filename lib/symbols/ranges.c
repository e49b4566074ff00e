#include "symbols/ranges.h"

#include <stdlib.h>

/* Ranges nest rarely and not deeply: how many to look back at before giving up. */
enum {
    LOOK_BACK = 16,
};

void snarl_ranges_add(struct snarl_ranges *ranges, struct snarl_range range)
{
    if (range.low == 0 || range.low >= range.high)
        return;
    if (ranges->count == ranges->capacity) {
        size_t capacity = ranges->capacity ? 2 * ranges->capacity : 16;
        struct snarl_range *entries =
            reallocarray(ranges->entries, capacity, sizeof ranges->entries[0]);
        if (!entries)
            return;
        ranges->entries = entries;
        ranges->capacity = capacity;
    }
    ranges->entries[ranges->count++] = range;
}

static int compare(const void *left, const void *right)
{
    const struct snarl_range *one = left, *other = right;
    if (one->low != other->low)
        return one->low < other->low ? -1 : 1;
    return (one->preference > other->preference) - (one->preference < other->preference);
}

void snarl_ranges_sort(struct snarl_ranges *ranges)
{
    if (ranges->count > 0)
        qsort(ranges->entries, ranges->count, sizeof ranges->entries[0], compare);
}

const struct snarl_range *snarl_ranges_find(const struct snarl_ranges *ranges, uint64_t address)
{
    size_t begin = 0, end = ranges->count; /* entries before `end` begin at or below address */
    while (begin < end) {
        size_t middle = begin + (end - begin) / 2;
        if (ranges->entries[middle].low <= address)
            begin = middle + 1;
        else
            end = middle;
    }
    for (size_t back = 0; back < LOOK_BACK && back < end; back++) {
        const struct snarl_range *range = &ranges->entries[end - 1 - back];
        if (address < range->high)
            return range;
    }
    return NULL;
}

void snarl_ranges_free(struct snarl_ranges *ranges)
{
    free(ranges->entries);
    *ranges = (struct snarl_ranges){0};
}
