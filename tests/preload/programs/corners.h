/* What the programs of corner cases share: two locks, and a child. */
#ifndef SNARL_TESTS_CORNERS_H
#define SNARL_TESTS_CORNERS_H

#include <sys/wait.h>

#include "sides.h"

static pthread_mutex_t alice = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t bob = PTHREAD_MUTEX_INITIALIZER;
static int stage; /* 1: the other thread has come there; 2: it may go on */
static pid_t child;

static inline void fork_here(void)
{
    child = fork();
    MUST(child >= 0);
    if (child == 0)
        alarm(LIMIT_S);
}

/* The child ends, and its status is printed. */
static inline void end_child(void)
{
    int status;
    if (child == 0)
        _exit(0);
    MUST(waitpid(child, &status, 0) == child);
    printf("child %d\n", WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
}

static inline void lock_both(void)
{
    lock(&alice);
    lock(&bob);
    unlock(&bob);
    unlock(&alice);
}

/* Parent and child go on locking. */
static inline void go_on(void)
{
    lock_both();
    end_child();
}

#endif
