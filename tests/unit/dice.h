/* Numbers by chance that are the same everywhere: enough of xorshift64* (Vigna, 2016). */
#ifndef SNARL_TESTS_DICE_H
#define SNARL_TESTS_DICE_H

#include <stdbool.h>
#include <stdint.h>

struct dice {
    uint64_t state; /* not 0 */
};

/* Below `sides`. */
static inline unsigned dice_throw(struct dice *dice, unsigned sides)
{
    dice->state ^= dice->state >> 12;
    dice->state ^= dice->state << 25;
    dice->state ^= dice->state >> 27;
    return (unsigned)((dice->state * 0x2545f4914f6cdd1du >> 33) % sides);
}

/* Once in `times`, on average. */
static inline bool dice_one_in(struct dice *dice, unsigned times)
{
    return dice_throw(dice, times) == 0;
}

#endif
