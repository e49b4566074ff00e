/*
 * Periodic work that sleeps in between
 *
 * The watchman makes a round, sleeps until the next, and looks at a flag to see whether it is to
 * stop. Who sleeps hears nothing: when main sets the flag, the watchman has just lain down, and
 * main, which joins it, waits until it wakes up by itself. With a round every hour a program ends
 * an hour late; and a shorter sleep only wakes up more often for nothing.
 *
 * The flag is guarded by nothing. The watchman reads it while main writes it, and nothing orders
 * the two, which is a data race. The turn that counts the rounds does not help: it orders what the
 * watchman does before it with what main does after it, and not the other way round.
 *
 * The mend is in event_periodic.c.
 */
#include <stdbool.h>
#include <time.h>

#include "common/stage.h"

enum {
    ROUNDS = 2,
};

struct watchman {
    pthread_t thread;
    bool stop; /* <-- guarded by nothing */
};

static long period = 1000; /* milliseconds */
static struct watchman watchman;
static struct turn round_made = TURN_INITIALIZER;

static void *watch(void *argument)
{
    const struct watchman *self = argument;
    struct timespec pause = {period / 1000, period % 1000 * 1000000};
    name_thread("watchman");
    do {
        say("makes a round");
        turn_pass(&round_made);
        nanosleep(&pause, NULL); /* <-- hears nothing until it wakes up by itself */
    } while (!self->stop);
    say("stops");
    return NULL;
}

static void watchman_stop(struct watchman *which)
{
    which->stop = true; /* <-- wakes nobody, and races with the look */
    must(pthread_join(which->thread, NULL));
}

int main(int argc, char **argv)
{
    stage_set(argc, argv, "Periodic work that sleeps in between stops late.",
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
    return 0;
}
