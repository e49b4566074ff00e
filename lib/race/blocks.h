/*
 * The blocks of the heap: which one an address lies in, how large it is, and who asked for it.
 *
 * A table of fixed size, in which blocks displace each other: of a program with hundreds of
 * thousands of them some are forgotten, the older ones. Any thread, without a lock, async-signal-
 * safe; some nanoseconds, but for the search. Entries that two threads write at the same time may
 * mix, which makes one of them useless, not wrong in size.
 */
#ifndef SNARL_RACE_BLOCKS_H
#define SNARL_RACE_BLOCKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct snarl_block {
    uintptr_t start; /* 0 for none */
    size_t size;     /* as asked for, bytes */
    uintptr_t asker; /* what the call that asked for it returns to */
};

/* A block begins its life. NULL is none. */
void snarl_blocks_note(const void *start, size_t size, const void *asker);

/* A block's life is over. What was known of it, with `start` 0 where nothing was. */
struct snarl_block snarl_blocks_forget(const void *start);

/* The block that the address lies in. False where it is in none, or that is forgotten. Up to a
 * millisecond. */
bool snarl_blocks_find(uintptr_t address, struct snarl_block *block);

#endif
