/*
 * The dining philosophers, forks in order
 *
 * The table of deadlock_dining.c. There all took the fork at their left first, each waited for the
 * next, and the circle closed. Here the forks are numbered, and everyone takes the lower number
 * first. For all but one that is still the fork at their left. The last philosopher sits between
 * the last fork and the first, and so begins at the right: with the fork that the first philosopher
 * begins with too. Of those two only one gets it, so never do all hold one and wait.
 *
 * The barrier has moved to the beginning, where all sit down before anyone eats. Everyone eats many
 * times, so that the neighbours meet over the forks in many ways. The rule promises that somebody
 * can always eat, not that all get equally much at any time.
 */
#include "common/stage.h"

enum {
    MOST_PHILOSOPHERS = 500,
};

static long philosophers = 5;
static long meals = 100;
static pthread_mutex_t forks[MOST_PHILOSOPHERS];
static pthread_barrier_t all_seated;
static atomic_long eaten;

static void *dine(void *argument)
{
    long seat = (const pthread_mutex_t *)argument - forks;
    long left = seat;
    long right = (seat + 1) % philosophers;
    pthread_mutex_t *lower = &forks[left < right ? left : right]; /* <-- the last one's is right */
    pthread_mutex_t *higher = &forks[left < right ? right : left];
    name_thread("philosopher %ld", seat + 1);

    pthread_barrier_wait(&all_seated);
    for (long meal = 0; meal < meals; meal++) {
        pthread_mutex_lock(lower); /* <-- the lower number first */
        pthread_mutex_lock(higher);
        atomic_fetch_add(&eaten, 1);
        pthread_mutex_unlock(higher);
        pthread_mutex_unlock(lower);
    }
    say("has eaten %ld times", meals);
    return NULL;
}

int main(int argc, char **argv)
{
    stage_set(
        argc, argv, "Philosophers take the fork with the lower number first, and all eat.",
        (struct stage_option[]){
            {"philosophers", "how many sit at the table", &philosophers, 2, MOST_PHILOSOPHERS},
            {"meals", "how often each eats", &meals, 1, 100000},
            {0},
        });

    pthread_t diners[MOST_PHILOSOPHERS];
    must(pthread_barrier_init(&all_seated, NULL, (unsigned)philosophers));
    for (long seat = 0; seat < philosophers; seat++)
        must(pthread_mutex_init(&forks[seat], NULL));
    for (long seat = 0; seat < philosophers; seat++)
        must(pthread_create(&diners[seat], NULL, dine, &forks[seat]));
    for (long seat = 0; seat < philosophers; seat++)
        must(pthread_join(diners[seat], NULL));

    say("expected %ld meals, got %ld", philosophers * meals, eaten);
    return 0;
}
