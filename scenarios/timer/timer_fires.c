/*
 * A timer
 *
 * A timer is a thread that waits for a moment and then calls a function. It does not sleep for a
 * length of time but waits on a condition until a deadline. The two look alike as long as nothing
 * happens; but a wait can be ended early, which is what makes a timer that can be cancelled: see
 * timer_cancelled.c.
 *
 * The wait may return without a reason. The loop then waits on, and since the deadline is a moment
 * and not a length, the time that has passed is not waited for again. The moment is one of
 * CLOCK_MONOTONIC, which nobody can set. The usual clock may be put back by an hour, and the timer
 * would be late by an hour.
 *
 * The function is called by the thread of the timer, while main does something else. What the two
 * share must be ordered; here main looks only after it has joined the timer.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

#include "common/stage.h"

struct timer {
    pthread_mutex_t lock; /* guards nothing here, but a wait needs one */
    pthread_cond_t never; /* nobody signals it */
    struct timespec deadline;
    void (*function)(void);
    pthread_t thread;
};

static long delay = 30; /* milliseconds */
static long rings;
static struct timer timer = {.lock = PTHREAD_MUTEX_INITIALIZER, .never = PTHREAD_COND_INITIALIZER};

static void *keep_time(void *argument)
{
    struct timer *self = argument;
    name_thread("timer");

    int error = 0;
    pthread_mutex_lock(&self->lock);
    while (error != ETIMEDOUT) /* <-- waking up does not mean that it is time */
        error = pthread_cond_clockwait(&self->never, &self->lock, CLOCK_MONOTONIC, &self->deadline);
    pthread_mutex_unlock(&self->lock);

    self->function(); /* <-- without the lock: it may take long, and take other locks */
    return NULL;
}

static void ring(void)
{
    rings++;
    say("rings");
}

int main(int argc, char **argv)
{
    stage_set(argc, argv, "A timer calls a function after some time.",
              (struct stage_option[]){
                  {"delay", "milliseconds until it rings", &delay, 0, 10000},
                  {0},
              });

    timer.function = ring;
    timer.deadline = moment_from_now(delay); /* <-- a moment, not a length of time */
    must(pthread_create(&timer.thread, NULL, keep_time, &timer));
    say("has set the timer to %ld ms, and goes on", delay);
    must(pthread_join(timer.thread, NULL));

    struct timespec now = moment_from_now(0);
    bool early = now.tv_sec < timer.deadline.tv_sec ||
                 (now.tv_sec == timer.deadline.tv_sec && now.tv_nsec < timer.deadline.tv_nsec);
    say("expected 1 call, got %ld, %s", rings, early ? "too early" : "not too early");
    return rings == 1 && !early ? EXIT_SUCCESS : EXIT_FAILURE;
}
