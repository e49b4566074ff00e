/*
 * One step instead of three
 *
 * The counter of counter_race.c once more, and no lock: atomic_fetch_add reads, adds and writes in
 * one step that the processor lets nobody come between. For a single number that only counts, this
 * is the shortest mend, and mostly a quicker one than a mutex.
 *
 * It is the operation that must be atomic and not just the variable. An atomic_load and then an
 * atomic_store are two steps, and lose updates like before. ThreadSanitizer would find nothing: the
 * data race is gone, the lost update is not.
 *
 * And it is one number only. Two atomic counters that must agree with each other, a list, a
 * balance and the journal of what was paid: what takes several steps to change wants a lock.
 */
#include <stdlib.h>

#include "common/stage.h"

enum {
    MOST_THREADS = 64,
};

static long threads = 2;
static long rounds = 1000000;
static pthread_barrier_t ready;
static atomic_long counter;

static void increment(void)
{
    atomic_fetch_add(&counter, 1); /* <-- read, add and write: nobody comes between */
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
    stage_set(argc, argv, "Threads increment one atomic counter, and lose nothing.",
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
    long got = atomic_load(&counter);
    say("expected %ld, got %ld, lost %ld", expected, got, expected - got);
    return got == expected ? EXIT_SUCCESS : EXIT_FAILURE;
}
