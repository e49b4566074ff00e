/*
 * The dining philosophers, giving way
 *
 * The table of deadlock_dining.c, and the same barrier: all have their left fork before anyone
 * reaches to the right. But nobody waits with a fork in the hand. pthread_mutex_trylock takes the
 * right fork if it is free, and else returns EBUSY at once. A philosopher who cannot have it puts
 * the left fork down, lets others run, and begins again. Where nobody holds and waits, no circle of
 * waiting can close.
 *
 * The first who reaches to the right finds that fork taken, since all are. So at least one gives
 * way in each run; how often it happens after that is left to chance.
 *
 * This needs no order of the forks, which is good where an order cannot be had. The price is work
 * for nothing, and a weaker promise. If all put down and took up their forks in step, all could go
 * on so for ever: that is called a livelock. Here they fall out of step by chance, as threads do.
 * Where that is not enough, each waits for a random while before it begins again.
 */
#include <sched.h>

#include "common/stage.h"

enum {
    MOST_PHILOSOPHERS = 500,
};

static long philosophers = 5;
static pthread_mutex_t forks[MOST_PHILOSOPHERS];
static pthread_barrier_t all_hold_one;
static atomic_long eaten;
static atomic_long given_way;

static void *dine(void *argument)
{
    long seat = (const pthread_mutex_t *)argument - forks;
    pthread_mutex_t *left = &forks[seat];
    pthread_mutex_t *right = &forks[(seat + 1) % philosophers];
    name_thread("philosopher %ld", seat + 1);

    pthread_mutex_lock(left);
    say("has the left fork");
    pthread_barrier_wait(&all_hold_one);
    while (pthread_mutex_trylock(right) != 0) { /* <-- never waits with a fork in the hand */
        pthread_mutex_unlock(left);             /* <-- so that the neighbour can have it */
        atomic_fetch_add(&given_way, 1);
        sched_yield();
        pthread_mutex_lock(left);
    }

    say("eats");
    atomic_fetch_add(&eaten, 1);
    pthread_mutex_unlock(right);
    pthread_mutex_unlock(left);
    return NULL;
}

int main(int argc, char **argv)
{
    stage_set(
        argc, argv, "Philosophers who cannot have the right fork put down the left, and all eat.",
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

    say("gave way %ld times; expected %ld meals, got %ld", given_way, philosophers, eaten);
    return 0;
}
