#include "preload/timeline.h"

#include <errno.h>

#include "base/clock.h"
#include "core/finding.h"
#include "preload/acquire.h"
#include "preload/calls.h"
#include "preload/object.h"
#include "preload/options.h"
#include "preload/policies.h"
#include "preload/policy_kinds.h"
#include "preload/session.h"

static struct snarl_calls real;
static uint32_t events; /* noted so far; session lock */

/* What the linker puts before and behind the code of a library. */
extern void _init(void) __attribute__((visibility("hidden")));
extern void _fini(void) __attribute__((visibility("hidden")));

/* Where the host has called: the first return address outwards that is not in this library, whose
 * functions all keep their frames. */
static __attribute__((noinline)) struct snarl_site host_site(void)
{
    enum {
        DEEPEST = 16,
    };
    const uintptr_t *frame = __builtin_frame_address(0);
    for (int i = 0; i < DEEPEST; i++) {
        uintptr_t caller = frame[1];
        if (caller < (uintptr_t)_init || caller >= (uintptr_t)_fini)
            return (struct snarl_site){caller, (uintptr_t)frame};
        frame = (const uintptr_t *)frame[0];
    }
    return SNARL_SITE();
}

/* Session lock. */
static void write_event(const struct snarl_thread *self, enum snarl_event event, uint32_t object,
                        uint32_t other, uint32_t stack, uint32_t flags)
{
    if (events == SNARL_TIMELINE_EVENTS)
        snarl_session_lose(SNARL_LOSS_TIMELINE);
    if (events++ >= SNARL_TIMELINE_EVENTS)
        return;
    struct snarl_fact_event fact = {.header.kind = SNARL_FACT_EVENT,
                                    .at = snarl_clock_monotonic(),
                                    .event = event,
                                    .thread = self->id,
                                    .object = object,
                                    .other = other,
                                    .stack = stack,
                                    .flags = flags};
    struct iovec part = {&fact, sizeof fact};
    snarl_session_write(&part, 1);
}

/* What an event is about: a thing, and for some a mutex, or another thread. */
struct about {
    struct snarl_thing thing, mutex;
    uint32_t thread;
    uint32_t flags;
    /* Their numbers, from the first note on. After a call that waited the thing may be gone, and
     * something else may live where it was: it is not looked at again. */
    uint32_t object, other;
};

/* Before its call a thing is there, and so is a lock that was just taken. What a thread that has it
 * not any more, or never had it, may find there is another matter: then only what is known counts.
 */
static uint32_t id_of(struct snarl_thread *self, struct snarl_thing thing, enum snarl_event event,
                      uint32_t stack)
{
    struct snarl_object *object = NULL;
    if (thing.address == 0)
        return 0;
    bool is_there = event != SNARL_EVENT_TRIES && event != SNARL_EVENT_GIVES_UP;
    object = is_there ? snarl_object_at(self, thing, false) : snarl_object_known(thing.address);
    if (object == NULL || object->kind != thing.kind)
        return 0;
    if (event == SNARL_EVENT_TAKES && object->first_taken == 0)
        object->first_taken = stack; /* before it is written down */
    if (is_there)
        snarl_object_at(self, thing, true);
    return object->lock;
}

/* The calling thread does this, unless the call is none of the host's. errno is preserved. */
static __attribute__((noinline)) void note(enum snarl_event event, struct about *about)
{
    struct snarl_thread *self = snarl_thread_ready();
    /* Of stdio's locks only the taking passes by here. */
    if (self == NULL || events > SNARL_TIMELINE_EVENTS || about->thing.kind == SNARL_OBJECT_FILE)
        return;
    struct snarl_site site = host_site();
    struct snarl_entry entry = snarl_enter(self);
    uint32_t stack = snarl_stack_of(self, site);
    snarl_session_lock();
    if (about->object == 0)
        about->object = id_of(self, about->thing, event, stack);
    if (about->other == 0)
        about->other = about->thread != 0 ? about->thread : id_of(self, about->mutex, event, stack);
    write_event(self, event, about->object, about->other, stack, about->flags);
    snarl_session_unlock();
    snarl_leave(self, entry);
}

void snarl_timeline_in_child(void)
{
    events = 0;
}

void snarl_timeline_end_of(struct snarl_thread *self)
{
    if (snarl_options.timeline)
        write_event(self, SNARL_EVENT_ENDS, 0, 0, 0, 0);
}

/* Whether the call that the thread is in is the host's own try, and not one with which a wrapper
 * begins. */
