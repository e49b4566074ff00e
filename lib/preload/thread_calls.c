/* Hand-written wrappers: threads made, joined, detached, ended and named. */
#include <errno.h>
#include <string.h>

#include "preload/chaos.h"
#include "preload/misuse.h"
#include "preload/policies.h"
#include "preload/session.h"
#include "preload/thread_watch.h"

/* In the first function of every thread that is made under us. */
static void attach(struct snarl_thread *self)
{
    struct snarl_entry entry = snarl_enter(self);
    snarl_thread_attach(self);
    snarl_leave(self, entry);
    if (snarl_thread_watch.begins != NULL)
        snarl_thread_watch.begins();
    snarl_chaos_point(self, (uintptr_t)self->start);
}

static void *run(void *data)
{
    struct snarl_thread *self = data;
    void *(*start)(void *) = self->start;
    void *argument = self->argument;
    attach(self);
    return start(argument);
}

/* The same for a thread of C11: its function is kept under another type. */
static int run_c11(void *data)
{
    struct snarl_thread *self = data;
    thrd_start_t start = (thrd_start_t)(uintptr_t)self->start;
    void *argument = self->argument;
    attach(self);
    return start(argument);
}

uint32_t snarl_thread_prepared(void *(*start)(void *), const void *argument)
{
    bool ours = start == run || start == (void *(*)(void *))(uintptr_t)run_c11;
    return ours ? ((const struct snarl_thread *)argument)->id : 0;
}

static size_t stack_size_of(const pthread_attr_t *attributes)
{
    size_t size = 0;
    pthread_attr_t usual;
    if (attributes != NULL)
        pthread_attr_getstacksize(attributes, &size);
    else if (pthread_attr_init(&usual) == 0) {
        pthread_attr_getstacksize(&usual, &size);
        pthread_attr_destroy(&usual);
    }
    return size;
}

/* What is known of a thread before it runs. */
static struct snarl_thread *prepare(struct snarl_thread *self, const pthread_attr_t *attributes,
                                    void *(*start)(void *), void *argument, struct snarl_site site)
{
    int detach_state = PTHREAD_CREATE_JOINABLE;
    if (attributes != NULL)
        pthread_attr_getdetachstate(attributes, &detach_state);
    struct snarl_entry entry = snarl_enter(self);
    snarl_frames_check(self, site);
    uint32_t stack = snarl_stack_of(self, site);
    snarl_session_lock();
    struct snarl_thread *thread = snarl_thread_new();
    if (thread != NULL) {
        thread->start = start;
        thread->argument = argument;
        thread->detached = detach_state == PTHREAD_CREATE_DETACHED;
        thread->parent = self->id;
        snarl_chaos_inherit(thread, self);
        thread->creator = self;
        thread->stack_size = stack_size_of(attributes);
        thread->parent_segment = self->segment;
        thread->created = stack;
        if (self->depth > 0)
            thread->held_at_creation =
                snarl_session_allocate(self->depth * sizeof(struct snarl_held));
        if (thread->held_at_creation != NULL)
            thread->held_at_creation_count = self->depth;
        snarl_orders_mark(self);
        for (uint32_t i = 0; i < thread->held_at_creation_count; i++) {
            const struct snarl_holding *held = &self->holdings[i];
            thread->held_at_creation[i] =
                (struct snarl_held){held->lock, held->stack, held->shared};
            if (held->address != 0)
                snarl_object_id(self, (struct snarl_thing){held->address, held->kind}, true);
        }
    }
    snarl_session_unlock();
    snarl_leave(self, entry);
    return thread;
}

/* After the real call: `thread` is what was prepared, as `id`. */
static void created(struct snarl_thread *self, struct snarl_thread *thread, uint32_t id,
                    const pthread_t *handle, bool done, struct snarl_site site)
{
    struct snarl_entry entry = snarl_enter(self);
    snarl_session_lock();
    if (!done) {
        snarl_thread_free(thread);
    } else if (thread->id == id && !thread->detached && thread->tid == 0) {
        /* It has not come so far as to say it itself, and may be joined from now on. */
        snarl_thread_set_handle(thread, *handle);
    }
    snarl_thread_new_segment(self);
    snarl_session_unlock();
    snarl_leave(self, entry);
    snarl_chaos_point(self, site.caller + 1);
    if (done && snarl_thread_watch.made != NULL)
        snarl_thread_watch.made();
}

/* A thread that we know nothing of has a handle that may have been another's. */
static int created_unseen(const pthread_t *handle, int result)
{
    if (result == 0)
        snarl_misuse_handle_given(*handle);
    return result;
}

SNARL_EXPORT int pthread_create(pthread_t *handle, const pthread_attr_t *attributes,
                                void *(*start)(void *), void *argument)
{
    struct snarl_thread *self = snarl_thread_arrive();
    struct snarl_thread *thread = NULL;
    if (self != NULL) {
        snarl_thread_note_call(self, SNARL_CALL_pthread_create);
        thread = prepare(self, attributes, start, argument, SNARL_SITE());
    }
    if (thread == NULL)
        return created_unseen(handle,
                              SNARL_REAL(pthread_create)(handle, attributes, start, argument));

    uint32_t id = thread->id;
    int result = snarl_real.pthread_create(handle, attributes, run, thread);
    created(self, thread, id, handle, result == 0, SNARL_SITE());
    return result;
}

