/*
 * One of each
 *
 * A portrait takes two lamps, and the studio has two. A semaphore counts the lamps that are free.
 * Each of two photographers takes a lamp, and then another. If both have taken their first, there
 * is none left for a second: each waits for ever for the other to give one back.
 *
 * There is only one semaphore, so no order of taking can be wrong. What is wrong is to take in two
 * steps what is of use only as a whole. The same happens with one thread and a semaphore of one
 * that it takes twice, and with any number: ten lamps and ten photographers will do.
 *
 * The barrier makes it certain: neither takes a second lamp before both have their first.
 *
 * The mend is to take both in one step: see semaphore_taken_once.c.
 */
#include <semaphore.h>

#include "common/stage.h"

static sem_t free_lamps;
static pthread_barrier_t both_have_one;
static atomic_long portraits;

static void *photograph(void *argument)
{
    const int *number = argument;
    name_thread("photographer %d", *number);

    sem_wait(&free_lamps); /* <-- one of the two lamps that it needs */
    say("has a lamp");
    pthread_barrier_wait(&both_have_one);
    say("wants a second lamp");
    sem_wait(&free_lamps); /* <-- waits and keeps the first */

    atomic_fetch_add(&portraits, 1);
    say("has taken a portrait");
    sem_post(&free_lamps);
    sem_post(&free_lamps);
    return NULL;
}

int main(int argc, char **argv)
{
    stage_set(argc, argv, "Two threads each need both of two lamps, have one each, and hang.",
              (struct stage_option[]){{0}});

    pthread_t photographers[2];
    int numbers[2] = {1, 2};
    sem_init(&free_lamps, 0, 2);
    must(pthread_barrier_init(&both_have_one, NULL, 2));
    for (int i = 0; i < 2; i++)
        must(pthread_create(&photographers[i], NULL, photograph, &numbers[i]));
    for (int i = 0; i < 2; i++)
        must(pthread_join(photographers[i], NULL));
    sem_destroy(&free_lamps);

    say("expected 2 portraits, got %ld", portraits);
    return 0;
}
