/* Programs whose threads take sides: one after another, or all at once. */
#ifndef SNARL_TESTS_SIDES_H
#define SNARL_TESTS_SIDES_H

#include <fcntl.h>
#include <stdbool.h>
#include <sys/syscall.h>
#include <time.h>

#include "program.h"

enum {
    MOST_SIDES = 3,
    LIMIT_S = 20, /* ends a program that hangs */
};

/* A call succeeds, or is refused because it would close a deadlock: whether it succeeded. */
#define GRANTED(call, refusal) side_granted((call), refusal)

static bool side_refused;
static pthread_mutex_t side_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t side_passed = PTHREAD_COND_INITIALIZER;
static int side_turn, side_met, side_count;
static pid_t side_threads[MOST_SIDES]; /* by turn; 0: not there yet */

static inline bool side_granted(int result, int refusal)
{
    MUST(result == 0 || result == refusal);
    if (result != 0)
        __atomic_store_n(&side_refused, true, __ATOMIC_SEQ_CST);
    return result == 0;
}

static inline void side_await(const int *count, int least)
{
    lock(&side_lock);
    while (*count < least)
        MUST(pthread_cond_wait(&side_passed, &side_lock) == 0);
    unlock(&side_lock);
}

static inline void side_add(int *count)
{
    lock(&side_lock);
    ++*count;
    MUST(pthread_cond_broadcast(&side_passed) == 0);
    unlock(&side_lock);
}

/* Returns when all sides have come here, once. */
static inline void meet(void)
{
    side_add(&side_met);
    side_await(&side_met, side_count);
}

struct side {
    const char *name;
    void (*act)(void);
    int turn; /* -1: none */
};

static void *side_run(void *data)
{
    const struct side *side = data;
    MUST(pthread_setname_np(pthread_self(), side->name) == 0);
    if (side->turn < 0) {
        side->act();
        return NULL;
    }
    __atomic_store_n(&side_threads[side->turn], gettid(), __ATOMIC_SEQ_CST);
    side_await(&side_turn, side->turn);
    side->act();
    side_add(&side_turn);
    side_await(&side_turn, side_count); /* alive together to the end */
    return NULL;
}

static inline void side_start(void (*first)(void), void (*second)(void), void (*third)(void),
                              bool in_turn)
{
    struct side sides[MOST_SIDES] = {
        {"first", first, 0}, {"second", second, 1}, {"third", third, 2}};
    pthread_t threads[MOST_SIDES];
    side_count = third != NULL ? 3 : 2;
    for (int i = 0; i < side_count; i++) {
        if (!in_turn)
            sides[i].turn = -1;
        threads[i] = start(side_run, &sides[i]);
    }
    for (int i = 0; i < side_count; i++)
        finish(threads[i]);
}

/* One after the other, in threads that are alive together. */
static inline void in_turn(void (*first)(void), void (*second)(void))
{
    side_start(first, second, NULL, true);
}

/* At the same time. */
static inline void together(void (*first)(void), void (*second)(void))
{
    side_start(first, second, NULL, false);
}

static inline void three_together(void (*first)(void), void (*second)(void), void (*third)(void))
{
    side_start(first, second, third, false);
}

/* Whether that thread, of this process or of a child, sleeps in a futex call in that memory. */
static inline bool side_sleeps(pid_t thread, const void *object, size_t size)
{
    char path[64], text[128] = "";
    snprintf(path, sizeof path, "/proc/%d/syscall", (int)thread);
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return false;
    MUST(read(file, text, sizeof text - 1) >= 0);
    close(file);
    char *rest;
    bool futex = strtol(text, &rest, 10) == SYS_futex;
    return futex && strtoul(rest, NULL, 16) - (uintptr_t)object < size;
}

/* In the first of two that act in turn: returns when nothing else goes on. The main thread sleeps
 * until this one ends, in its descriptor, and the second until its turn. */
static inline void side_be_alone(void)
{
    const void *descriptor = (const void *)pthread_self();
    pid_t second;
    while ((second = __atomic_load_n(&side_threads[1], __ATOMIC_SEQ_CST)) == 0 ||
           !side_sleeps(second, &side_passed, sizeof side_passed) ||
           !side_sleeps(getpid(), descriptor, 4096))
        sched_yield();
}

/* Returns when the thread, whose number is set once it is about to wait, sleeps so. */
static inline void side_await_sleep(const pid_t *thread, const void *object, size_t size)
{
    while (!side_sleeps(__atomic_load_n(thread, __ATOMIC_SEQ_CST), object, size))
        usleep(1000);
}

/* A far deadline. */
static inline const struct timespec *deadline_of(clockid_t clock)
{
    static _Thread_local struct timespec deadline;
    clock_gettime(clock, &deadline);
    deadline.tv_sec += 1000;
    return &deadline;
}

static inline int sides_main(const struct program_case *cases, size_t count, int argc, char **argv)
{
    alarm(LIMIT_S);
    int result = run_case(cases, count, argc, argv);
    printf("%s\n", side_refused ? "refused" : "granted");
    return result;
}

#define RUN_SIDES(cases) sides_main(cases, sizeof cases / sizeof cases[0], argc, argv)

#endif
