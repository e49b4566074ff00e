/* Two threads store to one variable: different values; with SAME, what stands there already. */
#include <pthread.h>

#define ROUNDS 2000000

static int flag = 1;

__attribute__((noinline)) static void mark_first(int value)
{
    flag = value;
    __asm__ volatile("" ::: "memory");
}

__attribute__((noinline)) static void mark_second(int value)
{
    flag = value;
    __asm__ volatile("" ::: "memory");
}

#ifdef SAME
#define VALUE(i) 1
#else
#define VALUE(i) (i)
#endif

static void *first(void *unused)
{
    for (int i = 0; i < ROUNDS; i++)
        mark_first(VALUE(i));
    return unused;
}

static void *second(void *unused)
{
    for (int i = 0; i < ROUNDS; i++)
        mark_second(VALUE(-i));
    return unused;
}

int main(void)
{
    pthread_t threads[2];
    pthread_create(&threads[0], NULL, first, NULL);
    pthread_create(&threads[1], NULL, second, NULL);
    pthread_join(threads[0], NULL);
    pthread_join(threads[1], NULL);
    return flag == ROUNDS;
}
