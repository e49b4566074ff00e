/*
 * What lives at an address: a mutex, an rwlock, a semaphore, a condition variable.
 *
 * Each life has a number of its own. A thread keeps the numbers it met in a small cache; what ends
 * a life raises the generation of the address, which makes all cached numbers of it void.
 */
#ifndef SNARL_PRELOAD_OBJECT_H
#define SNARL_PRELOAD_OBJECT_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/objects.h"
#include "preload/stacks.h"
#include "preload/thread.h"
#include "recording/layout.h"

/* Beside the number of a lock in a thread's cache. */
enum {
    SNARL_LOCK_WRITTEN = 1 << 30,  /* its fact is in the recording */
    SNARL_LOCK_SIGNAL = 1 << 29,   /* a semaphore that is no lock */
    SNARL_LOCK_UNPROVEN = 1 << 28, /* a semaphore that may be one: nobody has posted it yet */
    SNARL_LOCK_ID = SNARL_LOCK_UNPROVEN - 1,
};

enum {
    SNARL_LOCK_NAME_SIZE = 256 /* terminator included; what is longer is cut */
};

/* A thing of the host's, by its address and what it is used as. */
struct snarl_thing {
    uintptr_t address;
    enum snarl_object_kind kind;
};

#define SNARL_THING(KIND, pointer) ((struct snarl_thing){(uintptr_t)(pointer), SNARL_OBJECT_##KIND})

/* glibc's layout of a mutex is part of its binary interface: static initialisers are compiled into
 * programs. */
static inline const pthread_mutex_t *snarl_mutex_at(uintptr_t address)
{
    return (const pthread_mutex_t *)address;
}

static inline bool snarl_mutex_is_robust(const pthread_mutex_t *mutex)
{
    return mutex->__data.__kind & 16;
}

/* Whether the thread that has it may take it again. */
static inline bool snarl_thing_is_recursive(struct snarl_thing thing)
{
    if (thing.kind == SNARL_OBJECT_MUTEX)
        return (snarl_mutex_at(thing.address)->__data.__kind & 3) == PTHREAD_MUTEX_RECURSIVE_NP;
    switch (thing.kind) {
#define OBJECT(identifier, number, name, recursive)                                                \
    case SNARL_OBJECT_##identifier:                                                                \
        return recursive;
#include "core/object.def"
#undef OBJECT
    default:
        return false;
    }
}

/* enum snarl_lock_flags, by what its memory says. */
uint32_t snarl_thing_flags(struct snarl_thing thing);

/* Its cache key: no two kinds share one, though a new thing may live where another lived. */
static inline uint64_t snarl_thing_key(struct snarl_thing thing)
{
    return (uint64_t)thing.address << 8 | thing.kind;
}

static inline struct snarl_lock_entry *snarl_lock_entry_of(struct snarl_thread *self,
                                                           uintptr_t address)
{
    /* Allocators put what threads have of their own at equal places of areas that lie far apart:
     * all bits of the address must count. */
    uint64_t product = (uint64_t)address * 0x9e3779b97f4a7c15u;
    uint32_t mask = SNARL_ONCE(self->caches.locks_size.mask);
    return &SNARL_ONCE(self->caches.locks)[(product >> 40) & mask];
}

/* The number of what lives there if this thread's cache still knows it, with the flags above; else
 * 0. */
static inline uint32_t snarl_object_recall(struct snarl_thread *self, struct snarl_thing thing)
{
    const struct snarl_lock_entry *entry = snarl_lock_entry_of(self, thing.address);
    uint32_t generation = __atomic_load_n(snarl_generation_of(thing.address), __ATOMIC_RELAXED);
    return entry->key == snarl_thing_key(thing) && entry->generation == generation ? entry->lock
                                                                                   : 0;
}

/* What follows is for threads inside snarl's own code, with the session's lock. */

/* What lives there, begun if need be, and its number put into the thread's cache; its fact is in
 * the recording if `write`. NULL on exhaustion. */
struct snarl_object *snarl_object_at(struct snarl_thread *self, struct snarl_thing thing,
                                     bool write);

/* Its number, 0 on exhaustion. */
uint32_t snarl_object_id(struct snarl_thread *self, struct snarl_thing thing, bool write);

/* What lives there as far as that is known already, of whatever kind; else NULL. */
struct snarl_object *snarl_object_known(uintptr_t address);

/* The same; where nothing was met yet one of kind NONE is begun, as what is only spoken of. NULL on
 * exhaustion. */
struct snarl_object *snarl_object_spoken_of(struct snarl_thread *self, uintptr_t address);

/* Calls it so, here and in the recording. */
void snarl_object_name(struct snarl_object *object, const char *name);

/* Notes in the recording that a semaphore is no lock, or is polled. */
void snarl_object_change(struct snarl_object *object, enum snarl_lock_change change);

/* A life begins, by a call that initialises; or ends. What lives there already, but is of kind NONE
 * (it was named, or is part of a declared order, and was not met), goes on as what it now is. */
struct snarl_object *snarl_object_begin(struct snarl_thread *self, struct snarl_thing thing,
                                        uint32_t value, uint32_t stack);
void snarl_object_end(uintptr_t address);

/* Takes the lives from `start` up to `end` out of the books, see core/objects.h; and puts the first
 * of that list back. */
struct snarl_object *snarl_object_put_aside(uintptr_t start, uintptr_t end);
void snarl_object_put_back(struct snarl_object **list);

/* Its fact is in the recording from then on. */
void snarl_object_write(struct snarl_object *object);

/* All lives from `start` up to `end` are over: the memory has gone. */
void snarl_objects_forget(uintptr_t start, uintptr_t end);

/* Cached numbers for this address are void. */
void snarl_object_new_generation(uintptr_t address);

/* Describes it for a row. */
struct snarl_row_object snarl_object_describe(const struct snarl_object *object);

#endif
