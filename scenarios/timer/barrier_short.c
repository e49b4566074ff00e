/*
 * A barrier that waits for one too many
 *
 * A barrier lets nobody through until as many threads wait at it as it was made for. Somebody has
 * counted main among them, but main does not come to the barrier, it waits for the painters. So the
 * barrier waits for a party that never comes, the painters wait at the barrier, and main waits
 * for the painters: all are asleep for ever.
 *
 * The same happens where a thread ends early, by an error or a return that somebody added, before
 * the phases are over: a barrier does not notice that a party has gone.
 *
 * In barrier_phases.c there are as many parties as threads that come.
 */
#include "common/stage.h"

enum {
    MOST_THREADS = 64,
};

static long threads = 3;
static pthread_barrier_t everyone_done;

static void *paint(void *argument)
{
    const int *number = argument;
    name_thread("painter %d", *number);
    say("has painted its wall, and waits for the others");
    pthread_barrier_wait(&everyone_done);
    say("goes on to the next room");
    return NULL;
}

int main(int argc, char **argv)
{
    stage_set(argc, argv, "Threads wait at a barrier for a party that never comes, and hang.",
              (struct stage_option[]){
                  {"threads", "how many paint", &threads, 1, MOST_THREADS},
                  {0},
              });

    long parties = threads + 1; /* <-- main is counted, and never comes to the barrier */
    must(pthread_barrier_init(&everyone_done, NULL, (unsigned)parties));
    say("%ld painters, and a barrier for %ld", threads, parties);

    pthread_t painters[MOST_THREADS];
    int numbers[MOST_THREADS];
    for (int i = 0; i < threads; i++) {
        numbers[i] = i + 1;
        must(pthread_create(&painters[i], NULL, paint, &numbers[i]));
    }
    for (int i = 0; i < threads; i++)
        must(pthread_join(painters[i], NULL)); /* <-- waits for those who wait for it */

    say("every room is painted");
    return 0;
}
