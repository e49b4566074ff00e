/*
 * Memory that is given back: what lived in it has come to an end, and what will be begun at the
 * same addresses is new.
 *
 * A lock that somebody holds at that moment is a misuse, if both our books and the lock's own
 * memory say so. All of it happens before the real call: after it the memory may be another
 * thread's.
 *
 * free() itself is hot: a filter (core/places.h) tells it that nothing lives in a block. It is kept
 * with the objects, under the session's lock, and is read without.
 */
#ifndef SNARL_PRELOAD_MEMORY_H
#define SNARL_PRELOAD_MEMORY_H

#include "core/places.h"
#include "preload/object.h"
#include "preload/stacks.h"

/* Finds out whose allocator serves the process. Once, at start; until then nothing lives anywhere.
 */
void snarl_memory_start(void);

/* An object's life begins, or ends, at the address. Session lock. */
void snarl_memory_note(uintptr_t address);
void snarl_memory_take_back(uintptr_t address);

/* Whether an object may live there. No lock. */
bool snarl_memory_may_house(uintptr_t address);

enum snarl_memory_blame {
    SNARL_MEMORY_BLAMELESS,
    SNARL_MEMORY_BLAMES,             /* a held lock in there is a misuse */
    SNARL_MEMORY_BLAMES_IF_READABLE, /* the same of pages that may be closed by now */
    SNARL_MEMORY_BLAMES_BY_BOOKS,    /* and where there is nothing to be read any more */
};

/* The lives from `start` up to `end` are over, and whoever held a lock there holds it no more.
 * Inside snarl's own code, without the session's lock. */
void snarl_memory_gone(struct snarl_thread *self, uintptr_t start, uintptr_t end,
                       struct snarl_site site, enum snarl_memory_blame blame);

/* The same with the session's lock, blaming nobody. */
void snarl_memory_gone_locked(uintptr_t start, uintptr_t end);

/* The originals until those are known: what libc can do for such a call by itself. */
void snarl_memory_early_free(void *block);
void *snarl_memory_early_realloc(void *block, size_t size);
int snarl_memory_early_munmap(void *address, size_t size);
void *snarl_memory_early_mremap(void *address, size_t old_size, size_t new_size, int flags, ...);

#endif
