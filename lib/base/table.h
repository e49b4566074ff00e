/*
 * uthash, set up for life inside a host program.
 *
 * Include this instead of <uthash.h>. Every use of a HASH_ macro needs a `struct snarl_arena
 * *arena` in scope: the table's memory comes from there. Where the arena is exhausted uthash's
 * default is exit(); here the item is left out of the table instead, and its `hh.tbl` is NULL: test
 * it after HASH_ADD with SNARL_TABLE_HAS.
 */
#ifndef SNARL_BASE_TABLE_H
#define SNARL_BASE_TABLE_H

#include "base/arena.h"

#define HASH_NONFATAL_OOM 1
#define uthash_malloc(size) snarl_arena_allocate(arena, size)
#define uthash_free(memory, size) snarl_arena_free(arena, memory, size)
#define uthash_nonfatal_oom(item) ((void)(item))
#include <uthash.h>

/* Whether the HASH_ADD of `item` (whose handle is `handle`) found memory. */
#define SNARL_TABLE_HAS(item, handle) ((item)->handle.tbl != NULL)

#endif
