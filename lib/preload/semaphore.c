#include "preload/semaphore.h"

#include <string.h>

#include "base/clock.h"
#include "preload/session.h"

enum {
    MOST_PENDING = 16,                    /* dependencies kept for a thread */
    MOST_HELD = 8,                        /* locks held in one of them */
    LONGEST_PENDING = 1000 * 1000 * 1000, /* nanoseconds */
};

/* A dependency, and where its locks live: a lock that lives there no more is another one. */
struct dependency {
    struct snarl_want want;
    uint64_t since; /* when it was kept */
    uintptr_t wanted;
    uintptr_t addresses[MOST_HELD];
    struct snarl_held held[MOST_HELD];
};

struct snarl_pending {
    uint32_t count;
    struct dependency dependencies[MOST_PENDING]; /* oldest first */
};

bool snarl_semaphore_holds_unproven(const struct snarl_thread *self)
{
    for (uint32_t i = 0; i < self->depth; i++)
        if (self->holdings[i].unproven) {
            const struct snarl_object *object = snarl_object_known(self->holdings[i].address);
            if (object != NULL && object->unproven)
                return true;
        }
    return false;
}

static void drop(struct snarl_pending *pending, uint32_t index)
{
    pending->count--;
    memmove(&pending->dependencies[index], &pending->dependencies[index + 1],
            (pending->count - index) * sizeof pending->dependencies[0]);
}

enum proof {
    PROVEN,
    UNPROVEN,
    VOID,
};

static enum proof proof_of(uintptr_t address, uint32_t lock)
{
    const struct snarl_object *object = snarl_object_known(address);
    if (object == NULL || object->lock != lock || object->is_signal)
        return VOID;
    return object->unproven ? UNPROVEN : PROVEN;
}

static enum proof proof_of_all(const struct dependency *dependency)
{
    enum proof proof = proof_of(dependency->wanted, dependency->want.lock);
    for (uint32_t i = 0; i < dependency->want.held_count && proof != VOID; i++) {
        enum proof held = proof_of(dependency->addresses[i], dependency->held[i].lock);
        if (held != PROVEN)
            proof = held;
    }
    return proof;
}

static void write_lock_at(struct snarl_thread *self, uintptr_t address)
{
    const struct snarl_object *object = snarl_object_known(address);
    snarl_object_at(self, (struct snarl_thing){address, object->kind}, true);
}

static void tell(struct snarl_thread *self, struct dependency *dependency)
{
    write_lock_at(self, dependency->wanted);
    for (uint32_t i = 0; i < dependency->want.held_count; i++)
        write_lock_at(self, dependency->addresses[i]);
    dependency->want.held = dependency->held;
    if (!snarl_lock_order_knows(snarl_session.order, &dependency->want))
        snarl_acquire_tell(self, &dependency->want);
}

/* Tells it without the held semaphores that are still not known to be locks: one that a thread
 * holds for so long (CPython's threads hold one for life) keeps nobody apart. */
static void tell_what_is_known(struct snarl_thread *self, struct dependency *dependency)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < dependency->want.held_count; i++) {
        if (proof_of(dependency->addresses[i], dependency->held[i].lock) != PROVEN)
            continue;
        dependency->addresses[count] = dependency->addresses[i];
        dependency->held[count++] = dependency->held[i];
    }
    dependency->want.held_count = count;
    if (count > 0 && proof_of(dependency->wanted, dependency->want.lock) == PROVEN)
        tell(self, dependency);
}

static bool is_same(const struct dependency *kept, const struct snarl_thread *self,
                    const struct snarl_want *want, uint32_t lock)
{
    if (kept->want.lock != lock || kept->want.held_count != self->depth ||
        kept->want.flags != want->flags)
        return false;
    for (uint32_t i = 0; i < self->depth; i++)
        if (kept->held[i].lock != self->holdings[i].lock)
            return false;
    return true;
}

static bool is_kept(const struct snarl_pending *pending, const struct snarl_thread *self,
                    const struct snarl_want *want, uint32_t lock)
{
    for (uint32_t i = 0; i < pending->count; i++)
        if (is_same(&pending->dependencies[i], self, want, lock))
            return true;
    return false;
}

/* Makes room for one more, and lets go of what has waited for too long. */
static void make_room(struct snarl_thread *self, struct snarl_pending *pending, uint64_t now)
{
    while (pending->count > 0 && (pending->count == MOST_PENDING ||
                                  now - pending->dependencies[0].since > LONGEST_PENDING)) {
        tell_what_is_known(self, &pending->dependencies[0]);
        drop(pending, 0);
    }
}

