/* Locks of the program's own. */
#include "annotate/snarl/annotate.h"
#include "preload/annotated.h"
#include "preload/policies.h"
#include "preload/session.h"

/* How many threads have a lock whose address comes to this place: too many rather than too few. A
 * forked child inherits it with the locks. */
static uint32_t holders[4096];

static uint32_t *holders_of(uintptr_t lock)
{
    return &holders[snarl_hash_mix(0, lock) % (sizeof holders / sizeof holders[0])];
}

bool snarl_annotated_may_be_held(uintptr_t lock)
{
    return __atomic_load_n(holders_of(lock), __ATOMIC_SEQ_CST) != 0;
}

/* One that had it has it no more: the caller, or one that does not say so itself. */
static void one_less(uintptr_t lock)
{
    uint32_t *count = holders_of(lock), had = __atomic_load_n(count, __ATOMIC_RELAXED);
    while (had > 0 && !__atomic_compare_exchange_n(count, &had, had - 1, true, __ATOMIC_SEQ_CST,
                                                   __ATOMIC_RELAXED))
        ;
}

static struct snarl_thing thing_at(uintptr_t lock)
{
    return SNARL_THING(ANNOTATED, lock);
}

static enum snarl_taking taking_of(unsigned flags)
{
    return (flags & SNARL_SHARED ? SNARL_TAKING_SHARED : 0) |
           (flags & SNARL_TIMED ? SNARL_TAKING_TIMED : 0) |
           (flags & SNARL_TRIED ? SNARL_TAKING_TRIED : 0);
}

/* What its maker says of it is kept: in the flags, and in the value. Session lock. */
static void describe(struct snarl_object *object, unsigned flags)
{
    if (flags & SNARL_RECURSIVE)
        object->flags |= SNARL_LOCK_RECURSIVE;
    object->value |= flags & SNARL_ANNOTATED_NOT_STATIC;
}

/* Begins it here if it was not known, with what is said of it. False if another lock lives there,
 * one that is watched, or there is nothing. */
static bool begin(struct snarl_thread *self, struct snarl_thing thing, unsigned flags)
{
    if (thing.address == 0)
        return false;
    struct snarl_entry entry = snarl_enter(self);
    snarl_session_lock();
    const struct snarl_object *known = snarl_object_known(thing.address);
    struct snarl_object *object = NULL;
    if (known == NULL || known->kind == thing.kind || known->kind == SNARL_OBJECT_NONE)
        object = snarl_object_at(self, thing, false);
    if (object != NULL)
        describe(object, flags);
    snarl_session_unlock();
    snarl_leave(self, entry);
    return object != NULL;
}

/* The same without a lock where the thread has it in its cache. */
static inline bool is_heard(struct snarl_thread *self, struct snarl_thing thing, unsigned flags)
{
    return __builtin_expect(snarl_object_recall(self, thing) != 0, 1) || begin(self, thing, flags);
}

static struct snarl_holding *holding_of(struct snarl_thread *self, struct snarl_thing thing)
{
    struct snarl_holding *holding = snarl_holding_of(self, thing.address);
    return holding != NULL && holding->kind == thing.kind ? holding : NULL;
}

/* Whether the thread, which has it, may take it again. */
static bool is_recursive(struct snarl_thread *self, struct snarl_thing thing, unsigned flags)
{
    if (flags & SNARL_RECURSIVE)
        return true;
    struct snarl_entry entry = snarl_enter(self);
    snarl_session_lock();
    const struct snarl_object *object = snarl_object_known(thing.address);
    bool recursive = object != NULL && object->flags & SNARL_LOCK_RECURSIVE;
    snarl_session_unlock();
    snarl_leave(self, entry);
    return recursive;
}

void snarl_annotated_create(struct snarl_thread *self, uintptr_t lock, unsigned flags,
                            struct snarl_site site)
{
    struct snarl_thing thing = thing_at(lock);
    if (flags & SNARL_ANNOTATED_STATIC || lock == 0) {
        begin(self, thing, flags);
        return;
    }
    struct snarl_entry entry = snarl_enter(self);
    snarl_frames_check(self, site);
    uint32_t stack = snarl_stack_of(self, site);
    snarl_session_lock();
    const struct snarl_object *former = snarl_object_known(lock);
    if (former != NULL && former->kind == thing.kind)
        snarl_release_for_holders(lock);
    struct snarl_object *object = snarl_object_begin(self, thing, 0, stack);
    if (object != NULL)
        describe(object, flags);
    snarl_session_unlock();
    snarl_leave(self, entry);
}

