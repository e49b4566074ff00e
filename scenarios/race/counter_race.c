/*
 * Losing updates
 *
 * "counter + 1" is three steps: read the counter, add, write it back. Two threads that both read
 * 41 will both write 42, and one of the updates is gone. Nothing fails, no message appears; the
 * total is merely wrong, and by another amount every time.
 *
 * To C this is a data race (two threads, the same object, one of them writing, nothing to order
 * them), and the behaviour of the whole program is then undefined. `volatile` does not help: it
 * keeps the compiler from dropping the reads and writes, it orders no threads.
 *
 * The mend is in counter_locked.c.
 */
#include "common/stage.h"

enum {
    MOST_THREADS = 64,
};

static long threads = 2;
static long rounds = 1000000;
static pthread_barrier_t all_have_read;
static volatile long counter;

static void increment(long round)
{
    long seen = counter; /* <-- two threads can read the same number here */
    /* Chance will lose many updates, and this makes sure of the first: no one writes before all
     * have read the same zero. */
    if (round == 0)
        pthread_barrier_wait(&all_have_read);
    counter = seen + 1; /* <-- writes over what others have added since */
}

static void *count(void *argument)
{
    const int *number = argument;
    name_thread("counter %d", *number);
    for (long round = 0; round < rounds; round++)
        increment(round);
    return NULL;
}

int main(int argc, char **argv)
{
    stage_set(argc, argv, "Threads increment one counter without a lock, and lose updates.",
              (struct stage_option[]){
                  {"threads", "how many count", &threads, 2, MOST_THREADS},
                  {"rounds", "increments by each thread", &rounds, 1, 100000000},
                  {0},
              });

    pthread_t counters[MOST_THREADS];
    int numbers[MOST_THREADS];
    must(pthread_barrier_init(&all_have_read, NULL, (unsigned)threads));
    for (int i = 0; i < threads; i++) {
        numbers[i] = i + 1;
        must(pthread_create(&counters[i], NULL, count, &numbers[i]));
    }
    for (int i = 0; i < threads; i++)
        must(pthread_join(counters[i], NULL));

    long expected = threads * rounds;
    say("expected %ld, got %ld, lost %ld", expected, counter, expected - counter);
    return 0;
}
