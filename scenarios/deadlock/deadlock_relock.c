/*
 * Waiting for oneself
 *
 * withdraw() locks the account and asks may_withdraw() for leave, which looks innocent, and locks
 * the account too. A normal mutex, which on Linux is what one gets unasked, does not ask who holds
 * it: the teller waits for it to be released, and the one who should release it is the teller.
 *
 * The mend: decide which functions lock and which expect the lock to be held, and let a locking
 * function call only those that do not. Or make the mutex recursive (deadlock_relock_recursive.c):
 * that ends the hang, not the muddle. An error-checking mutex would at least return EDEADLK.
 */
#include <stdbool.h>

#include "common/stage.h"

static pthread_mutex_t account_lock = PTHREAD_MUTEX_INITIALIZER;
static long balance = 100; /* guarded by account_lock */

static bool may_withdraw(long amount)
{
    say("looks at the balance");
    pthread_mutex_lock(&account_lock); /* <-- already held, where withdraw() asks */
    bool enough = balance >= amount;
    pthread_mutex_unlock(&account_lock);
    return enough;
}

static void withdraw(long amount)
{
    pthread_mutex_lock(&account_lock);
    say("has locked the account");
    if (may_withdraw(amount)) /* <-- called with the lock held */
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
    stage_set(argc, argv, "A thread locks a mutex that it holds already, and hangs.",
              (struct stage_option[]){{0}});

    pthread_t teller;
    must(pthread_create(&teller, NULL, serve, NULL));
    must(pthread_join(teller, NULL));

    say("balance is %ld", balance);
    return 0;
}
