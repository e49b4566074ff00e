/*
 * Readers together, writers alone
 *
 * A lock for readers and writers can be held in two ways. As a reader, with any number of others
 * who only read; as a writer, with nobody else at all. It pays where much is read and little is
 * written, and where the reading takes a while.
 *
 * Here readers look at the number of visits, and writers count new ones. To show that readers do
 * meet, each waits at a barrier, the first time, until all of them hold the lock; with a mutex they
 * would wait there for ever. The writers begin when all readers are inside. From then on everybody
 * comes as it likes, and each writer looks whether there is a reader beside it. There never is.
 *
 * The number of visits is a plain number. Only writers change it, and the lock makes readers see
 * what the last writer has left.
 */
#include <stdlib.h>

#include "common/stage.h"

enum {
    READERS = 3,
    WRITERS = 2,
};

static long rounds = 2000;
static pthread_rwlock_t visits_lock = PTHREAD_RWLOCK_INITIALIZER;
static long visits; /* guarded by visits_lock */

static pthread_barrier_t all_inside;
static struct turn inside = TURN_INITIALIZER;
static atomic_long reading;
static atomic_long met;    /* how often a reader found all readers at it */
static atomic_long beside; /* how many readers a writer found beside it, in all */

static void *read_visits(void *argument)
{
    const int *number = argument;
    name_thread("reader %d", *number);
    for (long round = 0; round < rounds; round++) {
        pthread_rwlock_rdlock(&visits_lock); /* <-- lets in other readers, and no writer */
        if (atomic_fetch_add(&reading, 1) + 1 == READERS)
            atomic_fetch_add(&met, 1);
        if (round == 0) {
            say("reads %ld", visits);
            turn_pass(&inside);
            pthread_barrier_wait(&all_inside);
        }
        long seen = visits;
        atomic_fetch_sub(&reading, 1);
        pthread_rwlock_unlock(&visits_lock);
        if (round == rounds - 1)
            say("has read %ld at last", seen);
    }
    return NULL;
}

static void *count_visits(void *argument)
{
    const int *number = argument;
    name_thread("writer %d", *number);
    turn_await(&inside, READERS);
    for (long round = 0; round < rounds; round++) {
        pthread_rwlock_wrlock(&visits_lock); /* <-- waits until everybody else is out */
        atomic_fetch_add(&beside, atomic_load(&reading));
        visits++;
        pthread_rwlock_unlock(&visits_lock);
    }
    say("has counted %ld visits", rounds);
    return NULL;
}

int main(int argc, char **argv)
{
    stage_set(argc, argv, "Readers hold a lock together, writers hold it alone.",
              (struct stage_option[]){
                  {"rounds", "how often each takes the lock", &rounds, 1, 100000},
                  {0},
              });

    pthread_t threads[READERS + WRITERS];
    int numbers[READERS + WRITERS];
    must(pthread_barrier_init(&all_inside, NULL, READERS));
    for (int i = 0; i < READERS + WRITERS; i++) {
        numbers[i] = i < READERS ? i + 1 : i - READERS + 1;
        must(pthread_create(&threads[i], NULL, i < READERS ? read_visits : count_visits,
                            &numbers[i]));
    }
    for (int i = 0; i < READERS + WRITERS; i++)
        must(pthread_join(threads[i], NULL));

    say("all %d readers were inside together: %s", READERS, met > 0 ? "yes" : "no");
    say("readers beside a writer: expected 0, got %ld", beside);
    say("visits: expected %ld, got %ld", WRITERS * rounds, visits);
    return met > 0 && beside == 0 && visits == WRITERS * rounds ? EXIT_SUCCESS : EXIT_FAILURE;
}
