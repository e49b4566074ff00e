/* Two threads and an account on the heap: the same one; with OWN, one for each. */
#include <pthread.h>
#include <stdlib.h>

#define ROUNDS 2000000

struct account {
    long number, balance;
};

__attribute__((noinline)) static void deposit(struct account *account)
{
    account->balance += 2;
    __asm__ volatile("" ::: "memory");
}

__attribute__((noinline)) static void withdraw(struct account *account)
{
    account->balance -= 1;
    __asm__ volatile("" ::: "memory");
}

static void *depositor(void *account)
{
    for (int i = 0; i < ROUNDS; i++)
        deposit(account);
    return NULL;
}

static void *withdrawer(void *account)
{
    for (int i = 0; i < ROUNDS; i++)
        withdraw(account);
    return NULL;
}

__attribute__((noinline)) static struct account *open_account(void)
{
    return calloc(1, sizeof(struct account));
}

int main(void)
{
    pthread_t threads[2];
    struct account *first = open_account(), *second = first;
#ifdef OWN
    second = open_account();
#endif
    pthread_create(&threads[0], NULL, depositor, first);
    pthread_create(&threads[1], NULL, withdrawer, second);
    pthread_join(threads[0], NULL);
    pthread_join(threads[1], NULL);
    if (second != first)
        free(second);
    free(first);
    return 0;
}
