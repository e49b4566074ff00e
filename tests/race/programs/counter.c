/* Two threads and a counter: by itself, or guarded in one of three ways. */
#include <pthread.h>
#include <stdatomic.h>

#define ROUNDS 2000000

#if defined(ATOMIC)
static _Atomic long counter;
#define ADD(amount) atomic_fetch_add_explicit(&counter, amount, memory_order_relaxed)
#elif defined(MUTEX)
static long counter;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
#define ADD(amount) (pthread_mutex_lock(&mutex), counter += (amount), pthread_mutex_unlock(&mutex))
#elif defined(THREAD_LOCAL)
static _Thread_local long counter;
#define ADD(amount) (counter += (amount))
#else
static long counter;
#define ADD(amount) (counter += (amount))
#endif

__attribute__((noinline)) static void deposit(void)
{
    ADD(2);
    __asm__ volatile("" ::: "memory");
}

__attribute__((noinline)) static void withdraw(void)
{
    ADD(-1);
    __asm__ volatile("" ::: "memory");
}

static void *depositor(void *unused)
{
    for (int i = 0; i < ROUNDS; i++)
        deposit();
    return unused;
}

static void *withdrawer(void *unused)
{
    for (int i = 0; i < ROUNDS; i++)
        withdraw();
    return unused;
}

int main(void)
{
    pthread_t threads[2];
    pthread_create(&threads[0], NULL, depositor, NULL);
    pthread_create(&threads[1], NULL, withdrawer, NULL);
    pthread_join(threads[0], NULL);
    pthread_join(threads[1], NULL);
    return 0;
}
