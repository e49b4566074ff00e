/*
 * One way out
 *
 * In lock_error_path.c a function returned early and left its lock held. Here book() has one place
 * where it takes the lock, one where it releases it, and one return after that: what goes wrong is
 * kept in a variable until then. No path leads past the release, and whoever adds a reason to
 * refuse has no need to add a way out.
 *
 * Where there are many things that may fail, put them into a function of their own, which is called
 * with the lock held and may return wherever it likes; or jump to a label before the release. Both
 * are the same idea, one way out.
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
    bool enough = ledger.balance + amount >= 0; /* <-- kept, and returned at the end */
    if (enough)
        ledger.balance += amount;
    pthread_mutex_unlock(&ledger.lock); /* <-- every path comes by here */
    return enough;
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
    stage_set(argc, argv, "A function releases its lock on every path.",
              (struct stage_option[]){{0}});

    pthread_t booking;
    pthread_t auditing;
    must(pthread_create(&booking, NULL, clerk, NULL));
    must(pthread_join(booking, NULL));
    must(pthread_create(&auditing, NULL, auditor, NULL));
    must(pthread_join(auditing, NULL));
    return 0;
}
