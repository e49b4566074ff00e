/*
 * Joining in order, whatever the order of finishing
 *
 * Runners are started one after the other and joined one after the other. In between each takes
 * its own time, and here the last one started comes in first. That does not matter: a join names
 * the thread it waits for, so the first join waits for the first runner, be it the slowest of all,
 * and the result it is handed is that runner's. The other runners have come in long before, and
 * their joins hardly wait. The result of a thread that has ended is kept until it is joined.
 *
 * So a plain loop is enough to wait for many threads. It takes as long as the slowest of them, and
 * not the sum. What such a loop cannot do is to deal with the results in the order in which they
 * come; a queue can, see producer_consumer_queue.c.
 *
 * The turns make the runners come in from the last to the first.
 */
#include <stdlib.h>

#include "common/stage.h"

enum {
    MOST_THREADS = 64,
};

struct runner {
    long number;
    long place; /* in which it came in */
};

static long threads = 4;
static struct turn came_in = TURN_INITIALIZER;

static void *run(void *argument)
{
    struct runner *runner = argument;
    name_thread("runner %ld", runner->number);

    long before = threads - runner->number;
    turn_await(&came_in, before); /* <-- not before all that were started after it */
    runner->place = before + 1;
    say("comes in at place %ld", runner->place);
    turn_pass(&came_in);
    return runner;
}

int main(int argc, char **argv)
{
    stage_set(argc, argv, "Joins threads in the order of their start, not of their end.",
              (struct stage_option[]){
                  {"threads", "how many run", &threads, 1, MOST_THREADS},
                  {0},
              });

    pthread_t handles[MOST_THREADS];
    struct runner runners[MOST_THREADS];
    for (int i = 0; i < threads; i++) {
        runners[i] = (struct runner){.number = i + 1};
        must(pthread_create(&handles[i], NULL, run, &runners[i]));
    }

    long right = 0;
    for (int i = 0; i < threads; i++) {
        void *result;
        must(pthread_join(handles[i], &result)); /* <-- this one's result, whoever ended first */
        const struct runner *runner = result;
        say("has joined runner %ld, who came in at place %ld", runner->number, runner->place);
        right += runner->number == i + 1 && runner->place == threads - i;
    }

    say("expected %ld results in order, got %ld", threads, right);
    return right == threads ? EXIT_SUCCESS : EXIT_FAILURE;
}
