/* The cases of `signals`: each says what it saw, which is the same wherever it runs. */
#ifndef SNARL_TESTS_RACE_SIGNALS_H
#define SNARL_TESTS_RACE_SIGNALS_H

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The signal that snarl lives by, and one that profilers do. */
static const int both[] = {SIGTRAP, SIGPROF};

#define FOR_BOTH(number)                                                                           \
    for (int i_ = 0, number = both[0]; i_ < 2; number = both[++i_ < 2 ? i_ : 0])

#define SAY(number, ...)                                                                           \
    (printf("%s ", (number) == SIGTRAP ? "SIGTRAP" : "SIGPROF"), printf(__VA_ARGS__), puts(""))

static inline sigset_t set_of(int number)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, number);
    return set;
}

static inline bool is_blocked(int number)
{
    sigset_t set;
    pthread_sigmask(SIG_BLOCK, NULL, &set);
    return sigismember(&set, number) == 1;
}

static inline void install(int number, void (*handler)(int), int flags)
{
    struct sigaction action = {.sa_handler = handler, .sa_flags = flags};
    sigaction(number, &action, NULL);
}

/* Some work, with memory that other threads do not touch. */
static inline void work(long rounds)
{
    volatile long sum = 0;
    for (long i = 0; i < rounds; i++)
        sum += i;
}

void see_old_actions(void);
void see_flags(void);
void see_handler_masks(void);
void see_interruptions(void);
void see_own_traps(void);
void see_timers(void);
void see_masks(void);
void see_inherited_masks(void);
void see_raw_masks(void);
void see_waits(void);
void see_directed(void);
void see_jumps(void);
void see_sleeps(void);
void see_processes(void);
void see_cancelled(void);
void see_exec_mask(void);

#endif
