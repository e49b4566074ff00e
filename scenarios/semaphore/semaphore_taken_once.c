/*
 * A pair at a time
 *
 * The studio of semaphore_taken_twice.c. There the semaphore counted lamps, each photographer took
 * them one by one, and both were left with one. Here it counts what a photographer needs: pairs of
 * lamps, of which the studio has one. A pair is taken in one step or not at all, so nobody waits
 * with a lamp in the hand.
 *
 * Where threads need different numbers of lamps, counting pairs will not do. Then a mutex that is
 * held around all of the waits lets only one thread at a time collect its lamps; or a count under a
 * mutex, with a condition variable, takes the place of the semaphore. sem_wait itself takes one and
 * never two.
 */
#include <semaphore.h>

#include "common/stage.h"

static sem_t free_pairs;
static pthread_barrier_t both_alive;
static atomic_long portraits;

static void *photograph(void *argument)
{
    const int *number = argument;
    name_thread("photographer %d", *number);

    pthread_barrier_wait(&both_alive);
    say("wants two lamps");
    sem_wait(&free_pairs); /* <-- both lamps in one step */

    atomic_fetch_add(&portraits, 1);
    say("has taken a portrait");
    sem_post(&free_pairs); /* <-- and given back in one */
    return NULL;
}

int main(int argc, char **argv)
{
    stage_set(argc, argv, "Two threads each need both of two lamps, and take them in one step.",
              (struct stage_option[]){{0}});

    pthread_t photographers[2];
    int numbers[2] = {1, 2};
    sem_init(&free_pairs, 0, 1); /* <-- two lamps make one pair */
    must(pthread_barrier_init(&both_alive, NULL, 2));
    for (int i = 0; i < 2; i++)
        must(pthread_create(&photographers[i], NULL, photograph, &numbers[i]));
    for (int i = 0; i < 2; i++)
        must(pthread_join(photographers[i], NULL));
    sem_destroy(&free_pairs);

    say("expected 2 portraits, got %ld", portraits);
    return 0;
}
