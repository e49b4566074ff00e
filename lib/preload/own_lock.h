/*
 * A lock for snarl's own data: never the host's primitives, which come back to us.
 *
 * Three states, as in Drepper, "Futexes Are Tricky" (2011), mutex 2: free, taken, taken and waited
 * for. Raw futex calls; no allocation; any context in which the caller cannot be interrupted while
 * it holds it (see quiet.h). errno is not preserved.
 */
#ifndef SNARL_PRELOAD_OWN_LOCK_H
#define SNARL_PRELOAD_OWN_LOCK_H

#include <errno.h>
#include <linux/futex.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

struct snarl_own_lock {
    uint32_t state;
};

enum {
    SNARL_OWN_LOCK_FREE,
    SNARL_OWN_LOCK_TAKEN,
    SNARL_OWN_LOCK_WAITED_FOR,
};

/* Takes the lock if it is free. */
static inline bool snarl_own_lock_try(struct snarl_own_lock *lock)
{
    uint32_t expected = SNARL_OWN_LOCK_FREE;
    return __atomic_compare_exchange_n(&lock->state, &expected, SNARL_OWN_LOCK_TAKEN, false,
                                       __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
}

/* Takes the lock, waiting `timeout` at most (NULL: for ever). Whether it was taken. */
static inline bool snarl_own_lock_take_within(struct snarl_own_lock *lock,
                                              const struct timespec *timeout)
{
    if (snarl_own_lock_try(lock))
        return true;
    while (__atomic_exchange_n(&lock->state, SNARL_OWN_LOCK_WAITED_FOR, __ATOMIC_ACQUIRE) !=
           SNARL_OWN_LOCK_FREE) {
        long result = syscall(SYS_futex, &lock->state, FUTEX_WAIT_PRIVATE,
                              SNARL_OWN_LOCK_WAITED_FOR, timeout, NULL, 0);
        if (result < 0 && errno == ETIMEDOUT)
            return false;
    }
    return true;
}

static inline void snarl_own_lock_take(struct snarl_own_lock *lock)
{
    snarl_own_lock_take_within(lock, NULL);
}

static inline void snarl_own_lock_release(struct snarl_own_lock *lock)
{
    if (__atomic_exchange_n(&lock->state, SNARL_OWN_LOCK_FREE, __ATOMIC_RELEASE) ==
        SNARL_OWN_LOCK_WAITED_FOR)
        syscall(SYS_futex, &lock->state, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

#endif
