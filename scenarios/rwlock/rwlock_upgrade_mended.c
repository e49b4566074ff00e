/*
 * Let go, and look again
 *
 * In rwlock_upgrade.c two clerks wanted to write while they were still reading, and waited for each
 * other and for themselves. Here each lets go of the lock as a reader before it takes it as a
 * writer. Between the two it holds nothing, and anything may happen: the barrier makes sure that
 * both clerks have found the one seat free, and both now set out to sell it.
 *
 * So what was seen as a reader is only a reason to try. What counts is the second look, as a
 * writer, when nobody else can change anything any more: the clerk who comes second finds the seat
 * gone. Without that look the seat would be sold twice, and no lock would have been misused.
 *
 * Where most looks end in writing, take the lock as a writer from the start, and look once.
 */
#include <stdlib.h>

#include "common/stage.h"

static pthread_rwlock_t seats_lock = PTHREAD_RWLOCK_INITIALIZER;
static long seats = 1; /* left, guarded by seats_lock */
static pthread_barrier_t both_have_looked;

static void *sell(void *argument)
{
    const int *number = argument;
    name_thread("clerk %d", *number);

    pthread_rwlock_rdlock(&seats_lock);
    long seen = seats;
    say("finds %ld seat left", seen);
    pthread_barrier_wait(&both_have_looked);
    pthread_rwlock_unlock(&seats_lock); /* <-- lets go before it asks for more */
    if (seen > 0) {
        say("wants to sell it");
        pthread_rwlock_wrlock(&seats_lock);
        if (seats > 0) { /* <-- looks again: the other clerk may have been here */
            seats--;
            say("has sold it");
        } else {
            say("comes too late");
        }
        pthread_rwlock_unlock(&seats_lock);
    }
    return NULL;
}

int main(int argc, char **argv)
{
    stage_set(argc, argv, "Two readers stop reading, take the lock as writers, and look again.",
              (struct stage_option[]){{0}});

    pthread_t clerks[2];
    int numbers[2] = {1, 2};
    must(pthread_barrier_init(&both_have_looked, NULL, 2));
    for (int i = 0; i < 2; i++)
        must(pthread_create(&clerks[i], NULL, sell, &numbers[i]));
    for (int i = 0; i < 2; i++)
        must(pthread_join(clerks[i], NULL));

    say("seats left: expected 0, got %ld", seats);
    return seats == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
