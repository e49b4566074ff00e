/* Hand-written wrappers: locks whose calls return nothing, or come with a variable list. */
#include <fcntl.h>
#include <stdarg.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "preload/policies.h"
#include "preload/session.h"

SNARL_EXPORT void flockfile(FILE *file)
{
    struct snarl_thread *self = snarl_thread_arrive();
    if (self == NULL) {
        SNARL_REAL(flockfile)(file);
        return;
    }
    snarl_thread_note_call(self, SNARL_CALL_flockfile);
    struct snarl_thing thing = SNARL_THING(FILE, file);
    if (snarl_real.ftrylockfile(file) != 0) {
        struct snarl_wait_frame frame;
        snarl_lock_wait_begin(self, thing, SNARL_TAKING_BLOCKING, SNARL_SITE(), &frame);
        snarl_real.flockfile(file);
        snarl_wait_end(self, &frame);
        self = snarl_thread_ready(); /* a signal handler may have forked: this may be the child */
        if (self == NULL)
            return;
    }
    snarl_acquired(self, thing, SNARL_SITE(), SNARL_TAKING_BLOCKING);
}

SNARL_EXPORT void funlockfile(FILE *file)
{
    struct snarl_thread *self = snarl_thread_arrive();
    if (self != NULL) {
        snarl_thread_note_call(self, SNARL_CALL_funlockfile);
        snarl_released(self, SNARL_THING(FILE, file), SNARL_SITE());
    }
    SNARL_REAL(funlockfile)(file);
}

/* The same under the names of stdio's own macros. */
SNARL_EXPORT void _IO_flockfile(FILE *file)
{
    flockfile(file);
}

SNARL_EXPORT void _IO_funlockfile(FILE *file)
{
    funlockfile(file);
}

/* Locks the mutex inside libc, and unlocks it again. */
SNARL_EXPORT int pthread_mutex_setprioceiling(pthread_mutex_t *mutex, int ceiling, int *former)
{
    SNARL_SELF_OR_PASS(pthread_mutex_setprioceiling, (mutex, ceiling, former));
    struct snarl_wait_frame frame;
    if (snarl_lock_wait_begin(self, SNARL_THING(MUTEX, mutex), SNARL_TAKING_BLOCKING, SNARL_SITE(),
                              &frame) == SNARL_WAIT_REFUSED)
        return EDEADLK;
    int result = snarl_real.pthread_mutex_setprioceiling(mutex, ceiling, former);
    snarl_wait_end(self, &frame);
    return result;
}

/* The destruction of C11's, which cannot fail. */
#define DESTROY_C11(name, KIND, object)                                                            \
    struct snarl_thread *self = snarl_thread_ready();                                              \
    if (self == NULL) {                                                                            \
        SNARL_REAL(name)(object);                                                                  \
        return;                                                                                    \
    }                                                                                              \
    snarl_thread_note_call(self, SNARL_CALL_##name);                                               \
    struct snarl_thing thing = SNARL_THING(KIND, object);                                          \
    struct snarl_wait_frame frame;                                                                 \
    bool waits = snarl_lock_before_end(self, thing, SNARL_SITE(), &frame);                         \
    snarl_real.name(object);                                                                       \
    snarl_lock_end(self, thing, SNARL_SITE(), true, waits ? &frame : NULL);

SNARL_EXPORT void mtx_destroy(mtx_t *mutex){DESTROY_C11(mtx_destroy, MUTEX, mutex)}

SNARL_EXPORT void cnd_destroy(cnd_t *condition)
{
    DESTROY_C11(cnd_destroy, CONDITION, condition)
}

/* A named semaphore may be used by anyone: it is a lock only if this very call made it so. */
static void opened(struct snarl_thread *self, sem_t *semaphore, unsigned value,
                   struct snarl_site site)
{
    struct snarl_entry entry = snarl_enter(self);
    uint32_t stack = snarl_stack_of(self, site);
    snarl_session_lock();
    const struct snarl_object *object = snarl_object_known((uintptr_t)semaphore);
    /* libc returns the same address for a name that is open already. */
    if (object == NULL || object->kind != SNARL_OBJECT_SEMAPHORE)
        snarl_object_begin(self, SNARL_THING(SEMAPHORE, semaphore), value, stack);
    snarl_session_unlock();
    snarl_leave(self, entry);
}

SNARL_EXPORT sem_t *sem_open(const char *name, int flags, ...)
{
    unsigned value = 0;
    mode_t mode = 0;
    if (flags & O_CREAT) {
        va_list list;
        va_start(list, flags);
        mode = va_arg(list, mode_t);
        value = va_arg(list, unsigned);
        va_end(list);
    }
    struct snarl_thread *self = snarl_thread_ready();
    sem_t *semaphore = SNARL_REAL(sem_open)(name, flags, mode, value);
    if (self == NULL || semaphore == SEM_FAILED)
        return semaphore;
    snarl_thread_note_call(self, SNARL_CALL_sem_open);
    opened(self, semaphore, value, SNARL_SITE());
    return semaphore;
}

/* Of several opens the last close unmaps it; until then it lives on. */
static bool is_mapped(const sem_t *semaphore)
{
    uintptr_t page = (uintptr_t)semaphore & -(uintptr_t)sysconf(_SC_PAGESIZE);
    unsigned char resident;
    int error = errno;
    bool mapped = syscall(SYS_mincore, page, 1, &resident) == 0 || errno != ENOMEM;
    errno = error;
    return mapped;
}

SNARL_EXPORT int sem_close(sem_t *semaphore)
{
    SNARL_SELF_OR_PASS(sem_close, (semaphore));
    int result = snarl_real.sem_close(semaphore);
    if (result == 0 && !is_mapped(semaphore))
        snarl_lock_closed(self, SNARL_THING(SEMAPHORE, semaphore));
    return result;
}
