/*
 * Hand-written wrappers: what is done once.
 *
 * Whoever runs the initialisation holds it like a lock, until it returns; others wait for that.
 * Once it is done nobody waits any more, but whoever comes with locks held might have, had it come
 * earlier.
 *
 * The initialisation may be left by an exception (std::call_once) or a cancellation. No handler of
 * ours stands in their way: that would take an unwinder; the books are mended at the thread's next
 * call.
 */
#include "preload/frames.h"
#include "preload/policies.h"
#include "preload/session.h"

/* A call that is under way in this thread. libc passes no argument to the initialisation, so it
 * finds the innermost one through the thread. */
struct snarl_once {
    struct snarl_thread *self;
    struct snarl_thing thing;
    struct snarl_site site;
    void (*initialise)(void);
    bool waiting;
    bool c11;
    struct snarl_wait_frame frame;
};

enum {
    UNDER_WAY = 1, /* glibc's __PTHREAD_ONCE_INPROGRESS; in a child of fork it may mean nothing */
    DONE = 2,      /* and __PTHREAD_ONCE_DONE: code that is compiled into programs tests it */
};

static bool is_done(struct snarl_thing thing)
{
    return __atomic_load_n((const int *)thing.address, __ATOMIC_ACQUIRE) & DONE;
}

static bool is_under_way(struct snarl_thing thing)
{
    return __atomic_load_n((const int *)thing.address, __ATOMIC_ACQUIRE) & UNDER_WAY;
}

/* The frame of a call was left without its end: what it held is released, and what the calls within
 * it held. */
static void abandoned(struct snarl_thread *self, uintptr_t address)
{
    uint32_t depth = 0;
    while (depth < self->once_depth && (uintptr_t)self->onces[depth].call != address)
        depth++;
    for (uint32_t i = depth; i < self->once_depth; i++) {
        struct snarl_holding *holding = snarl_holding_of(self, self->onces[i].control);
        if (holding != NULL)
            holding->address = 0;
    }
    self->once_depth = depth;
    snarl_acquire_rehash(self);
}

static void watch(struct snarl_thread *self, struct snarl_once *once, bool on)
{
    struct snarl_entry entry = snarl_enter(self);
    snarl_session_lock();
    if (on)
        snarl_frames_watch(self, (uintptr_t)once, abandoned);
    else
        snarl_frames_unwatch(self, (uintptr_t)once, abandoned);
    snarl_session_unlock();
    snarl_leave(self, entry);
}

/* Nobody runs it, or we do: who has it by the books has left it by an exception, and has not called
 * us from above since. */
static void mend_books(struct snarl_thread *self, struct snarl_thing thing)
{
    struct snarl_entry entry = snarl_enter(self);
    snarl_session_lock();
    snarl_release_for_holders(thing.address);
    snarl_session_unlock();
    snarl_leave(self, entry);
}

/* Instead of the initialisation: this thread is the one that runs it. */
static void run(void)
{
    struct snarl_once *once = snarl_self->onces[snarl_self->once_depth - 1].call;
    once->waiting = false;
    snarl_wait_end(once->self, &once->frame);
    mend_books(once->self, once->thing);
    snarl_acquired(once->self, once->thing, once->site, SNARL_TAKING_BLOCKING);
    watch(once->self, once, true); /* not before: it was taken from above the frame */
    once->initialise();
    /* In a child that it has made by fork the thread is another one. */
    struct snarl_thread *self = snarl_thread_ready();
    if (self != NULL)
        snarl_released(self, once->thing, once->site);
}

static int call(struct snarl_once *once)
{
    struct snarl_thread *self = once->self;
    struct snarl_waited waited = {.kind = SNARL_WANTS_LOCK, .thing = once->thing};
    if (!is_under_way(once->thing))
        mend_books(self, once->thing);
    bool refused = snarl_wait_begin(self, &waited, once->site, &once->frame) == SNARL_WAIT_REFUSED;
    if (refused && !once->c11) /* call_once cannot say so */
        return EDEADLK;
    int result = 0;
    uint32_t depth = self->once_depth;
    self->onces[depth] = (struct snarl_once_call){once, once->thing.address};
    self->once_depth = depth + 1;
    if (once->c11)
        snarl_real.call_once((once_flag *)once->thing.address, run);
    else
        result = snarl_real.pthread_once((pthread_once_t *)once->thing.address, run);
    if (snarl_thread_ready() != self) /* likewise: its books are new */
        return result;
    self->once_depth = depth;
    if (once->waiting)
        snarl_wait_end(self, &once->frame);
    else
        watch(self, once, false);
    return result;
}

static int once_only(struct snarl_thread *self, struct snarl_thing thing, struct snarl_site site,
                     void (*initialise)(void), bool c11)
{
    if (!is_done(thing)) {
        struct snarl_once once = {.self = self,
                                  .thing = thing,
                                  .site = site,
                                  .initialise = initialise,
                                  .waiting = true,
                                  .c11 = c11};
        int result = call(&once);
        if (result != 0 || snarl_self != self)
            return result;
    }
    /* With locks held it could have been waited for, also when another thread has done it. */
    if (self->depth > 0 && !snarl_acquire_was_wanted(self, thing, site))
        snarl_wanted_slow(self, thing, site);
    snarl_orders_found_done(self, thing);
    return 0;
}

/* Whether there is room to keep track of one more. */
static bool has_room(const struct snarl_thread *self)
{
    return self->once_depth < SNARL_ONCES;
}

SNARL_EXPORT int pthread_once(pthread_once_t *control, void (*initialise)(void))
{
    SNARL_SELF_OR_PASS(pthread_once, (control, initialise));
    if (!has_room(self))
        return snarl_real.pthread_once(control, initialise);
    return once_only(self, SNARL_THING(ONCE, control), SNARL_SITE(), initialise, false);
}

SNARL_EXPORT void call_once(once_flag *control, void (*initialise)(void))
{
    struct snarl_thread *self = snarl_thread_arrive();
    if (self == NULL || !has_room(self)) {
        SNARL_REAL(call_once)(control, initialise);
        return;
    }
    snarl_thread_note_call(self, SNARL_CALL_call_once);
    once_only(self, SNARL_THING(ONCE, control), SNARL_SITE(), initialise, true);
}