void snarl_semaphore_postpone(struct snarl_thread *self, const struct snarl_object *wanted,
                              const struct snarl_want *want)
{
    if (self->pending == NULL)
        self->pending = snarl_session_allocate(sizeof *self->pending);
    if (self->pending == NULL || self->depth > MOST_HELD ||
        is_kept(self->pending, self, want, wanted->lock))
        return;
    struct snarl_pending *pending = self->pending;
    uint64_t now = snarl_clock_read(CLOCK_MONOTONIC_COARSE);
    make_room(self, pending, now);
    struct dependency *dependency = &pending->dependencies[pending->count++];
    dependency->want = *want;
    dependency->want.lock = wanted->lock;
    dependency->since = now;
    dependency->wanted = wanted->address;
    for (uint32_t i = 0; i < self->depth; i++) {
        const struct snarl_holding *holding = &self->holdings[i];
        dependency->addresses[i] = holding->address;
        dependency->held[i] = (struct snarl_held){holding->lock, holding->stack, holding->shared};
    }
}

void snarl_semaphore_tell_pending(struct snarl_thread *self, struct snarl_thread *thread)
{
    struct snarl_pending *pending = thread->pending;
    for (uint32_t i = 0; pending != NULL && i < pending->count; i++)
        tell_what_is_known(self, &pending->dependencies[i]);
    snarl_arena_free(&snarl_session.arena, pending, sizeof *pending);
    thread->pending = NULL;
}

void snarl_semaphore_is_lock(struct snarl_thread *self, struct snarl_thing thing)
{
    snarl_session_lock();
    struct snarl_object *object = snarl_object_at(self, thing, false);
    if (object != NULL && object->unproven) {
        object->unproven = false;
        snarl_object_new_generation(thing.address);
    }
    struct snarl_pending *pending = self->pending;
    for (uint32_t i = 0; pending != NULL && i < pending->count;) {
        enum proof proof = proof_of_all(&pending->dependencies[i]);
        if (proof == PROVEN)
            tell(self, &pending->dependencies[i]);
        if (proof == UNPROVEN)
            i++;
        else
            drop(pending, i);
    }
    snarl_session_unlock();
}

void snarl_semaphore_is_signal(struct snarl_thread *self, struct snarl_thing thing)
{
    snarl_session_lock();
    struct snarl_object *object = snarl_object_at(self, thing, false);
    if (object != NULL && !object->is_signal) {
        object->is_signal = true;
        object->unproven = false;
        snarl_lock_order_withdraw(snarl_session.order, object->lock);
        snarl_object_change(object, SNARL_LOCK_IS_SIGNAL);
        snarl_release_for_holders(thing.address);
        snarl_object_new_generation(thing.address);
        snarl_object_at(self, thing, false); /* what it has become, into the cache */
    }
    snarl_session_unlock();
}

void snarl_semaphore_polled(struct snarl_thread *self)
{
    struct snarl_entry entry = snarl_enter(self);
    uintptr_t address = self->polling;
    self->polling = 0;
    snarl_session_lock();
    struct snarl_object *object = snarl_object_known(address);
    if (object != NULL && object->kind == SNARL_OBJECT_SEMAPHORE && !object->is_signal &&
        !(object->flags & SNARL_LOCK_POLLED)) {
        snarl_lock_order_polled(snarl_session.order, object->lock);
        snarl_object_change(object, SNARL_LOCK_IS_POLLED);
    }
    snarl_session_unlock();
    snarl_leave(self, entry);
}

void snarl_semaphore_taken_slow(struct snarl_thread *self, struct snarl_thing thing,
                                struct snarl_site site, enum snarl_taking taking)
{
    /* sem_wait tries first: then it has waited after all. */
    if (self->polling == thing.address && !(taking & SNARL_TAKING_TRIED))
        self->polling = 0;
    else if (self->polling != 0)
        snarl_semaphore_polled(self);
    if (!(snarl_object_recall(self, thing) & SNARL_LOCK_SIGNAL))
        snarl_acquired(self, thing, site, taking);
    if (snarl_object_recall(self, thing) & SNARL_LOCK_SIGNAL)
        snarl_orders_take(self, thing);
}

void snarl_semaphore_posted_slow(struct snarl_thread *self, struct snarl_thing thing,
                                 struct snarl_site site)
{
    if (!(snarl_object_recall(self, thing) & SNARL_LOCK_SIGNAL))
        snarl_released_slow(self, thing, site);
    if (snarl_object_recall(self, thing) & SNARL_LOCK_SIGNAL)
        snarl_wake(self, thing, site, SNARL_WAKES_POST);
}
