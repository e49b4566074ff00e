/*
 * The lower number first
 *
 * The bank of deadlock_bank.c. There transfer() locked the account that gives first, so that two
 * transfers in opposite directions locked in opposite orders. Here it locks the account with the
 * lower number first, whoever gives, and the circle cannot close. Any order that is the same for
 * all will do. The number is a good one: it never changes, and no two accounts share it.
 *
 * A transfer from an account to itself would lock the same account twice, and hang by itself, as in
 * deadlock_relock.c. It has nothing to move, so it returns at once.
 *
 * The barrier has moved to the beginning, since two tellers who both hold one account and want the
 * other's cannot be had any more. They make many transfers, to meet in many ways. How the money is
 * shared out in the end is left to chance, since what an account cannot pay is not paid; but none
 * of it is lost.
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

static long rounds = 1000;
static pthread_barrier_t both_alive;

static void transfer(int from, int to, long amount)
{
    if (from == to)
        return;

    int first = from < to ? from : to; /* <-- an order that does not depend on the direction */
    int second = from < to ? to : from;
    pthread_mutex_lock(&accounts[first].lock);
    pthread_mutex_lock(&accounts[second].lock);
    if (accounts[from].balance >= amount) {
        accounts[from].balance -= amount;
        accounts[to].balance += amount;
    }
    pthread_mutex_unlock(&accounts[second].lock);
    pthread_mutex_unlock(&accounts[first].lock);
}

static void *move_up(void *unused)
{
    name_thread("teller up");
    pthread_barrier_wait(&both_alive);
    for (long round = 0; round < rounds; round++)
        transfer(0, 1, 30);
    say("has made %ld transfers from account 0 to account 1", rounds);
    return unused;
}

static void *move_down(void *unused)
{
    name_thread("teller down");
    pthread_barrier_wait(&both_alive);
    for (long round = 0; round < rounds; round++)
        transfer(1, 0, 10);
    say("has made %ld transfers from account 1 to account 0", rounds);
    return unused;
}

int main(int argc, char **argv)
{
    stage_set(argc, argv, "Two tellers move money in opposite directions, and lose none.",
              (struct stage_option[]){
                  {"rounds", "transfers by each teller", &rounds, 1, 1000000},
                  {0},
              });

    pthread_t up;
    pthread_t down;
    must(pthread_barrier_init(&both_alive, NULL, 2));
    must(pthread_create(&up, NULL, move_up, NULL));
    must(pthread_create(&down, NULL, move_down, NULL));
    must(pthread_join(up, NULL));
    must(pthread_join(down, NULL));

    say("expected 200 in all, got %ld", accounts[0].balance + accounts[1].balance);
    return 0;
}
