/*
 * Working in phases
 *
 * Several painters paint a house, room by room, each one wall. Nobody begins with the next room
 * before all have finished this one. That is what a barrier is for: it holds up whoever comes until
 * as many threads wait as it was made for, then lets all of them go on, and is ready for the next
 * time. The number of parties must be the number of threads that come: one more, and all wait for
 * ever, see barrier_short.c.
 *
 * A barrier also orders memory: what each wrote before it is visible to all after it. So each
 * painter may look at the walls of the others without a lock. It waits a second time after the
 * look, since the others must not paint over what it is still looking at.
 *
 * One of the threads, and no one knows which, is told by the barrier that it is the one; it does
 * what is to be done once.
 */
#include <stdlib.h>

#include "common/stage.h"

enum {
    MOST_THREADS = 64,
};

struct painter {
    int number;
    long mistakes; /* walls that it has seen with the wrong colour */
};

static long threads = 3;
static long rooms = 3;
static pthread_barrier_t everyone_done;
static long walls[MOST_THREADS]; /* the room each was painted for */

static void *paint(void *argument)
{
    struct painter *painter = argument;
    name_thread("painter %d", painter->number);

    for (long room = 1; room <= rooms; room++) {
        walls[painter->number - 1] = room;
        int told = pthread_barrier_wait(&everyone_done); /* <-- all walls painted: look */
        if (told == PTHREAD_BARRIER_SERIAL_THREAD)
            say("room %ld is painted", room);

        for (int i = 0; i < threads; i++)
            painter->mistakes += walls[i] != room;
        pthread_barrier_wait(&everyone_done); /* <-- all have looked: paint over it */
    }
    return NULL;
}

int main(int argc, char **argv)
{
    stage_set(argc, argv, "Threads work in phases, with a barrier between them.",
              (struct stage_option[]){
                  {"threads", "how many paint", &threads, 1, MOST_THREADS},
                  {"rooms", "how many are painted", &rooms, 1, 1000},
                  {0},
              });

    long parties = threads; /* <-- as many as come to the barrier */
    must(pthread_barrier_init(&everyone_done, NULL, (unsigned)parties));
    say("%ld painters, and a barrier for %ld", threads, parties);

    pthread_t handles[MOST_THREADS];
    struct painter painters[MOST_THREADS];
    for (int i = 0; i < threads; i++) {
        painters[i] = (struct painter){.number = i + 1};
        must(pthread_create(&handles[i], NULL, paint, &painters[i]));
    }

    long mistakes = 0;
    for (int i = 0; i < threads; i++) {
        must(pthread_join(handles[i], NULL));
        mistakes += painters[i].mistakes;
    }
    pthread_barrier_destroy(&everyone_done);

    say("expected 0 mistakes in %ld rooms, got %ld", rooms, mistakes);
    return mistakes == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
