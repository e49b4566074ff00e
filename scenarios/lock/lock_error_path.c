/*
 * A lock that is not released on the error path
 *
 * book() takes the ledger, books, and releases it. But if there is not enough money it returns
 * early, and forgets that it holds the lock. Nothing happens at that moment. The clerk is told that
 * the booking has failed, and goes home; a mutex is not released when the thread that holds it
 * ends. Whoever wants the ledger next waits for ever, perhaps hours later and in quite another part
 * of the program.
 *
 * Every refused booking leaves the lock held; that needs no luck. Who hangs depends on who comes
 * next. Here it is the auditor, who is started when the clerk has gone. Had they come together, the
 * auditor might have been through before the booking was refused, and all would seem well until
 * somebody else wants the ledger.
 *
 * The mend is one way out of the function: see lock_error_path_mended.c.
 */
#include <stdbool.h>

#include "common/stage.h"

static struct {
    pthread_mutex_t lock;
    long balance; /* guarded by lock */
} ledger = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* False where there is not enough money. */
static bool book(long amount)
{
    pthread_mutex_lock(&ledger.lock);
    if (ledger.balance + amount < 0)
        return false; /* <-- leaves with the lock held */

    ledger.balance += amount;
    pthread_mutex_unlock(&ledger.lock);
    return true;
}

static void *clerk(void *unused)
{
    static const long amounts[] = {50, -80};
    name_thread("clerk");
    for (int i = 0; i < 2; i++)
        say("books %ld: %s", amounts[i], book(amounts[i]) ? "done" : "refused");
    say("goes home");
    return unused;
}

static void *auditor(void *unused)
{
    name_thread("auditor");
    say("wants the ledger");
    pthread_mutex_lock(&ledger.lock);
    say("the balance: expected 50, got %ld", ledger.balance);
    pthread_mutex_unlock(&ledger.lock);
    return unused;
}

int main(int argc, char **argv)
{
    stage_set(argc, argv, "A function returns early with a lock held, and the next one hangs.",
              (struct stage_option[]){{0}});

    pthread_t booking;
    pthread_t auditing;
    must(pthread_create(&booking, NULL, clerk, NULL));
    must(pthread_join(booking, NULL));
    must(pthread_create(&auditing, NULL, auditor, NULL));
    must(pthread_join(auditing, NULL));
    return 0;
}
