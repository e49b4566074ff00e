/*
 * Locks taken and released: the fast path, and the slow one behind it.
 *
 * An acquisition that was seen before (same segment, same locks held at the same stacks, same lock
 * and call path) is recognised by a few loads from the thread's own caches and leaves no trace but
 * the holding itself. Everything else is settled once, under the session's lock.
 *
 * All functions are for the calling thread, READY, right after (for an acquisition) or before (for
 * a release) the real call. errno is preserved.
 */
#ifndef SNARL_PRELOAD_ACQUIRE_H
#define SNARL_PRELOAD_ACQUIRE_H

#include "base/hash.h"
#include "preload/calls.h"
#include "preload/stacks.h"
#include "preload/thread.h"

/* How a lock was, or is to be, taken. */
enum snarl_taking {
    SNARL_TAKING_BLOCKING, /* would have waited for ever */
    SNARL_TAKING_TIMED,    /* would have given up: the dependency says so */
    SNARL_TAKING_TRIED,    /* would not have waited: no dependency, but held from here on */
};

/* What the acquisition of a lock leaves: everything but the real call. */
void snarl_acquired_slow(struct snarl_thread *self, pthread_mutex_t *mutex, struct snarl_site site,
                         enum snarl_taking taking);

/* Releases out of order, of a recursive lock, or of what this thread does not hold. */
void snarl_released_slow(struct snarl_thread *self, uintptr_t address);

/* Drops what others have released for this thread, and works out the contexts anew. */
void snarl_acquire_rehash(struct snarl_thread *self);

/* The id of the lock that lives at the mutex, begun if need be; its fact is in the recording if
 * `write`. Inside snarl's own code, with the session's lock. 0 on exhaustion. */
uint32_t snarl_lock_id(struct snarl_thread *self, const pthread_mutex_t *mutex, bool write);

/* A mutex was initialised, or ended. */
void snarl_lock_begin(struct snarl_thread *self, const pthread_mutex_t *mutex,
                      struct snarl_site site);
void snarl_lock_end(struct snarl_thread *self, const pthread_mutex_t *mutex);

/* The memory from `start` up to `end` has gone, and the locks that lived there. Session lock. */
void snarl_locks_forget(uintptr_t start, uintptr_t end);

/* glibc's layout of a mutex is part of its binary interface: static initialisers are compiled into
 * programs. */
static inline bool snarl_mutex_is_recursive(const pthread_mutex_t *mutex)
{
    return (mutex->__data.__kind & 3) == PTHREAD_MUTEX_RECURSIVE_NP;
}

static inline bool snarl_mutex_is_robust(const pthread_mutex_t *mutex)
{
    return mutex->__data.__kind & 16;
}

static inline const struct snarl_lock_entry *snarl_lock_entry_of(struct snarl_thread *self,
                                                                 uintptr_t address)
{
    return &self->caches->locks[((address >> 3) ^ (address >> 12)) % SNARL_LOCK_ENTRIES];
}

/* The lock at an address if this thread's cache still knows it, with SNARL_LOCK_WRITTEN; else 0. */
static inline uint32_t snarl_lock_recall(struct snarl_thread *self, uintptr_t address)
{
    const struct snarl_lock_entry *entry = snarl_lock_entry_of(self, address);
    uint32_t generation = __atomic_load_n(snarl_generation_of(address), __ATOMIC_RELAXED);
    return entry->address == address && entry->generation == generation ? entry->lock : 0;
}

/* The running hash after taking `lock` at `stack`. One multiplication, as it is on every nested
 * acquisition's path; both steps are one-to-one, so only sums of contexts and locks can clash. */
static inline uint64_t snarl_context_after(uint64_t context, uint32_t lock, uint32_t stack)
{
    uint64_t product = (context + ((uint64_t)lock << 32 | stack)) * 0x9e3779b97f4a7c15u;
    return product ^ product >> 32;
}

/* Where the thread's cache of judged acquisitions has, or is to have, `context` + `taking`. */
static inline uint64_t *snarl_seen_entry_of(struct snarl_thread *self, uint64_t context)
{
    return &self->caches->seen[context % SNARL_SEEN_ENTRIES];
}

/* What the thread holds at an address, innermost first, or NULL. */
static inline struct snarl_holding *snarl_holding_of(struct snarl_thread *thread, uintptr_t address)
{
    for (uint32_t i = thread->depth; i-- > 0;)
        if (__atomic_load_n(&thread->holdings[i].address, __ATOMIC_RELAXED) == address)
            return &thread->holdings[i];
    return NULL;
}

static inline void snarl_hold(struct snarl_thread *self, uintptr_t address, uint32_t lock,
                              uint32_t stack, uint64_t context)
{
    uint32_t depth = self->depth;
    struct snarl_holding holding = {address, lock, stack, self->context, 1};
    self->holdings[depth] = holding;
    self->context = context;
    self->depth = depth + 1;
    /* A signal handler that came before that line, and locked, has used the same place. */
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    if (__builtin_expect(self->holdings[depth].address != address, 0))
        self->holdings[depth] = holding;

    struct snarl_thread_row *row = self->row;
    if (depth < SNARL_ROW_HELD)
        row->held[depth] = (struct snarl_held){lock, stack};
    __atomic_store_n(&row->depth, depth + 1, __ATOMIC_RELAXED);
    row->last_stack = stack;
    row->acquisitions++;
}

/* After the mutex was taken: whether that was seen before, and is settled. */
static inline __attribute__((always_inline)) bool snarl_acquired_again(struct snarl_thread *self,
                                                                       const pthread_mutex_t *mutex,
                                                                       struct snarl_site site,
                                                                       enum snarl_taking taking)
{
    uintptr_t address = (uintptr_t)mutex;
    struct snarl_holding *held;
    if (snarl_mutex_is_recursive(mutex) && (held = snarl_holding_of(self, address)) != NULL) {
        held->count++;
        self->row->acquisitions++;
        return true;
    }
    uint32_t stack = snarl_stack_recall(self, site);
    uint32_t lock = snarl_lock_recall(self, address) & ~SNARL_LOCK_WRITTEN;
    uint64_t context = snarl_context_after(self->context, lock, stack);
    if (__builtin_expect(
            stack == 0 || lock == 0 || self->depth >= self->capacity ||
                (self->depth > 0 && *snarl_seen_entry_of(self, context) != context + taking),
            0))
        return false;
    snarl_hold(self, address, lock, stack, context);
    return true;
}

/* After the mutex was taken. */
static inline void snarl_acquired(struct snarl_thread *self, pthread_mutex_t *mutex,
                                  struct snarl_site site, enum snarl_taking taking)
{
    if (!snarl_acquired_again(self, mutex, site, taking))
        snarl_acquired_slow(self, mutex, site, taking);
}

/* Before the mutex is released. */
static inline __attribute__((always_inline)) void snarl_released(struct snarl_thread *self,
                                                                 const pthread_mutex_t *mutex)
{
    uint32_t depth = self->depth;
    const struct snarl_holding *top = &self->holdings[depth - 1];
    if (__builtin_expect(depth > 0 && top->address == (uintptr_t)mutex && top->count == 1, 1)) {
        self->context = top->context;
        __atomic_signal_fence(__ATOMIC_SEQ_CST); /* its place may be reused from then on */
        self->depth = depth - 1;
        __atomic_store_n(&self->row->depth, depth - 1, __ATOMIC_RELAXED);
    } else {
        snarl_released_slow(self, (uintptr_t)mutex);
    }
}

#endif
