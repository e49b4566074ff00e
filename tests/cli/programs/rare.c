/*
 * Programs with one mistake each that needs rare timing, as they are met in the wild. Left to
 * chance they come out well nearly always. Built with MENDED they differ in one line, and always
 * do.
 *
 * One that fails either hangs or exits with 1.
 */
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifdef MENDED
#define LINE(wrong, right) right
#else
#define LINE(wrong, right) wrong
#endif

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t other = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;

static void lock(pthread_mutex_t *which)
{
    pthread_mutex_lock(which);
}

static void unlock(pthread_mutex_t *which)
{
    pthread_mutex_unlock(which);
}

/* Something else to do for a while, that leaves the processor to others, as a disk does. */
static void work(void)
{
    usleep(300);
}

static void run(void *(*first)(void *), void *(*second)(void *))
{
    pthread_t threads[2];
    pthread_create(&threads[0], NULL, first, NULL);
    pthread_create(&threads[1], NULL, second, NULL);
    pthread_join(threads[0], NULL);
    pthread_join(threads[1], NULL);
}

/* The state is looked at without the lock, and may change before the wait begins. */
static bool ready;

static bool is_ready(void)
{
    return __atomic_load_n(&ready, __ATOMIC_SEQ_CST);
}

static void *await(void *unused)
{
    if (!is_ready()) {
        lock(&mutex);
        LINE(, while (!is_ready()))
        pthread_cond_wait(&changed, &mutex);
        unlock(&mutex);
    }
    return unused;
}

static void *announce(void *unused)
{
    work();
    lock(&mutex);
    __atomic_store_n(&ready, true, __ATOMIC_SEQ_CST);
    pthread_cond_signal(&changed);
    unlock(&mutex);
    return unused;
}

static bool lost_wakeup(void)
{
    ready = false;
    run(await, announce);
    return true;
}

/* A flag that is set without the mutex is set between another's look and its wait. */
static bool stop;

static void raise_flag(void)
{
    __atomic_store_n(&stop, true, __ATOMIC_SEQ_CST);
}

static void raise_flag_locked(void)
{
    lock(&mutex);
    raise_flag();
    unlock(&mutex);
}

static void *serve(void *unused)
{
    lock(&mutex);
    while (!__atomic_load_n(&stop, __ATOMIC_SEQ_CST))
        pthread_cond_wait(&changed, &mutex);
    unlock(&mutex);
    return unused;
}

static void *shut_down(void *unused)
{
    work();
    LINE(raise_flag(), raise_flag_locked());
    pthread_cond_broadcast(&changed);
    return unused;
}

static bool stop_flag(void)
{
    stop = false;
    run(serve, shut_down);
    return true;
}

/* Each access is locked; what is computed from an old value is stored all the same. */
static int balance;

static void *deposit(void *unused)
{
    lock(&mutex);
    int sum = balance + 1;
    LINE(unlock(&mutex); lock(&mutex), ;);
    balance = sum;
    unlock(&mutex);
    return unused;
}

static void *deposit_later(void *unused)
{
    work();
    return deposit(unused);
}

static bool lost_update(void)
{
    balance = 0;
    run(deposit, deposit_later);
    return balance == 2;
}

/* A queue of one place. Producers and consumers wait on one condition, and one of them is woken: it
 * may be of the wrong kind. */
static int items;

static void change(int from, int to)
{
    lock(&mutex);
    while (items != from)
        pthread_cond_wait(&changed, &mutex);
    items = to;
    LINE(pthread_cond_signal, pthread_cond_broadcast)(&changed);
    unlock(&mutex);
}

static void *consume(void *unused)
{
    change(1, 0);
    return unused;
}

static void *produce(void *unused)
{
    work();
    change(0, 1);
    return unused;
}

static void *produce_later(void *unused)
{
    work();
    work();
    return produce(unused);
}

static void *consumers(void *unused)
{
    run(consume, consume);
    return unused;
}

static void *producers(void *unused)
{
    run(produce, produce_later);
    return unused;
}

static bool one_condition(void)
{
    run(consumers, producers);
    return items == 0;
}

/* Two locks in two orders, each pair for an instant. */
static void *forwards(void *unused)
{
    lock(&mutex), lock(&other);
    unlock(&other), unlock(&mutex);
    return unused;
}

static void *backwards(void *unused)
{
    work();
    LINE((lock(&other), lock(&mutex)), (lock(&mutex), lock(&other)));
    unlock(&mutex), unlock(&other);
    return unused;
}

static bool two_orders(void)
{
    run(forwards, backwards);
    return true;
}

static const struct {
    const char *name;
    bool (*run)(void);
} programs[] = {
    {"lost_wakeup", lost_wakeup},     {"stop_flag", stop_flag},   {"lost_update", lost_update},
    {"one_condition", one_condition}, {"two_orders", two_orders},
};

enum {
    PROGRAMS = sizeof programs / sizeof programs[0],
    ROUNDS = 3,
};

int main(int argc, char **argv)
{
    size_t i = 0;
    while (i < PROGRAMS && (argc != 2 || strcmp(argv[1], programs[i].name) != 0))
        i++;
    if (i == PROGRAMS) {
        fprintf(stderr, "no such program\n");
        return 98;
    }
    for (int round = 0; round < ROUNDS; round++)
        if (!programs[i].run())
            return 1;
    return 0;
}