SNARL_EXPORT int thrd_create(thrd_t *handle, thrd_start_t start, void *argument)
{
    struct snarl_thread *self = snarl_thread_arrive();
    struct snarl_thread *thread = NULL;
    if (self != NULL) {
        snarl_thread_note_call(self, SNARL_CALL_thrd_create);
        thread = prepare(self, NULL, (void *(*)(void *))(uintptr_t)start, argument, SNARL_SITE());
    }
    if (thread == NULL)
        return created_unseen(handle, SNARL_REAL(thrd_create)(handle, start, argument));

    uint32_t id = thread->id;
    int result = snarl_real.thrd_create(handle, run_c11, thread);
    created(self, thread, id, handle, result == thrd_success, SNARL_SITE());
    return result;
}

/* After a thread was joined: it is ordered before what follows, and its books are closed. */
static void joined(struct snarl_thread *self, pthread_t handle, uint32_t id, struct snarl_site site)
{
    struct snarl_entry entry = snarl_enter(self);
    uint32_t stack = snarl_stack_of(self, site);
    snarl_session_lock();
    struct snarl_thread *thread = snarl_registry_find(&snarl_session.by_handle, (uint64_t)handle);
    snarl_orders_joined(self, id, thread != NULL && thread->id == id ? thread : NULL);
    if (thread != NULL && thread->id == id && thread->state == SNARL_THREAD_ENDED) {
        snarl_registry_remove(&snarl_session.by_handle, (uint64_t)handle);
        snarl_thread_free(thread);
        snarl_misuse_joined(handle, id, self->id, stack);
    }
    snarl_session_unlock();
    snarl_leave(self, entry);
}

static uint32_t id_of(pthread_t handle)
{
    const struct snarl_thread *thread =
        snarl_registry_find(&snarl_session.by_handle, (uint64_t)handle);
    return thread != NULL ? thread->id : 0;
}

/* A join. What is pushed for a cancellation may be jumped to: nothing else lives in the frames that
 * wait. */
struct join {
    struct snarl_thread *self;
    pthread_t handle;
    uint32_t id;
    struct snarl_site site;
    bool waits; /* not for itself */
    struct snarl_wait_frame frame;
};

/* False if it is refused. */
static bool begin_join(struct join *join, pthread_t handle, uint32_t flags, struct snarl_site site)
{
    struct snarl_waited waited = {.kind = SNARL_WANTS_THREAD, .flags = flags, .handle = handle};
    join->self = snarl_self;
    join->handle = handle;
    join->id = id_of(handle);
    join->site = site;
    join->waits = snarl_misuse_of_join(join->self, handle, site);
    return !join->waits ||
           snarl_wait_begin(join->self, &waited, site, &join->frame) == SNARL_WAIT_GO_ON;
}

static int end_join(const struct join *join, int result)
{
    if (result == 0 && join->id != 0)
        joined(join->self, join->handle, join->id, join->site);
    return result;
}

static void leave_join(void *data)
{
    struct join *join = data;
    if (join->waits)
        snarl_wait_leave(&join->frame);
}

/* CALL_REAL sets `result`. */
#define WAIT_FOR_END(join, CALL_REAL)                                                              \
    int result;                                                                                    \
    pthread_cleanup_push(leave_join, join);                                                        \
    CALL_REAL;                                                                                     \
    pthread_cleanup_pop(1);                                                                        \
    return result;

static __attribute__((noinline)) int wait_for_end(struct join *join, void **value)
{
    WAIT_FOR_END(join, result = snarl_real.pthread_join(join->handle, value))
}

static __attribute__((noinline)) int wait_until(struct join *join, void **value, clockid_t clock,
                                                const struct timespec *deadline)
{
    WAIT_FOR_END(join,
                 result = snarl_real.pthread_clockjoin_np(join->handle, value, clock, deadline))
}

static __attribute__((noinline)) int wait_until_real_time(struct join *join, void **value,
                                                          const struct timespec *deadline)
{
    WAIT_FOR_END(join, result = snarl_real.pthread_timedjoin_np(join->handle, value, deadline))
}

static __attribute__((noinline)) int wait_for_end_c11(struct join *join, int *value){
    WAIT_FOR_END(join, result = snarl_real.thrd_join(join->handle, value))}

SNARL_EXPORT int pthread_join(pthread_t handle, void **value)
{
    SNARL_SELF_OR_PASS(pthread_join, (handle, value));
    struct join join;
    if (!begin_join(&join, handle, 0, SNARL_SITE()))
        return EDEADLK;
    return end_join(&join, wait_for_end(&join, value));
}

