/*
 * Joining with the lock held
 *
 * Waiting for a thread to end is waiting too, and can close a circle with a lock. Main locks the
 * ledger, writes its heading, has a bookkeeper make an entry, and waits for the bookkeeper to end;
 * the ledger it keeps all the while. The bookkeeper needs the ledger to make the entry. So the
 * bookkeeper waits for main to release the ledger, main waits for the bookkeeper to end, and
 * neither comes to pass.
 *
 * It needs no bad luck. Main has the ledger before the bookkeeper exists, and would not release it
 * before the bookkeeper has gone: it hangs every time. It would be otherwise if the bookkeeper were
 * started first. Then it might make its entry before main takes the ledger, and the mistake would
 * not show in every run.
 *
 * The mend is to release the lock before joining: see deadlock_join_mended.c.
 */
#include "common/stage.h"

static pthread_mutex_t ledger = PTHREAD_MUTEX_INITIALIZER;
static long lines; /* guarded by ledger */

static void *keep_books(void *unused)
{
    name_thread("bookkeeper");
    say("wants the ledger");
    pthread_mutex_lock(&ledger); /* <-- waits for main to release it */
    lines++;
    say("has made an entry");
    pthread_mutex_unlock(&ledger);
    return unused;
}

int main(int argc, char **argv)
{
    stage_set(argc, argv, "Main joins a thread and holds the lock which that thread needs.",
              (struct stage_option[]){{0}});

    pthread_mutex_lock(&ledger);
    lines++;
    say("has written the heading");

    pthread_t bookkeeper;
    must(pthread_create(&bookkeeper, NULL, keep_books, NULL));
    say("waits for the bookkeeper to end");
    must(pthread_join(bookkeeper, NULL)); /* <-- with the ledger still locked */
    pthread_mutex_unlock(&ledger);

    say("expected 2 lines, got %ld", lines);
    return 0;
}
