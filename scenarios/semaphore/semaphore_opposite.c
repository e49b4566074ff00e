/*
 * Semaphores as locks, in two orders
 *
 * A semaphore that begins with one and is posted by whoever took it is a lock by another name, and
 * can deadlock like one. In this harbour there is one berth and one crane. The loader takes the
 * berth and then the crane, the fitter the crane and then the berth. Should each get its first at
 * the same moment, each waits for ever for its second.
 *
 * In this program they never meet: the fitter is told that the loader is done. So it ends every
 * time, and the deadlock stays in the code for a day with other timing.
 *
 * A tool has a harder time with semaphores than with mutexes. It must see from how they are used
 * that they are locks and not signals. snarl does so: each is posted by the thread that took it.
 * ThreadSanitizer does not look for deadlocks of semaphores.
 *
 * The mend is in semaphore_ordered.c; it differs from this file in fit_out() alone.
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
    sem_wait(&crane); /* <-- the berth first, then the crane */
    ships++;
    sem_post(&crane);
    sem_post(&berth);
}

static void fit_out(void)
{
    sem_wait(&crane);
    sem_wait(&berth); /* <-- the crane first, then the berth */
    ships++;
    sem_post(&berth);
    sem_post(&crane);
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
    stage_set(argc, argv, "Two threads take two semaphores in opposite order, but never at once.",
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
