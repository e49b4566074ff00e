/*
 * A lock that knows its holder
 *
 * The account of deadlock_relock.c: withdraw() locks it and calls may_withdraw(), which locks it
 * too. A normal mutex makes the teller wait for itself. This one is recursive: it knows who holds
 * it, lets that thread lock it once more, and counts. It is free for others once it has been
 * released as often as it was locked.
 *
 * The type of the mutex is all that changed. It makes such calls work, and has its price. A thread
 * that gets a normal mutex knows that nobody is in the middle of a change. With a recursive one it
 * may be in the middle of its own: called between two steps of withdraw(), may_withdraw() would see
 * the one and not yet the other. And pthread_cond_wait releases the mutex once, which is too little
 * where it was locked twice: whoever should bring the news never gets in.
 *
 * Where the functions can be changed, it is better to have one that locks and one that expects the
 * lock to be held.
 */
#include <stdbool.h>

#include "common/stage.h"

static pthread_mutex_t account_lock;
static long balance = 100; /* guarded by account_lock */

static bool may_withdraw(long amount)
{
    say("looks at the balance");
    pthread_mutex_lock(&account_lock); /* <-- already held: now counted as two */
    bool enough = balance >= amount;
    pthread_mutex_unlock(&account_lock); /* <-- still held, once */
    return enough;
}

static void withdraw(long amount)
{
    pthread_mutex_lock(&account_lock);
    say("has locked the account");
    if (may_withdraw(amount))
        balance -= amount;
    pthread_mutex_unlock(&account_lock);
}

static void *serve(void *unused)
{
    name_thread("teller");
    withdraw(30);
    return unused;
}

int main(int argc, char **argv)
{
    stage_set(argc, argv, "A thread locks a recursive mutex that it holds already, and goes on.",
              (struct stage_option[]){{0}});

    pthread_mutexattr_t recursive;
    must(pthread_mutexattr_init(&recursive));
    must(pthread_mutexattr_settype(&recursive, PTHREAD_MUTEX_RECURSIVE)); /* <-- the mend */
    must(pthread_mutex_init(&account_lock, &recursive));
    pthread_mutexattr_destroy(&recursive);

    pthread_t teller;
    must(pthread_create(&teller, NULL, serve, NULL));
    must(pthread_join(teller, NULL));

    say("balance is %ld", balance);
    return 0;
}