static bool is_own_try(enum snarl_call call)
{
    return snarl_self != NULL && snarl_self->row != NULL && snarl_self->row->last_call == call;
}

static bool is_taken(int result)
{
    return result == 0 || result == EOWNERDEAD;
}

/* Also where the thread is cancelled in its wait: it has the mutex then. */
static void note_wake(void *about)
{
    note(SNARL_EVENT_WAKES, about);
}

#define FLAGS_BLOCKING 0
#define FLAGS_SHARED SNARL_EVENT_SHARED
#define ABOUT(KIND, object, MODE)                                                                  \
    (&(struct about){.thing = SNARL_THING(KIND, object), .flags = FLAGS_##MODE})

/* One function for each row whose policy has events, under the name told_CALL, in the way of
 * wrappers.c. That a lock is waited for is noted when the try has failed, before the wrapper judges
 * the wait: the process may end there. */
#define BODY_LOCK(name, arguments, KIND, object, try_call, MODE, refused)                          \
    if (snarl_must_not_try(SNARL_THING(KIND, object)))                                             \
        note(SNARL_EVENT_WANTS, ABOUT(KIND, object, MODE));                                        \
    int result = real.name arguments;                                                              \
    note(is_taken(result) ? SNARL_EVENT_TAKES : SNARL_EVENT_GIVES_UP, ABOUT(KIND, object, MODE));  \
    return result;
#define BODY_TRY_LOCK(name, arguments, KIND, object, MODE)                                         \
    int result = real.name arguments;                                                              \
    bool own = is_own_try(SNARL_CALL_##name);                                                      \
    note(is_taken(result) ? SNARL_EVENT_TAKES                                                      \
         : own            ? SNARL_EVENT_TRIES                                                      \
                          : SNARL_EVENT_WANTS,                                                                \
         ABOUT(KIND, object, MODE));                                                               \
    return result;
#define BODY_TIMED_LOCK(name, arguments, KIND, object, MODE)                                       \
    note(SNARL_EVENT_WANTS, ABOUT(KIND, object, MODE));                                            \
    int result = real.name arguments;                                                              \
    note(is_taken(result) ? SNARL_EVENT_TAKES : SNARL_EVENT_GIVES_UP, ABOUT(KIND, object, MODE));  \
    return result;
#define BODY_UNLOCK(name, arguments, KIND, object)                                                 \
    note(SNARL_EVENT_RELEASES, ABOUT(KIND, object, BLOCKING));                                     \
    return real.name arguments;
#define BODY_SEMAPHORE_TRY(name, arguments)                                                        \
    BODY_TRY_LOCK(name, arguments, SEMAPHORE, semaphore, BLOCKING)
#define BODY_SEMAPHORE_WAIT(name, arguments)                                                       \
    BODY_LOCK(name, arguments, SEMAPHORE, semaphore, , BLOCKING, )
#define BODY_SEMAPHORE_TIMED_WAIT(name, arguments)                                                 \
    BODY_TIMED_LOCK(name, arguments, SEMAPHORE, semaphore, BLOCKING)
#define BODY_SEMAPHORE_POST(name, arguments)                                                       \
    note(SNARL_EVENT_POSTS, ABOUT(SEMAPHORE, semaphore, BLOCKING));                                \
    return real.name arguments;
#define BODY_BARRIER_WAIT(name, arguments)                                                         \
    struct about about = {.thing = SNARL_THING(BARRIER, barrier)};                                 \
    note(SNARL_EVENT_ARRIVES, &about);                                                             \
    int result = real.name arguments;                                                              \
    note(SNARL_EVENT_PASSES, &about);                                                              \
    return result;
#define EVENT_ONE SNARL_EVENT_SIGNALS
#define EVENT_ALL SNARL_EVENT_BROADCASTS
#define BODY_SIGNAL(name, arguments, how)                                                          \
    note(EVENT_##how, ABOUT(CONDITION, condition, BLOCKING));                                      \
    return real.name arguments;
#define BODY_CONDITION_WAIT(name, arguments, row_flags)                                            \
    struct about about = {.thing = SNARL_THING(CONDITION, condition),                              \
                          .mutex = SNARL_THING(MUTEX, mutex)};                                     \
    int result;                                                                                    \
    note(SNARL_EVENT_WAITS, &about);                                                               \
    pthread_cleanup_push(note_wake, &about);                                                       \
    result = real.name arguments;                                                                  \
    pthread_cleanup_pop(1);                                                                        \
    return result;

/* The others pass. */
#define BODY_PASS(name, arguments) return real.name arguments;
#define BODY_INIT(name, arguments, KIND, object, value) return real.name arguments;
#define BODY_DESTROY(name, arguments, KIND, object) return real.name arguments;
#define BODY_EXEC(name, arguments) return real.name arguments;
#define BODY_SPAWN(name, arguments) return real.name arguments;

#define DEFINE_SKIP(policy, given, name, result_type, parameters, arguments)
#define DEFINE_MAKE(policy, given, name, result_type, parameters, arguments)                       \
    static result_type told_##name parameters                                                      \
    {                                                                                              \
        BODY_##policy(name, arguments)                                                             \
    }
#define DEFINE_MAKE_WITH(policy, given, name, result_type, parameters, arguments)                  \
    static result_type told_##name parameters                                                      \
    {                                                                                              \
        APPLY(BODY_##policy, name, arguments, LIST given)                                          \
    }
#define DEFINE(what, policy, given, ...) DEFINE_##what(policy, given, __VA_ARGS__)
#define TELL(kind, ...) DEFINE(kind, __VA_ARGS__)

#define CALL(name, version, policy, result_type, parameters, arguments)                            \
    TELL(KIND_##policy, name, result_type, parameters, arguments)
#include "preload/calls.def"
#undef CALL

/* Initialisations have wrappers of their own. */
static int told_pthread_once(pthread_once_t *control, void (*initialise)(void))
{
    struct about about = {.thing = SNARL_THING(ONCE, control)};
    note(SNARL_EVENT_ARRIVES, &about);
    int result = real.pthread_once(control, initialise);
    note(SNARL_EVENT_PASSES, &about);
    return result;
}

static void told_call_once(once_flag *control, void (*initialise)(void))
{
    struct about about = {.thing = SNARL_THING(ONCE, control)};
    note(SNARL_EVENT_ARRIVES, &about);
    real.call_once(control, initialise);
    note(SNARL_EVENT_PASSES, &about);
}

/* Threads have, too. What is handed to the real call is a thread of ours. */
static int told_pthread_create(pthread_t *handle, const pthread_attr_t *attributes,
                               void *(*start)(void *), void *argument)
{
    note(SNARL_EVENT_STARTS, &(struct about){.thread = snarl_thread_prepared(start, argument)});
    return real.pthread_create(handle, attributes, start, argument);
}

static int told_thrd_create(thrd_t *handle, thrd_start_t start, void *argument)
{
    void *(*untyped)(void *) = (void *(*)(void *))(uintptr_t)start;
    note(SNARL_EVENT_STARTS, &(struct about){.thread = snarl_thread_prepared(untyped, argument)});
    return real.thrd_create(handle, start, argument);
}

static uint32_t thread_of(pthread_t handle)
{
    const struct snarl_thread *thread =
        snarl_registry_find(&snarl_session.by_handle, (uint64_t)handle);
    return thread != NULL ? thread->id : 0;
}

static int told_pthread_join(pthread_t handle, void **value)
{
    struct about about = {.thread = thread_of(handle)};
    note(SNARL_EVENT_JOINS, &about);
    int result = real.pthread_join(handle, value);
    if (result == 0)
        note(SNARL_EVENT_JOINED, &about);
    return result;
}

static int told_thrd_join(thrd_t handle, int *value)
{
    struct about about = {.thread = thread_of(handle)};
    note(SNARL_EVENT_JOINS, &about);
    int result = real.thrd_join(handle, value);
    if (result == thrd_success)
        note(SNARL_EVENT_JOINED, &about);
    return result;
}

#define REPLACE_SKIP(name)
#define REPLACE_MAKE(name) snarl_real.name = told_##name;
#define REPLACE_MAKE_WITH(name) snarl_real.name = told_##name;
#define REPLACE(what, policy, given, name) REPLACE_##what(name)
#define TELL_NAME(kind, ...) REPLACE(kind, __VA_ARGS__)

void snarl_timeline_start(void)
{
    if (!snarl_options.timeline)
        return;
    real = snarl_real;
#define CALL(name, version, policy, result_type, parameters, arguments)                            \
    TELL_NAME(KIND_##policy, name)
#include "preload/calls.def"
#undef CALL
    snarl_real.pthread_once = told_pthread_once;
    snarl_real.call_once = told_call_once;
    snarl_real.pthread_create = told_pthread_create;
    snarl_real.thrd_create = told_thrd_create;
    snarl_real.pthread_join = told_pthread_join;
    snarl_real.thrd_join = told_thrd_join;
}
