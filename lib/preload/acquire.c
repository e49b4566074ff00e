#include "preload/acquire.h"

#include <string.h>

#include "preload/frames.h"
#include "preload/misuse.h"
#include "preload/options.h"
#include "preload/orders.h"
#include "preload/semaphore.h"
#include "preload/session.h"

void snarl_acquire_rehash(struct snarl_thread *self)
{
    uint32_t depth = 0;
    uint64_t context = snarl_context_of(self);
    for (uint32_t i = 0; i < self->depth; i++) {
        struct snarl_holding holding = self->holdings[i];
        if (__atomic_load_n(&self->holdings[i].address, __ATOMIC_RELAXED) == 0)
            continue;
        holding.context = context;
        context = snarl_context_after(context, holding.lock, holding.stack);
        self->holdings[depth] = holding;
        if (depth < SNARL_ROW_HELD)
            self->row->held[depth] =
                (struct snarl_held){holding.lock, holding.stack, holding.shared};
        depth++;
    }
    /* In one go: what a signal handler locks meanwhile stands behind the books as they were. */
    self->context = context;
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    self->depth = depth;
    __atomic_store_n(&self->row->depth, depth, __ATOMIC_RELAXED);
}

static bool grow(struct snarl_thread *self)
{
    size_t old_size = self->capacity * sizeof self->holdings[0];
    struct snarl_holding *holdings = snarl_session_allocate(2 * old_size);
    if (holdings == NULL)
        return false;
    memcpy(holdings, self->holdings, old_size);
    /* The old one is left: this may be a signal handler, in whose thread it is being written to. */
    self->holdings = holdings;
    self->capacity *= 2;
    return true;
}

static void write_dependency(const struct snarl_want *want, uint32_t dependency)
{
    struct snarl_fact_dependency fact = {
        .header.kind = SNARL_FACT_DEPENDENCY,
        .dependency = dependency,
        .thread = want->thread,
        .segment = want->segment,
        .lock = want->lock,
        .stack = want->stack,
        .flags = want->flags,
        .held_count = want->held_count,
    };
    struct iovec parts[] = {
        {&fact, sizeof fact},
        {(void *)(uintptr_t)want->held, want->held_count * sizeof want->held[0]}};
    snarl_session_write(parts, 2);
}

static void write_segment(uint32_t dependency, uint32_t segment)
{
    struct snarl_fact_segment fact = {
        .header.kind = SNARL_FACT_SEGMENT, .dependency = dependency, .segment = segment};
    struct iovec part = {&fact, sizeof fact};
    snarl_session_write(&part, 1);
}

/* The held locks, in memory that the caller gives back. Session lock. */
static struct snarl_held *describe_held(struct snarl_thread *self)
{
    struct snarl_held *held = snarl_session_allocate(self->depth * sizeof *held);
    for (uint32_t i = 0; held != NULL && i < self->depth; i++) {
        const struct snarl_holding *holding = &self->holdings[i];
        held[i] = (struct snarl_held){holding->lock, holding->stack, holding->shared};
        struct snarl_object *object = snarl_object_known(holding->address);
        if (object != NULL && object->lock == holding->lock)
            snarl_object_at(self, (struct snarl_thing){holding->address, object->kind}, true);
    }
    return held;
}

/* Of threads that were passed over. */
static void write_recalled(void)
{
    struct snarl_want want;
    uint32_t dependency;
    while (snarl_lock_order_recalled(snarl_session.order, &want, &dependency))
        write_dependency(&want, dependency);
}

void snarl_acquire_tell(struct snarl_thread *self, const struct snarl_want *want)
{
    struct snarl_dependency *dependency;
    switch (snarl_lock_order_add(snarl_session.order, want, &dependency)) {
    case SNARL_ADDED_DEPENDENCY:
    case SNARL_ADDED_VARIANT:
        if (want->thread == self->id)
            snarl_orders_tell(self);
        snarl_thread_write_name(self);
        write_dependency(want, dependency->id);
        write_recalled();
        break;
    case SNARL_ADDED_SEGMENT:
        write_segment(dependency->id, want->segment);
        break;
    case SNARL_ADDED_FAILED:
        snarl_session_lose(SNARL_LOSS_MEMORY);
        break;
    case SNARL_ADDED_NOTHING:
        break;
    }
}

