/*
 * A reader that wants to write
 *
 * There is one seat left. A clerk looks, as a reader, and finds it free; now it wants to sell it,
 * and takes the lock as a writer while it still holds it as a reader. A writer waits until all
 * readers are out. One of them is the clerk itself, and it will not go before it has written. It
 * waits for ever.
 *
 * With two clerks it is plain to see, and here the barrier makes sure that both are reading: each
 * waits for the other to leave. But one alone hangs as well; POSIX allows the call to be refused
 * with EDEADLK, but the GNU C library just waits. There is no call that makes a writer of a reader
 * without letting go, and there cannot be one that never fails: of two readers who both insist that
 * nothing changes, one must be disappointed.
 *
 * The mend is to let go, take the lock as a writer, and look again: see rwlock_upgrade_mended.c.
 */
#include "common/stage.h"

static pthread_rwlock_t seats_lock = PTHREAD_RWLOCK_INITIALIZER;
static long seats = 1; /* left, guarded by seats_lock */
static pthread_barrier_t both_have_looked;

static void *sell(void *argument)
{
    const int *number = argument;
    name_thread("clerk %d", *number);

    pthread_rwlock_rdlock(&seats_lock);
    say("finds %ld seat left", seats);
    pthread_barrier_wait(&both_have_looked);
    if (seats > 0) {
        say("wants to sell it");
        pthread_rwlock_wrlock(&seats_lock); /* <-- waits for all readers, and is one of them */
        seats--;
        say("has sold it");
        pthread_rwlock_unlock(&seats_lock);
    }
    pthread_rwlock_unlock(&seats_lock);
    return NULL;
}

int main(int argc, char **argv)
{
    stage_set(argc, argv, "Two readers want to write before they have stopped reading.",
              (struct stage_option[]){{0}});

    pthread_t clerks[2];
    int numbers[2] = {1, 2};
    must(pthread_barrier_init(&both_have_looked, NULL, 2));
    for (int i = 0; i < 2; i++)
        must(pthread_create(&clerks[i], NULL, sell, &numbers[i]));
    for (int i = 0; i < 2; i++)
        must(pthread_join(clerks[i], NULL));

    say("seats left: expected 0, got %ld", seats);
    return 0;
}
