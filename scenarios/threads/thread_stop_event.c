/*
 * Stopping a thread by an event
 *
 * The worker of thread_stop_flag.c again, with an event in place of the bool. An event is a flag
 * and the lock that guards it, and can be waited for (see event_wait.c for how it is made). The
 * worker takes the lock to look and worker_stop takes it to set, so the two are ordered: a worker
 * that sees the event set also sees everything that was written before it was set, and no compiler
 * may keep what it saw the last time.
 *
 * The worker ends by itself, between two rounds, when nothing is half done. worker_stop then joins
 * it: when it returns, the worker is no longer there, and what it used may be freed.
 *
 * A worker that sleeps between its rounds can wait for the event instead of sleeping, and stops at
 * once: see event_periodic.c.
 */
#include <stdlib.h>

#include "common/event.h"
#include "common/stage.h"

struct worker {
    pthread_t thread;
    struct event stop;
    long rounds;
};

static long rounds = 3;
static struct worker worker;
static struct turn round_done = TURN_INITIALIZER;

static void *work(void *argument)
{
    struct worker *self = argument;
    name_thread("worker");
    while (!event_is_set(&self->stop)) { /* <-- looks under the lock */
        self->rounds++;
        turn_pass(&round_done);
    }
    say("was asked to stop, and stops");
    return NULL;
}

static void worker_start(struct worker *which)
{
    event_init(&which->stop);
    must(pthread_create(&which->thread, NULL, work, which));
}

static void worker_stop(struct worker *which)
{
    event_set(&which->stop); /* <-- sets it under the same lock */
    must(pthread_join(which->thread, NULL));
    event_destroy(&which->stop); /* <-- nobody is left who could look at it */
}

int main(int argc, char **argv)
{
    stage_set(argc, argv, "A thread is asked to stop by an event.",
              (struct stage_option[]){
                  {"rounds", "how many to wait for", &rounds, 1, 1000000},
                  {0},
              });

    worker_start(&worker);
    turn_await(&round_done, rounds);
    say("asks the worker to stop");
    worker_stop(&worker);

    say("expected %ld rounds or more, got %ld", rounds, worker.rounds);
    return worker.rounds >= rounds ? EXIT_SUCCESS : EXIT_FAILURE;
}