static uint32_t want_flags(const struct snarl_object *object, enum snarl_taking taking)
{
    uint32_t flags = taking & SNARL_TAKING_TIMED ? SNARL_WANT_TIMED : 0;
    if (taking & SNARL_TAKING_TRIED)
        flags |= SNARL_WANT_TRIED;
    if (taking & SNARL_TAKING_SHARED)
        flags |= SNARL_WANT_SHARED |
                 (object->flags & SNARL_LOCK_PREFERS_WRITERS ? SNARL_WANT_BEHIND_WRITERS : 0u);
    return flags;
}

/* The held locks are told as far as they are: known, told (if the stack is fresh), or kept until
 * their semaphores are known to be locks. Whether that settles it. */
static bool settle(struct snarl_thread *self, struct snarl_thing thing, struct snarl_want *want,
                   enum snarl_taking taking, bool fresh)
{
    snarl_session_lock();
    bool settled = true;
    struct snarl_object *object = snarl_object_at(self, thing, false);
    if (object != NULL)
        want->flags = want_flags(object, taking);
    if (object == NULL || object->is_signal) {
        /* Nothing to tell. */
    } else if (object->unproven || snarl_semaphore_holds_unproven(self)) {
        snarl_semaphore_postpone(self, object, want);
    } else {
        struct snarl_held *held = describe_held(self);
        if (object->first_taken == 0 && fresh)
            object->first_taken = want->stack; /* before it is written down */
        want->lock = snarl_object_id(self, thing, true);
        want->held = held;
        bool known = held == NULL || snarl_lock_order_knows(snarl_session.order, want);
        if (!known && fresh)
            snarl_acquire_tell(self, want);
        settled = known || fresh;
        snarl_arena_free(&snarl_session.arena, held, want->held_count * sizeof *held);
    }
    snarl_session_unlock();
    return settled;
}

/* The wanted lock's stack is the one remembered only if the graph knows it already: what is new is
 * captured afresh. Returns the stack. */
static uint32_t depend(struct snarl_thread *self, struct snarl_thing thing, struct snarl_site site,
                       enum snarl_taking taking)
{
    struct snarl_want want = {
        .thread = self->id,
        .segment = self->segment,
        .stack = snarl_stack_recall(self, site),
        .held_count = self->depth,
        .unsure = self->orders.unsure_segment == self->segment,
    };
    bool fresh = want.stack == 0;
    if (fresh)
        want.stack = snarl_stack_capture(self, site);
    while (!settle(self, thing, &want, taking, fresh)) {
        want.stack = snarl_stack_capture(self, site);
        fresh = true;
    }
    return want.stack;
}

/* Whether it is to be told what is held when this lock is taken. */
static bool depends(const struct snarl_thread *self, struct snarl_thing thing,
                    enum snarl_taking taking)
{
    return self->depth > 0 && self->forgiving == 0 && snarl_options.detect_deadlocks &&
           snarl_is_told(thing, taking);
}

/* The lock's number, with flags, and room for one more holding; 0 if that cannot be had. */
static uint32_t number_and_room(struct snarl_thread *self, struct snarl_thing thing, uint32_t stack)
{
    uint32_t lock = snarl_object_recall(self, thing);
    if (lock != 0 && self->depth < self->capacity)
        return lock;
    snarl_session_lock();
    struct snarl_object *object = snarl_object_at(self, thing, false);
    lock = object != NULL ? snarl_object_recall(self, thing) : 0;
    if (object != NULL && object->first_taken == 0)
        object->first_taken = stack;
    if (self->depth == self->capacity && !grow(self))
        lock = 0;
    snarl_session_unlock();
    return lock;
}

/* By our books it is held here already: it was released behind our back, or we would not have got
 * it. But for a reader, who can have it with others. */
static void drop_stale(struct snarl_thread *self, struct snarl_thing thing)
{
    struct snarl_holding *stale = snarl_holding_of(self, thing.address);
    if (stale == NULL)
        return;
    stale->address = 0;
    if (thing.kind == SNARL_OBJECT_SEMAPHORE)
        snarl_semaphore_is_signal(self, thing);
}

static void grow_seen(struct snarl_caches *caches)
{
    size_t count = 4 * ((size_t)caches->seen_size.mask + 1);
    snarl_session_lock();
    uint64_t *seen = snarl_session_allocate(count * sizeof *seen);
    snarl_session_unlock();
    if (seen == NULL)
        return;
    SNARL_ONCE(caches->seen) = seen;
    SNARL_ONCE(caches->seen_size.mask) = (uint32_t)count - 1;
}

