/*
 * The dining philosophers
 *
 * Dijkstra's table: between every two neighbours lies one fork, and eating takes two. If all take
 * the fork at their left and then wait for the one at their right, they starve, each waiting for
 * the next all the way round. A deadlock needs no pair of threads that cross: a circle of any
 * length will do, and no two of these philosophers share more than one fork.
 *
 * The barrier makes sure that all have their left fork before anyone reaches to the right.
 *
 * The mend: take the fork with the lower number first (deadlock_dining_ordered.c). That changes one
 * philosopher only, the one between the last fork and the first, and breaks the circle.
 */
#include "common/stage.h"

enum {
    MOST_PHILOSOPHERS = 500,
};

static long philosophers = 5;
static pthread_mutex_t forks[MOST_PHILOSOPHERS];
static pthread_barrier_t all_hold_one;

static void *dine(void *argument)
{
    long seat = (const pthread_mutex_t *)argument - forks;
    pthread_mutex_t *left = &forks[seat];
    pthread_mutex_t *right = &forks[(seat + 1) % philosophers];
    name_thread("philosopher %ld", seat + 1);

    pthread_mutex_lock(left); /* <-- the left one first, all the way round */
    say("has the left fork");
    pthread_barrier_wait(&all_hold_one);
    say("wants the right fork");
    pthread_mutex_lock(right); /* <-- waits with a fork in the hand */

    say("eats");
    pthread_mutex_unlock(right);
    pthread_mutex_unlock(left);
    return NULL;
}

int main(int argc, char **argv)
{
    stage_set(
        argc, argv, "Philosophers all take their left fork first, and starve.",
        (struct stage_option[]){
            {"philosophers", "how many sit at the table", &philosophers, 2, MOST_PHILOSOPHERS},
            {0},
        });

    pthread_t diners[MOST_PHILOSOPHERS];
    must(pthread_barrier_init(&all_hold_one, NULL, (unsigned)philosophers));
    for (long seat = 0; seat < philosophers; seat++)
        must(pthread_mutex_init(&forks[seat], NULL));
    for (long seat = 0; seat < philosophers; seat++)
        must(pthread_create(&diners[seat], NULL, dine, &forks[seat]));
    for (long seat = 0; seat < philosophers; seat++)
        must(pthread_join(diners[seat], NULL));

    say("all have eaten");
    return 0;
}
