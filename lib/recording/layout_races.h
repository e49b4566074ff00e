/* The facts of data races; see lib/race. */
#ifndef SNARL_RECORDING_LAYOUT_RACES_H
#define SNARL_RECORDING_LAYOUT_RACES_H

#include "core/lock_order.h"
#include "recording/fact.h"

enum {
    SNARL_RACE_HELD = 8, /* locks of each side that are told of */
};

enum snarl_race_flags {
    SNARL_RACE_READS = 1,
    SNARL_RACE_WRITES = 2,
    SNARL_RACE_ATOMIC = 4,
    SNARL_RACE_BEHIND = 8,  /* `at` is behind the instruction: a watchpoint was hit */
    SNARL_RACE_UNSEEN = 16, /* nobody was seen: only the value has changed */
};

/* One of the two accesses. */
struct snarl_race_side {
    uint32_t thread; /* 0 where it is not known */
    uint32_t stack;
    uint64_t at;    /* the instruction, or what follows it */
    uint32_t flags; /* enum snarl_race_flags; of one that has hit a watchpoint nothing else is
                       known here: its instruction is decoded when the recording is read */
    uint32_t held_count;
    struct snarl_held held[SNARL_RACE_HELD];
    uint8_t code[16]; /* the bytes up to `at`, or from it on */
};

/* Two threads were caught in accesses to the same memory: the first was about to make its own, and
 * held there, when the second made, or was about to make, the other. */
struct snarl_fact_race {
    struct snarl_fact_header header;
    uint64_t when; /* monotonic nanoseconds */
    uint64_t address;
    uint64_t before, after;     /* what stood there before and after, the first `size` bytes */
    uint32_t size;              /* that were watched, 1 to 8 */
    uint32_t allocated;         /* stack, or 0 */
    uint64_t block, block_size; /* of the heap, that it lies in; 0 where that is not known */
    struct snarl_race_side sides[2];
};

#endif
