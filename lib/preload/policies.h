/*
 * What a wrapper does around the real call, by the policy of its row in calls.def.
 *
 * POLICY_NAME(name, arguments) is the body of the wrapper; it finds the objects by the names of
 * the parameters (mutex, condition, path). A new policy is a macro here, and what it calls.
 */
#ifndef SNARL_PRELOAD_POLICIES_H
#define SNARL_PRELOAD_POLICIES_H

#include <errno.h>
#include <stddef.h>
#include <unistd.h>

#include "preload/acquire.h"
#include "preload/calls.h"
#include "preload/frames.h"
#include "preload/misuse.h"
#include "preload/orders.h"
#include "preload/semaphore.h"
#include "preload/wait.h"
#include "preload/wake.h"

/* Every policy: calls that are not to be recorded go straight through. */
#define SNARL_SELF_OR_PASS(name, arguments)                                                        \
    SNARL_SELF_OR_PASS_QUICKLY(name, arguments);                                                   \
    if (snarl_frames_may_be_left(self, (uintptr_t)__builtin_frame_address(0)))                     \
    snarl_frames_left(self, SNARL_SITE())

/* The same where a lock is released, and each nanosecond counts: the frames are judged when the
 * next one is taken. */
#define SNARL_SELF_OR_PASS_QUICKLY(name, arguments)                                                \
    struct snarl_thread *self = snarl_thread_arrive();                                             \
    if (self == NULL)                                                                              \
        return SNARL_REAL(name) arguments;                                                         \
    snarl_thread_note_call(self, SNARL_CALL_##name)

/* An owner that died with the lock leaves it to us all the same. */
static inline bool snarl_took(int result)
{
    return result == 0 || result == EOWNERDEAD;
}

/* Noted as the last call, no more. */
#define POLICY_PASS(name, arguments)                                                               \
    SNARL_SELF_OR_PASS(name, arguments);                                                           \
    return snarl_real.name arguments;

/* INIT(KIND, object, value): `value` is what a semaphore or barrier starts with. */
#define POLICY_INIT(name, arguments, KIND, object, value)                                          \
    if (snarl_thread_ready() == NULL)                                                              \
        snarl_misuse_missed_begin(SNARL_OBJECT_##KIND);                                            \
    SNARL_SELF_OR_PASS(name, arguments);                                                           \
    struct snarl_thing thing = SNARL_THING(KIND, object);                                          \
    snarl_lock_before_begin(self, thing, SNARL_SITE());                                            \
    int result = snarl_real.name arguments;                                                        \
    snarl_lock_begin(self, thing, (uint32_t)(value), SNARL_SITE(), result == 0);                   \
    return result;

/* DESTROY(KIND, object) */
#define POLICY_DESTROY(name, arguments, KIND, object)                                              \
    SNARL_SELF_OR_PASS(name, arguments);                                                           \
    struct snarl_thing thing = SNARL_THING(KIND, object);                                          \
    struct snarl_wait_frame frame;                                                                 \
    bool waits = snarl_lock_before_end(self, thing, SNARL_SITE(), &frame);                         \
    int result = snarl_real.name arguments;                                                        \
    snarl_lock_end(self, thing, SNARL_SITE(), result == 0, waits ? &frame : NULL);                 \
    return result;

/* LOCK(KIND, object, try_call, MODE, refused): tries first: only a lock that is busy needs a wait.
 * Whatever else the try says (an error, a limit), the real call says it with authority. MODE is
 * BLOCKING or SHARED; `refused` is what to return for EDEADLK. */
#define POLICY_LOCK(name, arguments, KIND, object, try_call, MODE, refused)                        \
    SNARL_SELF_OR_PASS(name, arguments);                                                           \
    struct snarl_thing thing = SNARL_THING(KIND, object);                                          \
    int result =                                                                                   \
        __builtin_expect(snarl_must_not_try(thing), 0) ? EBUSY : snarl_real.try_call(object);      \
    if (__builtin_expect(result == 0 && snarl_acquired_again(snarl_self, thing, SNARL_SITE(),      \
                                                             SNARL_TAKING_##MODE),                 \
                         1))                                                                       \
        return 0;                                                                                  \
    static const struct snarl_locking locking = {SNARL_OBJECT_##KIND, SNARL_TAKING_##MODE,         \
                                                 refused, offsetof(struct snarl_calls, name)};     \
    return snarl_lock_slow(&locking, (void *)(uintptr_t)(object), SNARL_SITE(), result);

/* TRY_LOCK(KIND, object, MODE) */
#define POLICY_TRY_LOCK(name, arguments, KIND, object, MODE)                                       \
    SNARL_SELF_OR_PASS(name, arguments);                                                           \
    int result = snarl_real.name arguments;                                                        \
    if (snarl_took(result))                                                                        \
        snarl_acquired(self, SNARL_THING(KIND, object), SNARL_SITE(),                              \
                       SNARL_TAKING_TRIED | SNARL_TAKING_##MODE);                                  \
    else                                                                                           \
        snarl_not_taken(self, SNARL_THING(KIND, object), SNARL_SITE(), result);                    \
    return result;

/* TIMED_LOCK(KIND, object, MODE): straight to libc, which judges the deadline even where the lock
 * is free. */
#define POLICY_TIMED_LOCK(name, arguments, KIND, object, MODE)                                     \
    SNARL_SELF_OR_PASS(name, arguments);                                                           \
    struct snarl_thing thing = SNARL_THING(KIND, object);                                          \
    struct snarl_wait_frame frame;                                                                 \
    snarl_lock_wait_begin(self, thing, SNARL_TAKING_TIMED | SNARL_TAKING_##MODE, SNARL_SITE(),     \
                          &frame);                                                                 \
    int result = snarl_real.name arguments;                                                        \
    snarl_wait_end(self, &frame);                                                                  \
    self = snarl_thread_ready(); /* a signal handler may have forked: this may be the child */     \
    if (self == NULL)                                                                              \
        return result;                                                                             \
    if (snarl_took(result))                                                                        \
        snarl_acquired(self, thing, SNARL_SITE(), SNARL_TAKING_TIMED | SNARL_TAKING_##MODE);       \
    else                                                                                           \
        snarl_not_taken(self, thing, SNARL_SITE(), result);                                        \
    return result;

/* UNLOCK(KIND, object) */
#define POLICY_UNLOCK(name, arguments, KIND, object)                                               \
    SNARL_SELF_OR_PASS_QUICKLY(name, arguments);                                                   \
    snarl_released(self, SNARL_THING(KIND, object), SNARL_SITE());                                 \
    return snarl_real.name arguments;

#define POLICY_SEMAPHORE_TRY(name, arguments)                                                      \
    SNARL_SELF_OR_PASS(name, arguments);                                                           \
    int result = snarl_real.name arguments;                                                        \
    if (result == 0)                                                                               \
        snarl_semaphore_taken(self, SNARL_THING(SEMAPHORE, semaphore), SNARL_SITE(),               \
                              SNARL_TAKING_TRIED);                                                 \
    else                                                                                           \
        snarl_semaphore_tried(self, SNARL_THING(SEMAPHORE, semaphore));                            \
    return result;

#define POLICY_SEMAPHORE_POST(name, arguments)                                                     \
    SNARL_SELF_OR_PASS(name, arguments);                                                           \
    snarl_semaphore_posted(self, SNARL_THING(SEMAPHORE, semaphore), SNARL_SITE());                 \
    return snarl_real.name arguments;

/* A cancellation point even where it need not wait; with the try first, that is so too. */
#define POLICY_SEMAPHORE_WAIT(name, arguments)                                                     \
    SNARL_SELF_OR_PASS(name, arguments);                                                           \
    pthread_testcancel();                                                                          \
    struct snarl_thing thing = SNARL_THING(SEMAPHORE, semaphore);                                  \
    int error = *self->error;                                                                      \
    if (__builtin_expect(snarl_real.sem_trywait(semaphore) == 0, 1)) {                             \
        snarl_semaphore_taken(snarl_self, thing, SNARL_SITE(), SNARL_TAKING_BLOCKING);             \
        return 0;                                                                                  \
    }                                                                                              \
    *self->error = error;                                                                          \
    struct snarl_semaphore_wait wait = {thing, SNARL_SITE(), SNARL_TAKING_BLOCKING, {.stack = 0}}; \
    SEMAPHORE_WAIT(name, arguments)

#define POLICY_SEMAPHORE_TIMED_WAIT(name, arguments)                                               \
    SNARL_SELF_OR_PASS(name, arguments);                                                           \
    struct snarl_semaphore_wait wait = {                                                           \
        SNARL_THING(SEMAPHORE, semaphore), SNARL_SITE(), SNARL_TAKING_TIMED, {.stack = 0}};        \
    SEMAPHORE_WAIT(name, arguments)

#define SEMAPHORE_WAIT(name, arguments)                                                            \
    int result;                                                                                    \
    snarl_semaphore_wait_begin(&wait);                                                             \
    pthread_cleanup_push(snarl_wait_leave, &wait.frame);                                           \
    result = snarl_real.name arguments;                                                            \
    pthread_cleanup_pop(1);                                                                        \
    if (result == 0)                                                                               \
        snarl_semaphore_taken(snarl_self, wait.thing, wait.site, wait.taking);                     \
    return result;

#define POLICY_BARRIER_WAIT(name, arguments)                                                       \
    SNARL_SELF_OR_PASS(name, arguments);                                                           \
    struct snarl_thing thing = SNARL_THING(BARRIER, barrier);                                      \
    struct snarl_waited waited = {.kind = SNARL_WANTS_BARRIER, .thing = thing};                    \
    struct snarl_wait_frame frame;                                                                 \
    snarl_wake(self, thing, SNARL_SITE(), SNARL_ARRIVES);                                          \
    bool noted = snarl_orders_arrive(self, thing);                                                 \
    snarl_wait_begin(self, &waited, SNARL_SITE(), &frame);                                         \
    int result = snarl_real.name arguments;                                                        \
    snarl_wait_end(self, &frame);                                                                  \
    if (noted && snarl_thread_ready() == self)                                                     \
        snarl_orders_go_on(self);                                                                  \
    return result;

/* SIGNAL(how) */
#define POLICY_SIGNAL(name, arguments, how)                                                        \
    SNARL_SELF_OR_PASS(name, arguments);                                                           \
    snarl_misuse_of_signal(self, SNARL_THING(CONDITION, condition), SNARL_SITE());                 \
    snarl_condition_signalled(self, condition, SNARL_SITE(), SNARL_WAKES_##how);                   \
    return snarl_real.name arguments;

/* CONDITION_WAIT(flags): the mutex is released, and taken again inside libc: also when the wait
 * fails, and also when the thread is cancelled in it (the handler then runs before the host's own).
 */
#define POLICY_CONDITION_WAIT(name, arguments, row_flags)                                          \
    SNARL_SELF_OR_PASS(name, arguments);                                                           \
    struct snarl_condition_wait wait = {.self = self,                                              \
                                        .condition = SNARL_THING(CONDITION, condition),            \
                                        .mutex = SNARL_THING(MUTEX, mutex),                        \
                                        .site = SNARL_SITE()};                                     \
    int result;                                                                                    \
    snarl_condition_wait_begin(&wait, row_flags);                                                  \
    pthread_cleanup_push(snarl_condition_wait_end, &wait);                                         \
    result = snarl_real.name arguments;                                                            \
    pthread_cleanup_pop(1);                                                                        \
    return result;

#define POLICY_EXEC(name, arguments)                                                               \
    snarl_exec_announce(path, SNARL_CALL_##name);                                                  \
    int result = SNARL_REAL(name) arguments;                                                       \
    snarl_exec_failed();                                                                           \
    return result;

#define POLICY_SPAWN(name, arguments)                                                              \
    pid_t child = 0;                                                                               \
    if (pid == NULL)                                                                               \
        pid = &child;                                                                              \
    int result = SNARL_REAL(name) arguments;                                                       \
    if (result == 0)                                                                               \
        snarl_spawned(path, *pid, SNARL_CALL_##name);                                              \
    return result;

/* What is constant of a row of policy LOCK. */
struct snarl_locking {
    enum snarl_object_kind kind;
    enum snarl_taking taking;
    int refused;
    size_t call; /* of the real one, in snarl_real */
};

/* The rest of POLICY_LOCK, after a try that returned `tried`: waits if the lock was busy, and notes
 * what is new. What the real call returned, or `refused`. Out of the way of the fast path, which
 * keeps nothing in registers for it. */
int snarl_lock_slow(const struct snarl_locking *locking, void *object, struct snarl_site site,
                    int tried);

/* glibc's try of a robust mutex that cannot be recovered leaves it locked for good (seen in 2.36).
 */
static inline bool snarl_must_not_try(struct snarl_thing thing)
{
    return thing.kind == SNARL_OBJECT_MUTEX && snarl_mutex_is_robust(snarl_mutex_at(thing.address));
}

/* A wait for a lock begins. */
enum snarl_wait_verdict snarl_lock_wait_begin(struct snarl_thread *self, struct snarl_thing thing,
                                              enum snarl_taking taking, struct snarl_site site,
                                              struct snarl_wait_frame *frame);

/* libc did not give the lock: it may know better than to let a thread wait for itself. */
void snarl_not_taken(struct snarl_thread *self, struct snarl_thing thing, struct snarl_site site,
                     int result);

/* Around a call that initialises or destroys. Destroying what is waited on waits: then the frame is
 * used, and that is returned. */
void snarl_lock_before_begin(struct snarl_thread *self, struct snarl_thing thing,
                             struct snarl_site site);
void snarl_lock_begin(struct snarl_thread *self, struct snarl_thing thing, uint32_t value,
                      struct snarl_site site, bool done);
bool snarl_lock_before_end(struct snarl_thread *self, struct snarl_thing thing,
                           struct snarl_site site, struct snarl_wait_frame *frame);
void snarl_lock_end(struct snarl_thread *self, struct snarl_thing thing, struct snarl_site site,
                    bool done, struct snarl_wait_frame *frame);

/* It was closed, and is gone. */
void snarl_lock_closed(struct snarl_thread *self, struct snarl_thing thing);

struct snarl_semaphore_wait {
    struct snarl_thing thing;
    struct snarl_site site;
    enum snarl_taking taking;
    struct snarl_wait_frame frame;
};

void snarl_semaphore_wait_begin(struct snarl_semaphore_wait *wait);

/* A try in vain. */
static inline void snarl_semaphore_tried(struct snarl_thread *self, struct snarl_thing thing)
{
    if (self->polling != 0)
        snarl_semaphore_polled(self);
    self->polling = thing.address;
}

struct snarl_condition_wait {
    struct snarl_thread *self;
    struct snarl_thing condition;
    struct snarl_thing mutex;
    struct snarl_site site;
    uint64_t count; /* of the mutex, if it is recursive: the wait gives back only one */
    struct snarl_wait_frame frame;
};

void snarl_condition_wait_begin(struct snarl_condition_wait *wait, uint32_t flags);
void snarl_condition_wait_end(void *wait);

/* Another program is started: the command finds out whether it was watched. Any thread, also the
 * child of a vfork. */
void snarl_exec_announce(const char *path, enum snarl_call call);
void snarl_exec_failed(void);
void snarl_spawned(const char *path, pid_t child, enum snarl_call call);

#endif
