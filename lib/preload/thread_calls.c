/* Hand-written wrappers: threads made, joined, detached, ended and named. */
#include <errno.h>
#include <string.h>

#include "preload/policies.h"
#include "preload/session.h"

/* The first function of every thread that is made under us. */
static void *run(void *data)
{
    struct snarl_thread *self = data;
    void *(*start)(void *) = self->start;
    void *argument = self->argument;
    struct snarl_entry entry = snarl_enter(self);
    snarl_thread_attach(self);
    snarl_leave(self, entry);
    return start(argument);
}

/* What is known of a thread before it runs. */
static struct snarl_thread *prepare(struct snarl_thread *self, const pthread_attr_t *attributes,
                                    void *(*start)(void *), void *argument, struct snarl_site site)
{
    int detach_state = PTHREAD_CREATE_JOINABLE;
    if (attributes != NULL)
        pthread_attr_getdetachstate(attributes, &detach_state);
    struct snarl_entry entry = snarl_enter(self);
    uint32_t stack = snarl_stack_of(self, site);
    snarl_session_lock();
    struct snarl_thread *thread = snarl_thread_new();
    if (thread != NULL) {
        thread->start = start;
        thread->argument = argument;
        thread->detached = detach_state == PTHREAD_CREATE_DETACHED;
        thread->parent = self->id;
        thread->parent_segment = self->segment;
        thread->created = stack;
        if (self->depth > 0)
            thread->held_at_creation =
                snarl_session_allocate(self->depth * sizeof(struct snarl_held));
        if (thread->held_at_creation != NULL)
            thread->held_at_creation_count = self->depth;
        for (uint32_t i = 0; i < thread->held_at_creation_count; i++) {
            const struct snarl_holding *held = &self->holdings[i];
            thread->held_at_creation[i] = (struct snarl_held){held->lock, held->stack};
            if (held->address != 0)
                snarl_lock_id(self, (const pthread_mutex_t *)held->address, true);
        }
    }
    snarl_session_unlock();
    snarl_leave(self, entry);
    return thread;
}

SNARL_EXPORT int pthread_create(pthread_t *handle, const pthread_attr_t *attributes,
                                void *(*start)(void *), void *argument)
{
    SNARL_SELF_OR_PASS(pthread_create, (handle, attributes, start, argument));
    struct snarl_thread *thread = prepare(self, attributes, start, argument, SNARL_SITE());
    if (thread == NULL)
        return snarl_real.pthread_create(handle, attributes, start, argument);

    uint32_t id = thread->id;
    int result = snarl_real.pthread_create(handle, attributes, run, thread);
    struct snarl_entry entry = snarl_enter(self);
    snarl_session_lock();
    if (result != 0) {
        snarl_thread_free(thread);
    } else if (thread->id == id && !thread->detached && thread->tid == 0) {
        /* It has not come so far as to say it itself, and may be joined from now on. */
        snarl_thread_set_handle(thread, *handle);
    }
    snarl_thread_new_segment(self);
    snarl_session_unlock();
    snarl_leave(self, entry);
    return result;
}

/* After a thread was joined: it is ordered before what follows, and its books are closed. */
static void joined(struct snarl_thread *self, pthread_t handle, uint32_t id)
{
    struct snarl_entry entry = snarl_enter(self);
    snarl_session_lock();
    snarl_thread_new_segment(self);
    struct snarl_fact_join fact = {
        .header.kind = SNARL_FACT_JOIN, .thread = self->id, .segment = self->segment, .joined = id};
    struct iovec part = {&fact, sizeof fact};
    snarl_session_write(&part, 1);
    struct snarl_thread *thread = snarl_registry_find(&snarl_session.by_handle, (uint64_t)handle);
    if (thread != NULL && thread->id == id && thread->state == SNARL_THREAD_ENDED) {
        snarl_registry_remove(&snarl_session.by_handle, (uint64_t)handle);
        snarl_thread_free(thread);
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

static void end_wait(void *data)
{
    snarl_wait_end(snarl_self, data);
}

/* Apart, because what is pushed for a cancellation may be jumped to: nothing else lives here. */
static __attribute__((noinline)) int wait_for_end(pthread_t handle, void **value,
                                                  struct snarl_wait_frame *frame)
{
    int result;
    pthread_cleanup_push(end_wait, frame);
    result = snarl_real.pthread_join(handle, value);
    pthread_cleanup_pop(1);
    return result;
}

SNARL_EXPORT int pthread_join(pthread_t handle, void **value)
{
    SNARL_SELF_OR_PASS(pthread_join, (handle, value));
    struct snarl_waited waited = {.kind = SNARL_WANTS_THREAD, .handle = handle};
    struct snarl_wait_frame frame;
    uint32_t id = id_of(handle);
    if (snarl_wait_begin(self, &waited, SNARL_SITE(), &frame) == SNARL_WAIT_REFUSED)
        return EDEADLK;
    int result = wait_for_end(handle, value, &frame);
    if (result == 0 && id != 0)
        joined(self, handle, id);
    return result;
}

SNARL_EXPORT int pthread_detach(pthread_t handle)
{
    SNARL_SELF_OR_PASS(pthread_detach, (handle));
    uint32_t id = id_of(handle);
    int result = snarl_real.pthread_detach(handle);
    if (result != 0 || id == 0)
        return result;

    struct snarl_entry entry = snarl_enter(self);
    snarl_session_lock();
    struct snarl_thread *thread = snarl_registry_find(&snarl_session.by_handle, (uint64_t)handle);
    if (thread != NULL && thread->id == id) {
        thread->detached = true;
        if (thread->state == SNARL_THREAD_ENDED) {
            snarl_registry_remove(&snarl_session.by_handle, (uint64_t)handle);
            snarl_thread_free(thread);
        }
    }
    snarl_session_unlock();
    snarl_leave(self, entry);
    return result;
}

SNARL_EXPORT void pthread_exit(void *value)
{
    struct snarl_thread *self = snarl_thread_ready();
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
