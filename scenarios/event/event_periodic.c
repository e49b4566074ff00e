/*
 * Periodic work that can be stopped at once
 *
 * The watchman of event_periodic_sleep.c again. It does not sleep between its rounds, it waits for
 * the event that tells it to stop, for as long as it would have slept. Where the time runs out it
 * is time for the next round; where the event is set it ends, at once, however long the period is.
 *
 * The event has a lock, so the look and the setting are ordered and there is no data race. And it
 * stays set: should the watchman be on its round when it is told, it finds the event set as soon as
 * it comes to wait.
 */
#include <stdlib.h>

#include "common/event.h"
#include "common/stage.h"

enum {
    ROUNDS = 2,
};

struct watchman {
    pthread_t thread;
    struct event stop;
};

static long period = 1000; /* milliseconds */
static struct watchman watchman = {.stop = EVENT_INITIALIZER};
static struct turn round_made = TURN_INITIALIZER;

static void *watch(void *argument)
{
    struct watchman *self = argument;
    name_thread("watchman");
    do {
        say("makes a round");
        turn_pass(&round_made);
    } while (!event_wait_for(&self->stop, period)); /* <-- false: time for one more round */
    say("stops");
    return NULL;
}

static void watchman_stop(struct watchman *which)
{
    event_set(&which->stop); /* <-- ends the wait of whoever waits */
    must(pthread_join(which->thread, NULL));
}

int main(int argc, char **argv)
{
    stage_set(argc, argv, "Periodic work that waits for an event in between stops at once.",
              (struct stage_option[]){
                  {"period", "milliseconds between two rounds", &period, 20, 10000},
                  {0},
              });

    must(pthread_create(&watchman.thread, NULL, watch, &watchman));
    turn_await(&round_made, ROUNDS);

    struct timespec then = moment_from_now(0);
    say("tells the watchman to stop");
    watchman_stop(&watchman);
    long waited = milliseconds_since(then);
    say("expected to stop at once, got %s: %ld ms of a period of %ld",
        waited < period / 2 ? "that" : "a late stop", waited, period);
    return waited < period / 2 ? EXIT_SUCCESS : EXIT_FAILURE;
}
