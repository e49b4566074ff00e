/*
 * Semaphores as locks, in one order
 *
 * The harbour of semaphore_opposite.c, with one rule added: whoever needs both takes the berth
 * first. The crane is then taken only by who has the berth already. So whoever waits for the crane
 * waits for one that needs nothing more, and there is never a circle of waiting.
 *
 * fit_out() is all that changed. The order of the posts does not matter, as posting never waits.
 *
 * Where a semaphore is nothing but a lock, a mutex says so better. It has an owner, and a tool, or
 * a mutex of the error-checking kind, can then tell who holds it and who releases what is not its
 * own.
 */
#include <semaphore.h>

#include "common/stage.h"

static sem_t berth;
static sem_t crane;
static long ships; /* seen to with both taken */

static pthread_barrier_t both_alive;
static struct turn loader_done = TURN_INITIALIZER;

static void load(void)
{
    sem_wait(&berth);
    sem_wait(&crane);
    ships++;
    sem_post(&crane);
    sem_post(&berth);
}

static void fit_out(void)
{
    sem_wait(&berth); /* <-- the berth first here too, though the fitter begins at the crane */
    sem_wait(&crane);
    ships++;
    sem_post(&crane);
    sem_post(&berth);
}

static void *loader(void *unused)
{
    name_thread("loader");
    pthread_barrier_wait(&both_alive);
    load();
    say("has loaded a ship");
    turn_pass(&loader_done);
    return unused;
}

static void *fitter(void *unused)
{
    name_thread("fitter");
    pthread_barrier_wait(&both_alive);
    turn_await(&loader_done, 1);
    fit_out();
    say("has fitted out a ship");
    return unused;
}

int main(int argc, char **argv)
{
    stage_set(argc, argv, "Two threads take two semaphores, both in the same order.",
              (struct stage_option[]){{0}});

    pthread_t loading;
    pthread_t fitting;
    sem_init(&berth, 0, 1);
    sem_init(&crane, 0, 1);
    must(pthread_barrier_init(&both_alive, NULL, 2));
    must(pthread_create(&loading, NULL, loader, NULL));
    must(pthread_create(&fitting, NULL, fitter, NULL));
    must(pthread_join(loading, NULL));
    must(pthread_join(fitting, NULL));
    sem_destroy(&crane);
    sem_destroy(&berth);

    say("expected 2 ships, got %ld", ships);
    return 0;
}
