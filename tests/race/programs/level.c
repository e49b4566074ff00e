/* One thread stores, another loads, each in one instruction: a plain variable; with ATOMIC, one of
 * C11. */
#include <pthread.h>
#include <stdatomic.h>

#define ROUNDS 2000000

#ifdef ATOMIC
static _Atomic long level;
#define STORE(value) atomic_store_explicit(&level, value, memory_order_relaxed)
#define LOAD() atomic_load_explicit(&level, memory_order_relaxed)
#else
static long level;
#define STORE(value) (level = (value))
#define LOAD() level
#endif

__attribute__((noinline)) static void raise_level(long to)
{
    STORE(to);
    __asm__ volatile("" ::: "memory");
}

__attribute__((noinline)) static long read_level(void)
{
    __asm__ volatile("" ::: "memory");
    return LOAD();
}

static void *writer(void *unused)
{
    for (long i = 0; i < ROUNDS; i++)
        raise_level(i);
    return unused;
}

static void *reader(void *unused)
{
    for (long i = 0; i < ROUNDS; i++)
        if (read_level() > ROUNDS)
            return NULL;
    return unused;
}

int main(void)
{
    pthread_t threads[2];
    pthread_create(&threads[0], NULL, writer, NULL);
    pthread_create(&threads[1], NULL, reader, NULL);
    pthread_join(threads[0], NULL);
    pthread_join(threads[1], NULL);
    return 0;
}
