/*
 * The deadlock that waits for its day
 *
 * pay() locks alice and then bob, refund() locks bob and then alice. Should both run at the same
 * moment, each can get its first lock and wait for ever for its second. In this program they never
 * do: the refunder is told that the payment is through before it begins. Every test passes.
 *
 * But that message is not there to protect the accounts, and the next change may drop it, send it
 * earlier, or call refund() from elsewhere. Both threads are alive together and share no lock that
 * would keep the two apart: the deadlock is in the code, and only the timing hides it.
 *
 * The mend is in deadlock_ordered.c; it differs from this file in refund() alone.
 */
#include "common/stage.h"

struct account {
    pthread_mutex_t lock;
    long balance; /* guarded by lock */
};

static struct account alice = {PTHREAD_MUTEX_INITIALIZER, 100};
static struct account bob = {PTHREAD_MUTEX_INITIALIZER, 100};

static long rounds = 1;
static pthread_barrier_t both_alive;
static struct turn turn = TURN_INITIALIZER; /* even: the payer's; odd: the refunder's */

static void pay(long amount)
{
    pthread_mutex_lock(&alice.lock);
    pthread_mutex_lock(&bob.lock); /* <-- alice first, then bob */
    alice.balance -= amount;
    bob.balance += amount;
    pthread_mutex_unlock(&bob.lock);
    pthread_mutex_unlock(&alice.lock);
}

static void refund(long amount)
{
    pthread_mutex_lock(&bob.lock);
    pthread_mutex_lock(&alice.lock); /* <-- bob first, then alice */
    bob.balance -= amount;
    alice.balance += amount;
    pthread_mutex_unlock(&alice.lock);
    pthread_mutex_unlock(&bob.lock);
}

static void *payer(void *unused)
{
    name_thread("payer");
    pthread_barrier_wait(&both_alive);
    for (long round = 0; round < rounds; round++) {
        turn_await(&turn, 2 * round);
        pay(30);
        say("alice has paid bob 30");
        turn_pass(&turn);
    }
    return unused;
}

static void *refunder(void *unused)
{
    name_thread("refunder");
    pthread_barrier_wait(&both_alive);
    for (long round = 0; round < rounds; round++) {
        turn_await(&turn, 2 * round + 1);
        refund(10);
        say("bob has given alice 10 back");
        turn_pass(&turn);
    }
    return unused;
}

int main(int argc, char **argv)
{
    stage_set(argc, argv, "Two threads lock two accounts in opposite order, but never at once.",
              (struct stage_option[]){
                  {"rounds", "payments and refunds", &rounds, 1, 1000000},
                  {0},
              });

    pthread_t paying;
    pthread_t refunding;
    must(pthread_barrier_init(&both_alive, NULL, 2));
    must(pthread_create(&paying, NULL, payer, NULL));
    must(pthread_create(&refunding, NULL, refunder, NULL));
    must(pthread_join(paying, NULL));
    must(pthread_join(refunding, NULL));

    say("alice has %ld, bob has %ld", alice.balance, bob.balance);
    return 0;
}
