/*
 * Keeping every update
 *
 * The counter of counter_race.c again, with a mutex around its three steps. Whoever holds the
 * mutex has read, add and write to itself, so no other thread can read in between; and a thread
 * that takes the mutex sees all that was written before it was last released. The counter need not
 * even be volatile.
 *
 * The lock guards data, not code: it helps only if all take the same one while others may count.
 */
#include <stdlib.h>

#include "common/stage.h"

enum {
    MOST_THREADS = 64,
};

static long threads = 2;
static long rounds = 1000000;
static pthread_barrier_t ready;
static pthread_mutex_t counter_lock = PTHREAD_MUTEX_INITIALIZER;
static long counter; /* guarded by counter_lock */

static void increment(void)
{
    pthread_mutex_lock(&counter_lock); /* <-- from here to the unlock, one thread at a time */
    counter++;
    pthread_mutex_unlock(&counter_lock);
}

static void *count(void *argument)
{
    const int *number = argument;
    name_thread("counter %d", *number);

    pthread_barrier_wait(&ready);
    for (long round = 0; round < rounds; round++)
        increment();
    return NULL;
}

int main(int argc, char **argv)
{
    stage_set(argc, argv, "Threads increment one counter under a lock, and lose nothing.",
              (struct stage_option[]){
                  {"threads", "how many count", &threads, 2, MOST_THREADS},
                  {"rounds", "increments by each thread", &rounds, 1, 100000000},
                  {0},
              });

    pthread_t counters[MOST_THREADS];
    int numbers[MOST_THREADS];
    must(pthread_barrier_init(&ready, NULL, (unsigned)threads));
    for (int i = 0; i < threads; i++) {
        numbers[i] = i + 1;
        must(pthread_create(&counters[i], NULL, count, &numbers[i]));
    }
    for (int i = 0; i < threads; i++)
        must(pthread_join(counters[i], NULL));

    long expected = threads * rounds;
    say("expected %ld, got %ld, lost %ld", expected, counter, expected - counter);
    return counter == expected ? EXIT_SUCCESS : EXIT_FAILURE;
}
