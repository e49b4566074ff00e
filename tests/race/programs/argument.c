/* Threads greet with the number that their maker goes on changing; with OWN, with one of their own.
 */
#include <pthread.h>
#include <stdint.h>

enum {
    THREADS = 3,
};

static int number;

__attribute__((noinline)) static int read_number(void *argument)
{
#ifdef OWN
    return (int)(intptr_t)argument;
#else
    return argument != NULL ? number : 0;
#endif
}

static void *greet(void *argument)
{
    return read_number(argument) < 0 ? argument : NULL;
}

__attribute__((noinline)) static void count(void)
{
    number++;
}

int main(void)
{
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++) {
        count();
        pthread_create(&threads[i], NULL, greet, (void *)(intptr_t)number);
    }
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    return 0;
}