/* The acquisition is settled, unless it is forgiven: then it is settled for this time only. The
 * context after it. */
static uint64_t note_seen(struct snarl_thread *self, uint32_t lock, uint32_t stack,
                          enum snarl_taking taking)
{
    uint64_t context = snarl_context_after(self->context, lock, stack);
    if (self->forgiving != 0 || self->depth == 0) /* with nothing held nobody looks */
        return context;
    uint64_t *entry = snarl_seen_entry_of(self, context);
    if (*entry != 0 && *entry != context + (uint64_t)taking &&
        snarl_cache_is_short(&self->caches.seen_size, SNARL_SEEN_ENTRIES_MOST)) {
        grow_seen(&self->caches);
        entry = snarl_seen_entry_of(self, context);
    }
    *entry = context + (uint64_t)taking;
    return context;
}

void snarl_acquired_slow(struct snarl_thread *self, struct snarl_thing thing,
                         struct snarl_site site, enum snarl_taking taking)
{
    if (snarl_acquired_at(self, thing, snarl_stack_recall(self, site), taking))
        return;
    struct snarl_entry entry = snarl_enter(self);
    snarl_frames_check(self, site);
    drop_stale(self, thing);
    snarl_acquire_rehash(self);

    uint32_t recalled = snarl_stack_recall(self, site);
    uint32_t stack = depends(self, thing, taking) ? depend(self, thing, site, taking)
                                                  : snarl_stack_of(self, site);
    uint32_t lock = number_and_room(self, thing, stack);
    if (lock != 0 && !(lock & SNARL_LOCK_SIGNAL)) {
        /* Call paths that the memo takes for each other come by turns: it is settled for what the
         * memo said, too, or each turn would come here again. */
        if (recalled != 0)
            note_seen(self, lock & SNARL_LOCK_ID, recalled, taking);
        uint64_t context = note_seen(self, lock & SNARL_LOCK_ID, stack, taking);
        snarl_hold(self, thing, lock & SNARL_LOCK_ID, stack, context, taking & SNARL_TAKING_SHARED,
                   lock & SNARL_LOCK_UNPROVEN);
    }
    snarl_misuse_settle(self, thing, site);
    snarl_leave(self, entry);
}

void snarl_wanted_slow(struct snarl_thread *self, struct snarl_thing thing, struct snarl_site site)
{
    struct snarl_entry entry = snarl_enter(self);
    snarl_acquire_rehash(self);
    if (depends(self, thing, SNARL_TAKING_BLOCKING)) {
        uint32_t stack = depend(self, thing, site, SNARL_TAKING_BLOCKING);
        uint32_t lock = snarl_object_recall(self, thing) & SNARL_LOCK_ID;
        note_seen(self, lock, stack, SNARL_TAKING_BLOCKING);
    }
    snarl_leave(self, entry);
}

void snarl_release_for_holders(uintptr_t address)
{
    /* The holder mends its own context the next time it comes by the slow path. */
    for (struct snarl_thread *thread = snarl_session.threads; thread; thread = thread->next) {
        struct snarl_holding *holding = snarl_holding_of(thread, address);
        uintptr_t expected = address;
        if (holding != NULL)
            __atomic_compare_exchange_n(&holding->address, &expected, 0, false, __ATOMIC_RELAXED,
                                        __ATOMIC_RELAXED);
    }
}

void snarl_released_slow(struct snarl_thread *self, struct snarl_thing thing,
                         struct snarl_site site)
{
    struct snarl_holding *holding = snarl_holding_of(self, thing.address);
    if (holding != NULL && holding->count > 1) {
        holding->count--;
        return;
    }
    if (holding != NULL && !holding->unproven) {
        /* Out of order, as hand over hand: without a change of the mask. */
        holding->address = 0;
        snarl_acquire_rehash(self);
        return;
    }
    struct snarl_entry entry = snarl_enter(self);
    if (holding != NULL) {
        holding->address = 0;
        snarl_acquire_rehash(self);
        snarl_semaphore_is_lock(self, thing);
    } else if (thing.kind == SNARL_OBJECT_SEMAPHORE) {
        snarl_semaphore_is_signal(self, thing);
        snarl_misuse_settle(self, thing, site);
    } else if (snarl_misuse_of_release(self, thing, site)) {
        snarl_session_lock();
        snarl_release_for_holders(thing.address);
        snarl_session_unlock();
    }
    snarl_leave(self, entry);
}
