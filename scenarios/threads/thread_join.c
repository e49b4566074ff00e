/*
 * Waiting for a thread's result
 *
 * pthread_join waits until a thread has ended, and hands over what it returned. It also settles
 * who sees what: everything the thread wrote before it ended is visible to whoever has joined it.
 * That is why the partial sums below need no lock. Each is written by one thread, and read by main
 * only after the join.
 *
 * Each thread is joined once. Joining none of them would let main print a sum that is not ready;
 * joining one twice is undefined.
 */
#include <stdlib.h>

#include "common/stage.h"

enum {
    MOST_THREADS = 64,
};

struct slice {
    int number;
    long first; /* of the numbers to add up */
    long last;
    long sum;
};

static long threads = 4;
static long numbers = 1000000;

static void *add_up(void *argument)
{
    struct slice *slice = argument;
    name_thread("adder %d", slice->number);

    long sum = 0;
    for (long number = slice->first; number <= slice->last; number++)
        sum += number;
    slice->sum = sum; /* <-- no lock: only this thread writes it */

    say("%ld to %ld make %ld", slice->first, slice->last, sum);
    return slice;
}

int main(int argc, char **argv)
{
    stage_set(argc, argv, "Adds up 1 to N in slices, one thread each, and joins them.",
              (struct stage_option[]){
                  {"threads", "how many slices", &threads, 1, MOST_THREADS},
                  {"numbers", "the last number to add", &numbers, MOST_THREADS, 1000000000},
                  {0},
              });

    pthread_t adders[MOST_THREADS];
    struct slice slices[MOST_THREADS];
    for (int i = 0; i < threads; i++) {
        slices[i] = (struct slice){
            .number = i + 1,
            .first = numbers * i / threads + 1,
            .last = numbers * (i + 1) / threads,
        };
        must(pthread_create(&adders[i], NULL, add_up, &slices[i]));
    }

    long sum = 0;
    for (int i = 0; i < threads; i++) {
        void *result;
        must(pthread_join(adders[i], &result)); /* <-- from here on its sum may be read */
        const struct slice *slice = result;
        sum += slice->sum;
    }

    long expected = numbers * (numbers + 1) / 2;
    say("expected %ld, got %ld", expected, sum);
    return sum == expected ? EXIT_SUCCESS : EXIT_FAILURE;
}
