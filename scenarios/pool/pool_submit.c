/*
 * Handing work to a pool
 *
 * Starting a thread costs more than many a task is worth, and a thread for each of a thousand tasks
 * would be a thousand threads. A pool starts a few threads, the workers, and keeps them: each takes
 * the next task out of a queue, does it, and comes back for another.
 *
 * pool_submit puts a task into the queue and returns at once, so main hands in all of them before
 * it looks at any. task_result is where the two meet again: it waits until that one task is done,
 * and then what the worker has written can be read safely. Which worker does which task is left to
 * chance. Each task writes into a sum of its own; so no two workers ever touch the same one, and
 * only main, at the end, adds them up.
 *
 * What is handed in must live until it is done: here it lies in arrays of main, and main returns
 * only after it has all the results.
 */
#include <stdlib.h>

#include "common/pool.h"
#include "common/stage.h"

enum {
    MOST_TASKS = 100,
    NUMBERS = 1000, /* for each task */
};

struct sum {
    long first;
    long last;
    long total;
};

static long tasks = 5;
static long workers = 3;

static void *add_up(void *argument)
{
    struct sum *sum = argument;
    for (long number = sum->first; number <= sum->last; number++)
        sum->total += number;
    say("%ld to %ld make %ld", sum->first, sum->last, sum->total);
    return sum;
}

int main(int argc, char **argv)
{
    stage_set(argc, argv, "A few workers add up many numbers.",
              (struct stage_option[]){
                  {"tasks", "how many to hand in, a thousand numbers each", &tasks, 1, MOST_TASKS},
                  {"workers", "threads of the pool", &workers, 1, POOL_MOST_WORKERS},
                  {0},
              });

    struct pool pool;
    struct task handed_in[MOST_TASKS];
    struct sum sums[MOST_TASKS];
    pool_start(&pool, workers);
    for (long i = 0; i < tasks; i++) {
        sums[i] = (struct sum){.first = i * NUMBERS + 1, .last = (i + 1) * NUMBERS};
        pool_submit(&pool, &handed_in[i], add_up, &sums[i]); /* <-- returns at once */
    }
    say("has handed in %ld tasks", tasks);

    long got = 0;
    for (long i = 0; i < tasks; i++) {
        const struct sum *sum = task_result(&handed_in[i]); /* <-- waits until this one is done */
        got += sum->total;
    }
    pool_shut_down(&pool);

    long numbers = tasks * NUMBERS;
    long expected = numbers * (numbers + 1) / 2;
    say("expected %ld, got %ld", expected, got);
    return got == expected ? EXIT_SUCCESS : EXIT_FAILURE;
}
