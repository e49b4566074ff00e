/*
 * What one use of each kind of call costs: kinds [ROUNDS] [PAIRS]
 *
 * Prints, for each row, the median nanoseconds over the rounds, what snarl may add to it at most (0
 * where nothing is promised), and the row's name. All threads run on one processor, so that what a
 * hand-off costs is the kernel's own cost and not where the threads happen to be; another thread is
 * alive all the time, so that libc's single-thread short cuts are off.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <threads.h>
#include <time.h>
#include <unistd.h>

enum {
    MOST_ROUNDS = 101
};

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t recursive = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;
static pthread_rwlock_t rwlock = PTHREAD_RWLOCK_INITIALIZER;
static pthread_spinlock_t spin;
static sem_t semaphore, turns[2];
static mtx_t c11;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
static pthread_cond_t turned = PTHREAD_COND_INITIALIZER;
static pthread_barrier_t barrier;
static int turn;
static long pairs = 1000000;
static void *glib_mutex[2]; /* a GMutex is no larger, and needs no more than zeroes */
static void (*glib_lock)(void *), (*glib_unlock)(void *);
static void *volatile block;

static void nothing(void)
{
}

static void *end_at_once(void *unused)
{
    return unused;
}

static void make_and_join(void)
{
    pthread_t thread;
    pthread_create(&thread, NULL, end_at_once, NULL);
    pthread_join(thread, NULL);
}

/* Hand-offs: two threads do the same, and are one round behind each other. */
static void cond_turn(int self)
{
    pthread_mutex_lock(&mutex);
    while (turn != self)
        pthread_cond_wait(&turned, &mutex);
    turn = !self;
    pthread_cond_signal(&turned);
    pthread_mutex_unlock(&mutex);
}

static void semaphore_turn(int self)
{
    sem_wait(&turns[self]);
    sem_post(&turns[!self]);
}

static void barrier_turn(int self)
{
    (void)self;
    pthread_barrier_wait(&barrier);
}

/* ROW(name, nanoseconds that snarl may add, divisor of PAIRS, what another thread does, body) */
#define ROWS(ROW)                                                                                  \
    ROW(mutex, 10, 1, NULL, pthread_mutex_lock(&mutex); pthread_mutex_unlock(&mutex))              \
    ROW(mutex_trylock, 10, 1, NULL, pthread_mutex_trylock(&mutex); pthread_mutex_unlock(&mutex))   \
    ROW(mutex_recursive, 10, 1, NULL, pthread_mutex_lock(&recursive);                              \
        pthread_mutex_unlock(&recursive))                                                          \
    ROW(rwlock_read, 10, 1, NULL, pthread_rwlock_rdlock(&rwlock); pthread_rwlock_unlock(&rwlock))  \
    ROW(rwlock_write, 10, 1, NULL, pthread_rwlock_wrlock(&rwlock); pthread_rwlock_unlock(&rwlock)) \
    ROW(spin_lock, 10, 1, NULL, pthread_spin_lock(&spin); pthread_spin_unlock(&spin))              \
    ROW(sem_wait_post, 10, 1, NULL, sem_wait(&semaphore); sem_post(&semaphore))                    \
    ROW(sem_trywait_post, 10, 1, NULL, sem_trywait(&semaphore); sem_post(&semaphore))              \
    ROW(c11_mtx, 10, 1, NULL, mtx_lock(&c11); mtx_unlock(&c11))                                    \
    ROW(flockfile, 10, 1, NULL, flockfile(stdout); funlockfile(stdout))                            \
    ROW(once_done, 10, 1, NULL, pthread_once(&once, nothing))                                      \
    ROW(g_mutex, 10, 1, NULL, glib_lock(glib_mutex); glib_unlock(glib_mutex))                      \
    ROW(cond_signal, 30, 1, NULL, pthread_cond_signal(&condition))                                 \
    ROW(malloc_free, 3, 1, NULL, block = malloc(64); free(block))                                  \
    ROW(cond_hand_off, 40, 20, cond_turn, cond_turn(0))                                            \
    ROW(semaphore_hand_off, 0, 20, semaphore_turn, semaphore_turn(0))                              \
    ROW(barrier_of_two, 0, 20, barrier_turn, barrier_turn(0))                                      \
    ROW(thread_made_joined, 0, 200, NULL, make_and_join())

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

struct partner {
    void (*turn)(int self);
    long count;
};

static void *take_turns(void *data)
{
    const struct partner *partner = data;
    for (long i = 0; i < partner->count; i++)
        partner->turn(1);
    return NULL;
}

#define ROW(name, most, divisor, other, ...)                                                       \
    static double measure_##name(void)                                                             \
    {                                                                                              \
        struct partner partner = {other, pairs / (divisor)};                                       \
        pthread_t thread;                                                                          \
        double begin = now();                                                                      \
        if (partner.turn != NULL)                                                                  \
            pthread_create(&thread, NULL, take_turns, &partner);                                   \
        for (long i = 0; i < partner.count; i++) {                                                 \
            __VA_ARGS__;                                                                           \
        }                                                                                          \
        if (partner.turn != NULL)                                                                  \
            pthread_join(thread, NULL);                                                            \
        return (now() - begin) / (double)partner.count;                                            \
    }
ROWS(ROW)
#undef ROW

static int compare(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

static void print_median(const char *name, int most, double (*measure)(void), int rounds)
{
    double times[MOST_ROUNDS];
    for (int i = 0; i < rounds; i++)
        times[i] = measure();
    qsort(times, (size_t)rounds, sizeof times[0], compare);
    printf("%s %d %.2f\n", name, most, times[rounds / 2]);
    fflush(stdout);
}

static void *sleep_on(void *unused)
{
    pause();
    return unused;
}

static void set_up(void)
{
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET((size_t)sched_getcpu(), &one);
    sched_setaffinity(0, sizeof one, &one);
    pthread_spin_init(&spin, PTHREAD_PROCESS_PRIVATE);
    sem_init(&semaphore, 0, 1);
    sem_init(&turns[0], 0, 1);
    sem_init(&turns[1], 0, 0);
    mtx_init(&c11, mtx_plain);
    pthread_once(&once, nothing);
    pthread_barrier_init(&barrier, NULL, 2);
    pthread_t sleeper;
    pthread_create(&sleeper, NULL, sleep_on, NULL);
    pthread_detach(sleeper);
    /* Global, and looked up by default: as a program linked with it gets them. */
    if (dlopen("libglib-2.0.so.0", RTLD_NOW | RTLD_GLOBAL) != NULL) {
        *(void **)&glib_lock = dlsym(RTLD_DEFAULT, "g_mutex_lock");
        *(void **)&glib_unlock = dlsym(RTLD_DEFAULT, "g_mutex_unlock");
    }
}

int main(int argc, char **argv)
{
    int rounds = argc > 1 ? atoi(argv[1]) : 11;
    if (argc > 2)
        pairs = atol(argv[2]);
    if (rounds < 1 || rounds > MOST_ROUNDS || pairs < 200)
        return 2;
    set_up();
#define ROW(name, most, divisor, other, ...)                                                       \
    if (measure_##name != measure_g_mutex || glib_lock != NULL)                                    \
        print_median(#name, most, measure_##name, rounds);
    ROWS(ROW)
#undef ROW
}
