/* What the small programs share: cases by name, threads, and no tolerance for surprises. */
#ifndef SNARL_TESTS_PROGRAM_H
#define SNARL_TESTS_PROGRAM_H

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MUST(condition)                                                                            \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "%s:%d: %s (errno %d)\n", __FILE__, __LINE__, #condition, errno);      \
            _exit(99);                                                                             \
        }                                                                                          \
    } while (0)

struct program_case {
    const char *name;
    void (*run)(void);
};

/* Runs the case that the first argument names. */
static inline int run_case(const struct program_case *cases, size_t count, int argc, char **argv)
{
    for (size_t i = 0; argc > 1 && i < count; i++)
        if (strcmp(cases[i].name, argv[1]) == 0) {
            cases[i].run();
            return 0;
        }
    fprintf(stderr, "no such case\n");
    return 98;
}

#define RUN_CASE(cases) run_case(cases, sizeof cases / sizeof cases[0], argc, argv)

static inline pthread_t start(void *(*run)(void *), void *argument)
{
    pthread_t thread;
    MUST(pthread_create(&thread, NULL, run, argument) == 0);
    return thread;
}

static inline void finish(pthread_t thread)
{
    MUST(pthread_join(thread, NULL) == 0);
}

static inline void lock(pthread_mutex_t *mutex)
{
    MUST(pthread_mutex_lock(mutex) == 0);
}

static inline void unlock(pthread_mutex_t *mutex)
{
    MUST(pthread_mutex_unlock(mutex) == 0);
}

static inline void init_kind(pthread_mutex_t *mutex, int kind)
{
    pthread_mutexattr_t attributes;
    MUST(pthread_mutexattr_init(&attributes) == 0);
    MUST(pthread_mutexattr_settype(&attributes, kind) == 0);
    MUST(pthread_mutex_init(mutex, &attributes) == 0);
    MUST(pthread_mutexattr_destroy(&attributes) == 0);
}

#endif
