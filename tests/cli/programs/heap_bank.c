/* Accounts on the heap: their locks have no names but the place where they were made. */
#include <stdlib.h>

#include "common/stage.h"

struct account {
    pthread_mutex_t lock;
    long balance;
};

static struct account *alice, *bob;
static struct turn turn = TURN_INITIALIZER; /* 0: the payer's; 1: the refunder's */

static struct account *open_account(long balance)
{
    struct account *account = malloc(sizeof *account);
    must(pthread_mutex_init(&account->lock, NULL));
    account->balance = balance;
    return account;
}

static void move(struct account *from, struct account *to, long amount)
{
    pthread_mutex_lock(&from->lock);
    pthread_mutex_lock(&to->lock);
    from->balance -= amount;
    to->balance += amount;
    pthread_mutex_unlock(&to->lock);
    pthread_mutex_unlock(&from->lock);
}

static void *pay(void *unused)
{
    move(alice, bob, 30);
    turn_pass(&turn);
    return unused;
}

static void *refund(void *unused)
{
    turn_await(&turn, 1);
    move(bob, alice, 10);
    return unused;
}

int main(void)
{
    pthread_t threads[2];
    alice = open_account(100);
    bob = open_account(100);
    must(pthread_create(&threads[0], NULL, pay, NULL));
    must(pthread_create(&threads[1], NULL, refund, NULL));
    must(pthread_join(threads[0], NULL));
    must(pthread_join(threads[1], NULL));
    return 0;
}
