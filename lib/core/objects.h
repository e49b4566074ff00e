/*
 * Objects: which lock lives at an address now.
 *
 * An address may house many locks one after another; each life has an id of its own. Memory is
 * flat: a life that ends is forgotten here at once (the lock-order graph remembers the ids that it
 * has edges for).
 *
 * Pure. Not thread-safe: the owner serialises calls. Memory comes from the arena.
 */
#ifndef SNARL_CORE_OBJECTS_H
#define SNARL_CORE_OBJECTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/table.h"

struct snarl_object {
    uint64_t address;
    uint32_t lock; /* id, from 1; never given twice */
    uint32_t kind;
    uint32_t flags;
    uint32_t created;     /* stack id; 0 where it was never initialised by a call */
    uint32_t first_taken; /* stack id; 0 until then */
    bool written;         /* for the caller: whether its fact is in the recording */
    UT_hash_handle by_address;
};

struct snarl_objects {
    struct snarl_arena *arena;
    struct snarl_object *by_address;
    uint32_t last_lock; /* ids given so far */
};

/* The object that lives at the address, or NULL. */
struct snarl_object *snarl_objects_find(const struct snarl_objects *objects, uint64_t address);

/* Begins a new life at the address, ending one that was there. NULL on exhaustion. */
struct snarl_object *snarl_objects_begin(struct snarl_objects *objects, uint64_t address,
                                         uint32_t kind, uint32_t flags, uint32_t created);

/* Ends the life at the address, if there is one. */
void snarl_objects_end(struct snarl_objects *objects, uint64_t address);

/* Ends all lives from `start` up to `end`: the memory has gone. Looks at every object. */
void snarl_objects_end_within(struct snarl_objects *objects, uint64_t start, uint64_t end);

#endif
