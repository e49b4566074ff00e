/* A lock that snarl cannot see by itself, made of an atomic, and two that are taken in two orders.
 */
#ifndef SNARL_TESTS_ANNOTATED_H
#define SNARL_TESTS_ANNOTATED_H

#include <sched.h>
#include <stdatomic.h>
#include <sys/wait.h>

#include "annotate/snarl/annotate.h"
#include "sides.h"

struct own {
    atomic_int taken;
    pthread_mutex_t unused; /* it does not begin with one */
};

static struct own alice, bob;

static inline bool grab(struct own *own)
{
    return atomic_exchange(&own->taken, 1) == 0;
}

#define TAKE(name)                                                                                 \
    do {                                                                                           \
        if (!grab(&(name))) {                                                                      \
            SNARL_LOCK_ACQUIRING(&(name), 0);                                                      \
            while (!grab(&(name)))                                                                 \
                sched_yield();                                                                     \
        }                                                                                          \
        SNARL_LOCK_ACQUIRED(&(name), 0);                                                           \
    } while (0)

#define GIVE(name)                                                                                 \
    do {                                                                                           \
        SNARL_LOCK_RELEASED(&(name));                                                              \
        atomic_store(&(name).taken, 0);                                                            \
    } while (0)

#define TAKE_UNTOLD(name)                                                                          \
    while (!grab(&(name)))                                                                         \
    sched_yield()
#define GIVE_UNTOLD(name) atomic_store(&(name).taken, 0)

static inline void pay(void)
{
    TAKE(alice);
    TAKE(bob);
    GIVE(bob);
    GIVE(alice);
}
static inline void refund(void)
{
    TAKE(bob);
    TAKE(alice);
    GIVE(alice);
    GIVE(bob);
}

/* The child does that and ends; its status is printed. */
static inline void fork_and(void (*act)(void))
{
    pid_t child = fork();
    MUST(child >= 0);
    if (child == 0) {
        alarm(LIMIT_S);
        act();
        _exit(0);
    }
    int status;
    MUST(waitpid(child, &status, 0) == child);
    printf("child %d\n", WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
}

#endif
