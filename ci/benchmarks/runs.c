/* One of many runs: runs SEED. Four threads take pairs of locks, each a few of its own choice. */
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>

enum {
    LOCKS = 256,
    THREADS = 4,
    PAIRS = 40
};

static pthread_mutex_t locks[LOCKS];
static uint64_t seed;

static unsigned below(uint64_t *state, unsigned limit)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(*state >> 33) % limit;
}

static void *work(void *number)
{
    uint64_t state = seed * THREADS + (uintptr_t)number;
    for (int i = 0; i < PAIRS; i++) {
        unsigned outer = below(&state, LOCKS - 1);
        unsigned inner = outer + 1 + below(&state, LOCKS - 1 - outer);
        pthread_mutex_lock(&locks[outer]);
        pthread_mutex_lock(&locks[inner]);
        pthread_mutex_unlock(&locks[inner]);
        pthread_mutex_unlock(&locks[outer]);
    }
    return NULL;
}

int main(int argc, char **argv)
{
    pthread_t threads[THREADS];
    seed = argc > 1 ? strtoull(argv[1], NULL, 10) : 0;
    for (int i = 0; i < LOCKS; i++)
        pthread_mutex_init(&locks[i], NULL);
    for (uintptr_t i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, work, (void *)i);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    return 0;
}