SNARL_EXPORT int thrd_join(thrd_t handle, int *value)
{
    SNARL_SELF_OR_PASS(thrd_join, (handle, value));
    struct join join;
    if (!begin_join(&join, handle, 0, SNARL_SITE()))
        return thrd_error;
    return end_join(&join, wait_for_end_c11(&join, value));
}

SNARL_EXPORT int pthread_timedjoin_np(pthread_t handle, void **value,
                                      const struct timespec *deadline)
{
    SNARL_SELF_OR_PASS(pthread_timedjoin_np, (handle, value, deadline));
    struct join join;
    begin_join(&join, handle, SNARL_WANT_ROW_TIMED, SNARL_SITE());
    return end_join(&join, wait_until_real_time(&join, value, deadline));
}

SNARL_EXPORT int pthread_clockjoin_np(pthread_t handle, void **value, clockid_t clock,
                                      const struct timespec *deadline)
{
    SNARL_SELF_OR_PASS(pthread_clockjoin_np, (handle, value, clock, deadline));
    struct join join;
    begin_join(&join, handle, SNARL_WANT_ROW_TIMED, SNARL_SITE());
    return end_join(&join, wait_until(&join, value, clock, deadline));
}

SNARL_EXPORT int pthread_tryjoin_np(pthread_t handle, void **value)
{
    SNARL_SELF_OR_PASS(pthread_tryjoin_np, (handle, value));
    struct join join = {.self = self, .handle = handle, .id = id_of(handle), .site = SNARL_SITE()};
    if (!pthread_equal(handle, pthread_self()))
        snarl_misuse_of_join(self, handle, join.site);
    return end_join(&join, snarl_real.pthread_tryjoin_np(handle, value));
}

/* Nobody will join it. */
static void detached(struct snarl_thread *self, pthread_t handle, uint32_t id,
                     struct snarl_site site)
{
    struct snarl_entry entry = snarl_enter(self);
    uint32_t stack = snarl_stack_of(self, site);
    snarl_session_lock();
    struct snarl_thread *thread = snarl_registry_find(&snarl_session.by_handle, (uint64_t)handle);
    if (thread != NULL && thread->id == id) {
        thread->detached = true;
        snarl_misuse_detached(handle, id, self->id, stack);
        if (thread->state == SNARL_THREAD_ENDED) {
            snarl_registry_remove(&snarl_session.by_handle, (uint64_t)handle);
            snarl_thread_free(thread);
        }
    }
    snarl_session_unlock();
    snarl_leave(self, entry);
}

SNARL_EXPORT int pthread_detach(pthread_t handle)
{
    SNARL_SELF_OR_PASS(pthread_detach, (handle));
    uint32_t id = id_of(handle);
    snarl_misuse_of_detach(self, handle, SNARL_SITE());
    int result = snarl_real.pthread_detach(handle);
    if (result == 0 && id != 0)
        detached(self, handle, id, SNARL_SITE());
    return result;
}

SNARL_EXPORT int thrd_detach(thrd_t handle)
{
    SNARL_SELF_OR_PASS(thrd_detach, (handle));
    uint32_t id = id_of(handle);
    snarl_misuse_of_detach(self, handle, SNARL_SITE());
    int result = snarl_real.thrd_detach(handle);
    if (result == thrd_success && id != 0)
        detached(self, handle, id, SNARL_SITE());
    return result;
}

SNARL_EXPORT int pthread_cancel(pthread_t handle)
{
    SNARL_SELF_OR_PASS(pthread_cancel, (handle));
    struct snarl_thread *thread = snarl_registry_find(&snarl_session.by_handle, (uint64_t)handle);
    if (thread != NULL)
        __atomic_store_n(&thread->cancelled, true, __ATOMIC_RELAXED);
    return snarl_real.pthread_cancel(handle);
}

SNARL_EXPORT void thrd_exit(int value)
{
    struct snarl_thread *self = snarl_thread_arrive();
    if (self != NULL)
        snarl_thread_note_call(self, SNARL_CALL_thrd_exit);
    SNARL_REAL(thrd_exit)(value);
    __builtin_unreachable();
}

SNARL_EXPORT void pthread_exit(void *value)
{
    struct snarl_thread *self = snarl_thread_arrive();
    if (self != NULL)
        snarl_thread_note_call(self, SNARL_CALL_pthread_exit);
    SNARL_REAL(pthread_exit)(value);
    __builtin_unreachable();
}

SNARL_EXPORT int pthread_setname_np(pthread_t handle, const char *name)
{
    SNARL_SELF_OR_PASS(pthread_setname_np, (handle, name));
    int result = snarl_real.pthread_setname_np(handle, name);
    if (result != 0)
        return result;
    struct snarl_entry entry = snarl_enter(self);
    snarl_session_lock();
    struct snarl_thread *thread = snarl_registry_find(&snarl_session.by_handle, (uint64_t)handle);
    if (thread != NULL)
        snarl_thread_set_name(thread, name);
    snarl_session_unlock();
    snarl_leave(self, entry);
    return result;
}