/* Whether it is to end. */
static bool may_end(struct snarl_thread *self, struct snarl_thing thing, unsigned flags)
{
    struct snarl_entry entry = snarl_enter(self);
    snarl_session_lock();
    const struct snarl_object *object = snarl_object_known(thing.address);
    bool may =
        object != NULL && object->kind == thing.kind &&
        (!(flags & SNARL_ANNOTATED_IF_NOT_STATIC) || object->value & SNARL_ANNOTATED_NOT_STATIC);
    snarl_session_unlock();
    snarl_leave(self, entry);
    return may;
}

void snarl_annotated_destroy(struct snarl_thread *self, uintptr_t lock, unsigned flags,
                             struct snarl_site site)
{
    struct snarl_thing thing = thing_at(lock);
    if (may_end(self, thing, flags))
        snarl_lock_end(self, thing, site, true, NULL);
}

/* NULL on exhaustion. */
static struct snarl_annotated_wait *wait_of(struct snarl_thread *self)
{
    if (self->annotated_wait != NULL)
        return self->annotated_wait;
    struct snarl_entry entry = snarl_enter(self);
    snarl_session_lock();
    self->annotated_wait = snarl_session_allocate(sizeof *self->annotated_wait);
    snarl_session_unlock();
    snarl_leave(self, entry);
    return self->annotated_wait;
}

static bool is_waiting(const struct snarl_thread *self)
{
    return self->annotated_wait != NULL && self->annotated_wait->thing.address != 0;
}

/* Publishes the wait; a deadlock that this closes is reported, and goes on: no function here can
 * refuse the lock. */
static void begin_wait(struct snarl_thread *self, struct snarl_annotated_wait *wait,
                       struct snarl_site site)
{
    if (snarl_lock_wait_begin(self, wait->thing, wait->taking, site, &wait->frame) ==
        SNARL_WAIT_REFUSED)
        wait->thing.address = 0;
}

static void end_wait(struct snarl_thread *self)
{
    struct snarl_annotated_wait *wait = self->annotated_wait;
    if (self->want.frame == &wait->frame)
        snarl_wait_end(self, &wait->frame);
}

void snarl_annotated_given_up(struct snarl_thread *self)
{
    if (!is_waiting(self))
        return;
    end_wait(self);
    self->annotated_wait->thing.address = 0;
}

void snarl_annotated_acquiring(struct snarl_thread *self, uintptr_t lock, unsigned flags,
                               struct snarl_site site)
{
    struct snarl_thing thing = thing_at(lock);
    snarl_annotated_given_up(self);
    if (flags & SNARL_TRIED || !is_heard(self, thing, flags) ||
        (holding_of(self, thing) != NULL && is_recursive(self, thing, flags)))
        return;
    struct snarl_annotated_wait *wait = wait_of(self);
    if (wait == NULL)
        return;
    wait->thing = thing;
    wait->taking = taking_of(flags);
    wait->diverted = false;
    begin_wait(self, wait, site);
}

void snarl_annotated_acquired(struct snarl_thread *self, uintptr_t lock, unsigned flags,
                              uint32_t levels, struct snarl_site site)
{
    struct snarl_thing thing = thing_at(lock);
    snarl_annotated_given_up(self);
    if (!is_heard(self, thing, flags))
        return;
    struct snarl_holding *holding = holding_of(self, thing);
    if (__builtin_expect(holding != NULL && is_recursive(self, thing, flags), 0)) {
        holding->count += levels;
        self->row->acquisitions++;
        return;
    }
    if (holding == NULL)
        __atomic_fetch_add(holders_of(lock), 1, __ATOMIC_SEQ_CST);
    snarl_acquired(self, thing, site, taking_of(flags));
    if (levels > 1 && (holding = holding_of(self, thing)) != NULL)
        holding->count = levels;
}

uint32_t snarl_annotated_released(struct snarl_thread *self, uintptr_t lock, bool all_levels,
                                  struct snarl_site site)
{
    struct snarl_thing thing = thing_at(lock);
    struct snarl_holding *holding = holding_of(self, thing);
    if (holding == NULL && !is_heard(self, thing, 0))
        return 1;
    uint32_t levels = 1;
    if (all_levels && holding != NULL) {
        levels = holding->count;
        holding->count = 1;
    }
    bool last = holding == NULL || holding->count == 1;
    snarl_released(self, thing, site);
    if (last)
        one_less(lock);
    return levels;
}

void snarl_annotated_divert(struct snarl_thread *self)
{
    if (!is_waiting(self) || self->annotated_wait->diverted)
        return;
    end_wait(self);
    self->annotated_wait->diverted = true;
}

void snarl_annotated_resume(struct snarl_thread *self, struct snarl_site site)
{
    if (!is_waiting(self) || !self->annotated_wait->diverted)
        return;
    self->annotated_wait->diverted = false;
    begin_wait(self, self->annotated_wait, site);
}
