/*
 * Releasing before joining
 *
 * The ledger of deadlock_join.c. There main kept the ledger locked while it waited for the
 * bookkeeper to end, and the bookkeeper could not end without the ledger. Here main releases it as
 * soon as the heading is written, and then joins. The one line with the release is all that has
 * moved.
 *
 * The rule holds for all waiting: for a thread to end, for a condition, for an answer from
 * elsewhere. Release first whatever the one that is waited for may need. (pthread_cond_wait does so
 * by itself, but only for the one mutex that it is given.)
 *
 * Main needs no lock to read `lines` at the end. The only other thread that writes it has ended,
 * and joining it makes all that it wrote visible.
 */
#include "common/stage.h"

static pthread_mutex_t ledger = PTHREAD_MUTEX_INITIALIZER;
static long lines; /* guarded by ledger */

static void *keep_books(void *unused)
{
    name_thread("bookkeeper");
    say("wants the ledger");
    pthread_mutex_lock(&ledger);
    lines++;
    say("has made an entry");
    pthread_mutex_unlock(&ledger);
    return unused;
}

int main(int argc, char **argv)
{
    stage_set(argc, argv, "Main releases the lock, then joins the thread that needs it.",
              (struct stage_option[]){{0}});

    pthread_mutex_lock(&ledger);
    lines++;
    say("has written the heading");

    pthread_t bookkeeper;
    must(pthread_create(&bookkeeper, NULL, keep_books, NULL));
    pthread_mutex_unlock(&ledger); /* <-- before the wait, not after it */
    say("waits for the bookkeeper to end");
    must(pthread_join(bookkeeper, NULL));

    say("expected 2 lines, got %ld", lines);
    return 0;
}
