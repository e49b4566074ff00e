/* The slow halves of the policies for locks, and around what begins and ends them. */
#include <stddef.h>
#include <string.h>

#include "preload/frames.h"
#include "preload/misuse.h"
#include "preload/policies.h"
#include "preload/session.h"
#include "preload/steer.h"

enum snarl_wait_verdict snarl_lock_wait_begin(struct snarl_thread *self, struct snarl_thing thing,
                                              enum snarl_taking taking, struct snarl_site site,
                                              struct snarl_wait_frame *frame)
{
    struct snarl_waited waited = {
        .kind = SNARL_WANTS_LOCK,
        .thing = thing,
        .flags = (taking & SNARL_TAKING_TIMED ? SNARL_WANT_ROW_TIMED : 0u) |
                 (taking & SNARL_TAKING_SHARED ? SNARL_WANT_ROW_SHARED : 0u),
    };
    return snarl_wait_begin(self, &waited, site, frame);
}

/* All of them take one pointer and return an int. */
static int (*real_call(const struct snarl_locking *locking))(void *)
{
    int (*call)(void *);
    memcpy(&call, (const char *)&snarl_real + locking->call, sizeof call);
    return call;
}

static int lock_busy(struct snarl_thread *self, const struct snarl_locking *locking, void *object,
                     struct snarl_site site)
{
    struct snarl_thing thing = {(uintptr_t)object, locking->kind};
    struct snarl_wait_frame frame;
    bool waits = !snarl_misuse_is_recursion(self, thing);
    if (waits &&
        snarl_lock_wait_begin(self, thing, locking->taking, site, &frame) == SNARL_WAIT_REFUSED)
        return locking->refused;
    int result = real_call(locking)(object);
    if (waits)
        snarl_wait_end(self, &frame);
    if (!snarl_took(result))
        snarl_not_taken(self, thing, site, result);
    return result;
}

int snarl_lock_slow(const struct snarl_locking *locking, void *object, struct snarl_site site,
                    int tried)
{
    struct snarl_thread *self = snarl_self;
    struct snarl_thing thing = {(uintptr_t)object, locking->kind};
    if (snarl_steering && !snarl_took(tried))
        self = snarl_steer_before(self, thing, site);
    int result = snarl_took(tried) ? tried
                 : self == NULL    ? real_call(locking)(object)
                                   : lock_busy(self, locking, object, site);
    /* In a child that a signal handler has made by fork meanwhile the thread is another one. */
    self = snarl_thread_ready();
    if (snarl_took(result) && self != NULL) {
        snarl_acquired(self, thing, site, locking->taking);
        if (snarl_steering)
            snarl_steer_after(self, thing);
    }
    return result;
}

void snarl_not_taken(struct snarl_thread *self, struct snarl_thing thing, struct snarl_site site,
                     int result)
{
    snarl_misuse_of_lock(self, thing, site, result);
}

void snarl_lock_before_begin(struct snarl_thread *self, struct snarl_thing thing,
                             struct snarl_site site)
{
    snarl_misuse_of_begin(self, thing, site);
}

void snarl_lock_begin(struct snarl_thread *self, struct snarl_thing thing, uint32_t value,
                      struct snarl_site site, bool done)
{
    if (!done)
        return;
    struct snarl_entry entry = snarl_enter(self);
    snarl_frames_check(self, site);
    uint32_t stack = snarl_stack_of(self, site);
    snarl_session_lock();
    snarl_object_begin(self, thing, value, stack);
    snarl_misuse_has_begun(thing);
    snarl_object_at(self, thing, false); /* into the cache: who makes it often uses it first */
    snarl_session_unlock();
    snarl_leave(self, entry);
}

/* Whether threads may have it on their books though it is destroyed. */
static bool may_be_held(const struct snarl_object *object)
{
    switch (object->kind) {
    case SNARL_OBJECT_MUTEX: /* mtx_destroy cannot say that it has failed */
        return object->flags & SNARL_LOCK_ROBUST ||
               snarl_mutex_at(object->address)->__data.__lock != 0;
    case SNARL_OBJECT_SEMAPHORE:
        return !object->is_signal;
    case SNARL_OBJECT_RWLOCK:
    case SNARL_OBJECT_SPIN:
    case SNARL_OBJECT_G_MUTEX:
    case SNARL_OBJECT_ANNOTATED:
        return true;
    default:
        return false;
    }
}

bool snarl_lock_before_end(struct snarl_thread *self, struct snarl_thing thing,
                           struct snarl_site site, struct snarl_wait_frame *frame)
{
    snarl_misuse_of_end(self, thing, site);
    if (self->polling == thing.address)
        snarl_semaphore_polled(self); /* it will not wait any more */
    /* libc waits until nobody uses these any more. */
    if (thing.kind != SNARL_OBJECT_CONDITION && thing.kind != SNARL_OBJECT_BARRIER)
        return false;
    struct snarl_waited waited = {.kind = SNARL_WANTS_END_OF_WAITS, .thing = thing};
    snarl_wait_begin(self, &waited, site, frame);
    return true;
}

static void end_life(struct snarl_thing thing)
{
    const struct snarl_object *object = snarl_object_known(thing.address);
    if (object != NULL && may_be_held(object))
        snarl_release_for_holders(thing.address);
    snarl_object_end(thing.address);
}

void snarl_lock_end(struct snarl_thread *self, struct snarl_thing thing, struct snarl_site site,
                    bool done, struct snarl_wait_frame *frame)
{
    if (frame != NULL)
        snarl_wait_end(self, frame);
    if (!done)
        return;
    struct snarl_entry entry = snarl_enter(self);
    uint32_t stack = snarl_stack_of(self, site);
    snarl_session_lock();
    end_life(thing);
    snarl_misuse_has_ended(self, thing, stack);
    snarl_session_unlock();
    snarl_leave(self, entry);
}

void snarl_lock_closed(struct snarl_thread *self, struct snarl_thing thing)
{
    struct snarl_entry entry = snarl_enter(self);
    snarl_session_lock();
    end_life(thing);
    snarl_session_unlock();
    snarl_leave(self, entry);
}
