/*
 * Transfers both ways
 *
 * Each account has its own lock, so that tellers who move money between different accounts need not
 * wait for each other. transfer() locks the account that gives and then the one that takes. There
 * is only one such function, and it seems to have only one order. But the order lies in what it is
 * called with: one teller moves money from account 0 to account 1, another from 1 to 0, each locks
 * the account that gives, and each waits for ever for the other.
 *
 * The barrier makes it certain: neither teller goes on before both hold their first account.
 *
 * The mend must give an order that does not depend on the direction: see deadlock_bank_ordered.c.
 */
#include "common/stage.h"

struct account {
    pthread_mutex_t lock;
    long balance; /* guarded by lock */
};

static struct account accounts[2] = {
    {PTHREAD_MUTEX_INITIALIZER, 100},
    {PTHREAD_MUTEX_INITIALIZER, 100},
};

static pthread_barrier_t both_hold_one;

static void transfer(int from, int to, long amount)
{
    pthread_mutex_lock(&accounts[from].lock); /* <-- the giver first, whichever that is */
    say("has locked account %d", from);
    pthread_barrier_wait(&both_hold_one);
    say("wants account %d", to);
    pthread_mutex_lock(&accounts[to].lock); /* <-- for the other teller this is the first */

    if (accounts[from].balance >= amount) {
        accounts[from].balance -= amount;
        accounts[to].balance += amount;
    }
    pthread_mutex_unlock(&accounts[to].lock);
    pthread_mutex_unlock(&accounts[from].lock);
}

static void *move_up(void *unused)
{
    name_thread("teller up");
    transfer(0, 1, 30);
    return unused;
}

static void *move_down(void *unused)
{
    name_thread("teller down");
    transfer(1, 0, 10);
    return unused;
}

int main(int argc, char **argv)
{
    stage_set(argc, argv, "Two tellers move money in opposite directions, and hang.",
              (struct stage_option[]){{0}});

    pthread_t up;
    pthread_t down;
    must(pthread_barrier_init(&both_hold_one, NULL, 2));
    must(pthread_create(&up, NULL, move_up, NULL));
    must(pthread_create(&down, NULL, move_down, NULL));
    must(pthread_join(up, NULL));
    must(pthread_join(down, NULL));

    say("expected 200 in all, got %ld", accounts[0].balance + accounts[1].balance);
    return 0;
}
