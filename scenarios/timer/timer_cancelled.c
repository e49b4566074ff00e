/*
 * A timer cancelled in time
 *
 * The timer of timer_fires.c with a state: it is waiting, or it has fired, or it was cancelled. It
 * leaves the first once, and whoever changes the state does so under the lock. So the timer that
 * finds it is time and the thread that cancels cannot both win, as they do in timer_cancel_race.c:
 * timer_cancel tells whether it was in time, and when it says so the function will not be called.
 * When it says no, the function has been called, or is being called, or is just about to be; join
 * the timer to know that it is over.
 *
 * The signal ends the wait, so a timer that was cancelled ends at once and not at its deadline.
 * Here that would be in ten seconds. The turn makes certain that the timer is waiting: it is passed
 * under the lock, which the timer does not give back before it waits.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

#include "common/stage.h"

struct timer {
    pthread_mutex_t lock; /* guards `state` */
    pthread_cond_t changed;
    enum {
        WAITING,
        FIRED,
        CANCELLED,
    } state;
    struct timespec deadline;
    void (*function)(void);
    pthread_t thread;
};

static long delay = 10000; /* milliseconds */
static long rings;
static struct timer timer = {
    .lock = PTHREAD_MUTEX_INITIALIZER,
    .changed = PTHREAD_COND_INITIALIZER,
};
static struct turn waiting = TURN_INITIALIZER;

static void *keep_time(void *argument)
{
    struct timer *self = argument;
    name_thread("timer");

    int error = 0;
    pthread_mutex_lock(&self->lock);
    turn_pass(&waiting);
    while (self->state == WAITING && error != ETIMEDOUT)
        error =
            pthread_cond_clockwait(&self->changed, &self->lock, CLOCK_MONOTONIC, &self->deadline);
    bool fires = self->state == WAITING;
    if (fires)
        self->state = FIRED; /* <-- looked and decided under one lock */
    pthread_mutex_unlock(&self->lock);

    if (fires)
        self->function();
    else
        say("was cancelled");
    return NULL;
}

/* False where it is too late. */
static bool timer_cancel(struct timer *which)
{
    pthread_mutex_lock(&which->lock);
    bool in_time = which->state == WAITING;
    if (in_time) {
        which->state = CANCELLED;             /* <-- from here on it cannot fire */
        pthread_cond_signal(&which->changed); /* <-- and need not wait for its deadline */
    }
    pthread_mutex_unlock(&which->lock);
    return in_time;
}

static void ring(void)
{
    rings++;
    say("rings");
}

int main(int argc, char **argv)
{
    stage_set(argc, argv, "A timer is cancelled in time, and does not ring.",
              (struct stage_option[]){
                  {"delay", "milliseconds until it rings", &delay, 0, 10000},
                  {0},
              });

    timer.function = ring;
    timer.deadline = moment_from_now(delay);
    must(pthread_create(&timer.thread, NULL, keep_time, &timer));
    say("has set the timer to %ld ms", delay);
    turn_await(&waiting, 1);
    say("cancels the timer");
    bool in_time = timer_cancel(&timer);
    must(pthread_join(timer.thread, NULL));

    long expected = in_time ? 0 : 1;
    say("cancelled %s: expected %ld calls, got %ld", in_time ? "in time" : "too late", expected,
        rings);
    return rings == expected ? EXIT_SUCCESS : EXIT_FAILURE;
}
