/*
 * What a wrapper does around the real call, by the policy of its row in calls.def.
 *
 * POLICY_NAME(name, arguments) is the body of the wrapper; it finds the objects by the names of
 * the parameters (mutex, condition, path). A new policy is a macro here, and what it calls.
 */
#ifndef SNARL_PRELOAD_POLICIES_H
#define SNARL_PRELOAD_POLICIES_H

#include <errno.h>
#include <unistd.h>

#include "preload/acquire.h"
#include "preload/wait.h"

/* Every policy: calls that are not to be recorded go straight through. */
#define SNARL_SELF_OR_PASS(name, arguments)                                                        \
    struct snarl_thread *self = snarl_thread_ready();                                              \
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

#define POLICY_INIT(name, arguments)                                                               \
    SNARL_SELF_OR_PASS(name, arguments);                                                           \
    int result = snarl_real.name arguments;                                                        \
    if (result == 0)                                                                               \
        snarl_lock_begin(self, mutex, SNARL_SITE());                                               \
    return result;

#define POLICY_DESTROY(name, arguments)                                                            \
    SNARL_SELF_OR_PASS(name, arguments);                                                           \
    int result = snarl_real.name arguments;                                                        \
    if (result == 0)                                                                               \
        snarl_lock_end(self, mutex);                                                               \
    return result;

/* Tries first: only a lock that is busy needs a wait. Whatever else the try says (an error, a
 * limit), the real call says it with authority. But glibc's try of a robust mutex that cannot be
 * recovered leaves it locked for good (seen in 2.36). */
#define POLICY_LOCK(name, arguments)                                                               \
    SNARL_SELF_OR_PASS(name, arguments);                                                           \
    int result = __builtin_expect(snarl_mutex_is_robust(mutex), 0)                                 \
                     ? EBUSY                                                                       \
                     : snarl_real.pthread_mutex_trylock(mutex);                                    \
    if (__builtin_expect(result == 0 && snarl_acquired_again(snarl_self, mutex, SNARL_SITE(),      \
                                                             SNARL_TAKING_BLOCKING),               \
                         1))                                                                       \
        return 0;                                                                                  \
    return snarl_lock_slow(mutex, SNARL_SITE(), result);

#define POLICY_TRY_LOCK(name, arguments)                                                           \
    SNARL_SELF_OR_PASS(name, arguments);                                                           \
    int result = snarl_real.name arguments;                                                        \
    if (snarl_took(result))                                                                        \
        snarl_acquired(self, mutex, SNARL_SITE(), SNARL_TAKING_TRIED);                             \
    return result;

/* Straight to libc, which judges the deadline even where the lock is free. */
#define POLICY_TIMED_LOCK(name, arguments)                                                         \
    SNARL_SELF_OR_PASS(name, arguments);                                                           \
    struct snarl_waited waited = {.kind = SNARL_WANTS_LOCK, .mutex = mutex, .timed = true};        \
    struct snarl_wait_frame frame;                                                                 \
    snarl_wait_begin(self, &waited, SNARL_SITE(), &frame);                                         \
    int result = snarl_real.name arguments;                                                        \
    snarl_wait_end(self, &frame);                                                                  \
    if (snarl_took(result))                                                                        \
        snarl_acquired(self, mutex, SNARL_SITE(), SNARL_TAKING_TIMED);                             \
    return result;

#define POLICY_UNLOCK(name, arguments)                                                             \
    SNARL_SELF_OR_PASS(name, arguments);                                                           \
    snarl_released(self, mutex);                                                                   \
    return snarl_real.name arguments;

#define POLICY_CONDITION_WAIT(name, arguments) CONDITION_WAIT(name, arguments, false)
#define POLICY_CONDITION_TIMED_WAIT(name, arguments) CONDITION_WAIT(name, arguments, true)

/* The mutex is released, and taken again inside libc: also when the wait fails, and also when the
 * thread is cancelled in it (the handler then runs before the host's own). */
#define CONDITION_WAIT(name, arguments, is_timed)                                                  \
    SNARL_SELF_OR_PASS(name, arguments);                                                           \
    struct snarl_condition_wait wait = {self, mutex, SNARL_SITE(), 0, {.object = 0}};              \
    int result;                                                                                    \
    snarl_condition_wait_begin(&wait, is_timed);                                                   \
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

/* The rest of POLICY_LOCK, after a try that returned `tried`: waits if the lock was busy, and notes
 * what is new. What the real call returned, or EDEADLK. Out of the way of the fast path, which
 * keeps nothing in registers for it. */
int snarl_lock_slow(pthread_mutex_t *mutex, struct snarl_site site, int tried);

struct snarl_condition_wait {
    struct snarl_thread *self;
    pthread_mutex_t *mutex;
    struct snarl_site site;
    uint64_t count; /* of the mutex, if it is recursive: the wait gives back only one */
    struct snarl_wait_frame frame;
};

void snarl_condition_wait_begin(struct snarl_condition_wait *wait, bool timed);
void snarl_condition_wait_end(void *wait);

/* Another program is started: the command finds out whether it was watched. Any thread, also the
 * child of a vfork. */
void snarl_exec_announce(const char *path, enum snarl_call call);
void snarl_exec_failed(void);
void snarl_spawned(const char *path, pid_t child, enum snarl_call call);

#endif
