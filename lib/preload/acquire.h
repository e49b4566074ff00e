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

#include <string.h>

#include "base/hash.h"
#include "core/lock_order.h"
#include "preload/object.h"
#include "preload/stacks.h"
#include "preload/thread.h"

/* How a lock was, or is to be, taken: bits. */
enum snarl_taking {
    SNARL_TAKING_BLOCKING = 0, /* would have waited for ever */
    SNARL_TAKING_TIMED = 1,    /* would have given up: the dependency says so */
    SNARL_TAKING_TRIED = 2,    /* would not have waited: no dependency, but held from here on */
    SNARL_TAKING_SHARED = 4,   /* as a reader */
};

/* What the acquisition of a lock leaves: everything but the real call. */
void snarl_acquired_slow(struct snarl_thread *self, struct snarl_thing thing,
                         struct snarl_site site, enum snarl_taking taking);

/* Releases out of order, of a recursive lock, or of what this thread does not hold. */
void snarl_released_slow(struct snarl_thread *self, struct snarl_thing thing,
                         struct snarl_site site);

/* The lock could have been waited for here, but is no more: an initialisation that is done. */
void snarl_wanted_slow(struct snarl_thread *self, struct snarl_thing thing, struct snarl_site site);

/* Tells the graph, and the recording what the graph did not know. Session lock. */
void snarl_acquire_tell(struct snarl_thread *self, const struct snarl_want *want);

/* Drops what others have released for this thread, and works out the contexts anew. */
void snarl_acquire_rehash(struct snarl_thread *self);

/* Takes a lock off the books of whichever threads hold it. Session lock. */
void snarl_release_for_holders(uintptr_t address);

/* The running hash after taking `lock` at `stack`. One multiplication, as it is on every nested
 * acquisition's path; both steps are one-to-one, so only sums of contexts and locks can clash. */
static inline uint64_t snarl_context_after(uint64_t context, uint32_t lock, uint32_t stack)
{
    uint64_t product = (context + ((uint64_t)lock << 32 | stack)) * 0x9e3779b97f4a7c15u;
    return product ^ product >> 32;
}

/* With nothing held. No two threads of a session have the same. */
static inline uint64_t snarl_context_of(const struct snarl_thread *self)
{
    return snarl_hash_mix(0, (uint64_t)self->id << 32 | self->segment);
}

/* Where the thread's cache of judged acquisitions has, or is to have, `context` + `taking`. */
static inline uint64_t *snarl_seen_entry_of(struct snarl_thread *self, uint64_t context)
{
    uint32_t mask = SNARL_ONCE(self->caches.seen_size.mask);
    return &SNARL_ONCE(self->caches.seen)[context & mask];
}

/* What the thread holds at an address, innermost first, or NULL. */
static inline struct snarl_holding *snarl_holding_of(struct snarl_thread *thread, uintptr_t address)
{
    for (uint32_t i = thread->depth; i-- > 0;)
        if (__atomic_load_n(&thread->holdings[i].address, __ATOMIC_RELAXED) == address)
            return &thread->holdings[i];
    return NULL;
}

/* Puts it on the books. `unproven`: see semaphore.h. */
static inline __attribute__((always_inline)) void
snarl_hold(struct snarl_thread *self, struct snarl_thing thing, uint32_t lock, uint32_t stack,
           uint64_t context, bool shared, bool unproven)
{
    uint32_t depth = self->depth;
    struct snarl_holding holding = {.address = thing.address,
                                    .lock = lock,
                                    .stack = stack,
                                    .context = self->context,
                                    .count = 1,
                                    .kind = (uint8_t)thing.kind,
                                    .shared = shared,
                                    .unproven = unproven};
    self->holdings[depth] = holding;
    self->context = context;
    self->depth = depth + 1;
    /* A signal handler that came before that line, and locked, has used the same place. */
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    if (__builtin_expect(self->holdings[depth].address != thing.address, 0))
        self->holdings[depth] = holding;

    struct snarl_thread_row *row = self->row;
    /* As one word: compilers put bit-fields together in memory. */
    uint64_t held = (uint64_t)(stack | (uint32_t)shared << 31) << 32 | lock;
    if (depth < SNARL_ROW_HELD)
        memcpy(&row->held[depth], &held, sizeof held);
    __atomic_store_n(&row->depth, depth + 1, __ATOMIC_RELAXED);
    row->last_stack = stack;
    row->acquisitions++;
}

