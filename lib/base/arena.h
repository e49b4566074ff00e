/*
 * Memory of snarl's own, straight from the kernel.
 *
 * Inside a host program malloc is off limits: it may be the very code that called us, holding its
 * locks. An arena takes whole blocks by mmap(2) and hands out small pieces; a piece that is given
 * back goes onto a free list of its size class, so that tables which grow and shrink stay flat.
 *
 * Not thread-safe: the owner serialises calls. Safe in a signal handler only if the owner's lock
 * is.
 */
#ifndef SNARL_BASE_ARENA_H
#define SNARL_BASE_ARENA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    SNARL_ARENA_CLASSES = 32, /* size classes 2^4, 2^5, ... bytes */
};

struct snarl_arena_block;

struct snarl_arena {
    struct snarl_arena_block *blocks; /* every mapping, newest first */
    char *next;                       /* the unused rest of the newest block */
    size_t left;                      /* bytes in that rest */
    void *freed[SNARL_ARENA_CLASSES]; /* free lists, one per size class */
    size_t mapped;                    /* bytes taken from the kernel so far */
    size_t limit;                     /* most bytes to take, 0 for no limit */
    bool wipe_on_fork;                /* a forked child finds all of it zeroed */
    bool exhausted;                   /* an allocation has failed at some time */
};

/* Prepares an empty arena; takes nothing yet. `limit` in bytes, 0 for none. With `wipe_on_fork`
 * the kernel zeroes the memory in a child that fork(2) makes (madvise MADV_WIPEONFORK). */
void snarl_arena_start(struct snarl_arena *arena, size_t limit, bool wipe_on_fork);

/* Returns `size` zeroed bytes aligned to 16, or NULL when the limit or the kernel says no. */
void *snarl_arena_allocate(struct snarl_arena *arena, size_t size);

/* Gives back what snarl_arena_allocate returned for the same `size`. NULL is allowed. */
void snarl_arena_free(struct snarl_arena *arena, void *memory, size_t size);

/* Unmaps everything; the arena is then as after snarl_arena_start. */
void snarl_arena_end(struct snarl_arena *arena);

#endif
