/* Eight threads that lock, try, wait, create and join in one order, at random: nothing to find. */
#include <time.h>

#include "program.h"

enum {
    THREADS = 8,
    LOCKS = 12,
    ROUNDS = 40000
};

static pthread_mutex_t locks[LOCKS];
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static uint64_t acquisitions;

static void *short_lived(void *seed)
{
    int first = *(unsigned *)seed % LOCKS;
    for (int i = first; i < LOCKS; i += 3)
        lock(&locks[i]);
    for (int i = first; i < LOCKS; i += 3) {
        unlock(&locks[i]);
        __atomic_add_fetch(&acquisitions, 1, __ATOMIC_RELAXED);
    }
    return NULL;
}

/* Takes some, upwards, by lock, try or timed lock; gives them back upwards or downwards. */
static void take_some(unsigned *seed)
{
    int held[LOCKS], count = 0;
    for (int i = rand_r(seed) % LOCKS; i < LOCKS; i += 1 + rand_r(seed) % 4) {
        struct timespec soon;
        int how = rand_r(seed) % 10, result;
        clock_gettime(CLOCK_REALTIME, &soon);
        soon.tv_nsec = (soon.tv_nsec + 1000) % 1000000000;
        if (how < 6)
            result = pthread_mutex_lock(&locks[i]);
        else if (how < 8)
            result = pthread_mutex_trylock(&locks[i]);
        else
            result = pthread_mutex_timedlock(&locks[i], &soon);
        if (result == 0)
            held[count++] = i;
        else
            MUST(result == EBUSY || result == ETIMEDOUT);
    }
    if (count > 0 && rand_r(seed) % 4 == 0)
        MUST(pthread_cond_broadcast(&changed) == 0);
    __atomic_add_fetch(&acquisitions, (uint64_t)count, __ATOMIC_RELAXED);
    int downwards = rand_r(seed) % 2;
    for (int i = 0; i < count; i++)
        unlock(&locks[held[downwards ? count - 1 - i : i]]);
}

static void wait_a_little(unsigned *seed)
{
    pthread_mutex_t *mutex = &locks[rand_r(seed) % LOCKS];
    static pthread_cond_t own[LOCKS];
    struct timespec soon;
    clock_gettime(CLOCK_REALTIME, &soon);
    lock(mutex);
    pthread_cond_timedwait(&own[mutex - locks], mutex, &soon);
    unlock(mutex);
}

static void *work(void *data)
{
    unsigned seed = (unsigned)(uintptr_t)data;
    for (int i = 0; i < ROUNDS; i++) {
        int what = rand_r(&seed) % 1000;
        if (what < 980) {
            take_some(&seed);
        } else if (what < 998) {
            wait_a_little(&seed);
        } else {
            unsigned other = seed;
            finish(start(short_lived, &other));
        }
    }
    return NULL;
}

int main(void)
{
    pthread_t threads[THREADS];
    for (int i = 0; i < LOCKS; i++)
        MUST(pthread_mutex_init(&locks[i], NULL) == 0);
    for (uintptr_t i = 0; i < THREADS; i++)
        threads[i] = start(work, (void *)(i + 1));
    for (int i = 0; i < THREADS; i++)
        finish(threads[i]);
    MUST(acquisitions > ROUNDS);
    puts("done");
    return 0;
}