/* Whether a lock is on the books only once it has been told with what it was held: a try that fails
 * does not wait; but of a semaphore it is how waiting begins (CPython). */
static inline bool snarl_is_told(struct snarl_thing thing, enum snarl_taking taking)
{
    return !(taking & SNARL_TAKING_TRIED) || thing.kind == SNARL_OBJECT_SEMAPHORE;
}

/* Whether nothing is left to be done about an acquisition that leads to `context`. */
static inline __attribute__((always_inline)) bool snarl_is_settled(struct snarl_thread *self,
                                                                   struct snarl_thing thing,
                                                                   uint64_t context,
                                                                   enum snarl_taking taking)
{
    return snarl_is_told(thing, taking)
               ? *snarl_seen_entry_of(self, context) == context + (uint64_t)taking
               : snarl_holding_of(self, thing.address) == NULL;
}

/* After the lock was taken by this call path: whether that was seen before, and is settled. */
static inline __attribute__((always_inline)) bool snarl_acquired_at(struct snarl_thread *self,
                                                                    struct snarl_thing thing,
                                                                    uint32_t stack,
                                                                    enum snarl_taking taking)
{
    uint32_t lock = snarl_object_recall(self, thing) & ~(uint32_t)SNARL_LOCK_WRITTEN;
    uint64_t context = snarl_context_after(self->context, lock, stack);
    if (__builtin_expect(stack == 0 || lock - 1 >= SNARL_LOCK_ID || self->depth >= self->capacity ||
                             (self->depth > 0 && !snarl_is_settled(self, thing, context, taking)),
                         0))
        return false;
    snarl_hold(self, thing, lock, stack, context, taking & SNARL_TAKING_SHARED, false);
    return true;
}

/* The same with its site, if the thread has the call path at hand. The kind and the taking are
 * constants wherever it is used, and nothing is called. */
static inline __attribute__((always_inline)) bool snarl_acquired_again(struct snarl_thread *self,
                                                                       struct snarl_thing thing,
                                                                       struct snarl_site site,
                                                                       enum snarl_taking taking)
{
    bool shared = taking & SNARL_TAKING_SHARED;
    struct snarl_holding *held;
    if ((shared || snarl_thing_is_recursive(thing)) &&
        (held = snarl_holding_of(self, thing.address)) != NULL && held->shared == shared) {
        held->count++;
        self->row->acquisitions++;
        return true;
    }
    return snarl_acquired_at(self, thing, snarl_stack_recall_quickly(self, site), taking);
}

/* After the lock was taken. */
static inline __attribute__((always_inline)) void snarl_acquired(struct snarl_thread *self,
                                                                 struct snarl_thing thing,
                                                                 struct snarl_site site,
                                                                 enum snarl_taking taking)
{
    if (!snarl_acquired_again(self, thing, site, taking))
        snarl_acquired_slow(self, thing, site, taking);
}

/* Whether what snarl_wanted_slow would do was done before. */
static inline bool snarl_acquire_was_wanted(struct snarl_thread *self, struct snarl_thing thing,
                                            struct snarl_site site)
{
    uint32_t stack = snarl_stack_recall(self, site);
    uint32_t lock = snarl_object_recall(self, thing) & SNARL_LOCK_ID;
    uint64_t context = snarl_context_after(self->context, lock, stack);
    return stack != 0 && lock != 0 && *snarl_seen_entry_of(self, context) == context;
}

/* Before the lock is released: whether it is the innermost one that is held, and settled. */
static inline __attribute__((always_inline)) bool snarl_released_again(struct snarl_thread *self,
                                                                       struct snarl_thing thing)
{
    uint32_t depth = self->depth;
    const struct snarl_holding *top = &self->holdings[depth - 1];
    if (__builtin_expect(depth == 0 || top->address != thing.address || top->count != 1 ||
                             (thing.kind == SNARL_OBJECT_SEMAPHORE && top->unproven),
                         0))
        return false;
    self->context = top->context;
    __atomic_signal_fence(__ATOMIC_SEQ_CST); /* its place may be reused from then on */
    self->depth = depth - 1;
    __atomic_store_n(&self->row->depth, depth - 1, __ATOMIC_RELAXED);
    return true;
}

static inline __attribute__((always_inline)) void
snarl_released(struct snarl_thread *self, struct snarl_thing thing, struct snarl_site site)
{
    if (!snarl_released_again(self, thing))
        snarl_released_slow(self, thing, site);
}

#endif
