/*
 * An event
 *
 * An event is a flag that threads wait for. Setting it wakes all who wait, and it stays set: who
 * comes later does not wait at all. So it does not matter who is first, the thread that waits or
 * the one that sets, and that is what a bare condition variable cannot do, which wakes only those
 * who are asleep at that moment. Clearing it makes the next ones wait again.
 *
 * It takes three things: the flag, a lock that guards it, and a condition on which to sleep until
 * it has changed. A wait with a time-out can end in two ways, and its answer is the flag: "the time
 * is over" and "it was set" may come at the same moment, and then it was set.
 *
 * Here a runner first loses patience, as nobody starts the race; then it is started; then it looks
 * once more, and the event is still set; then it is cleared. Other scenarios use the same event out
 * of common/event.c.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/stage.h"

struct event {
    pthread_mutex_t lock; /* guards `set` */
    pthread_cond_t was_set;
    bool set;
};

static struct event started = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, false};
static struct turn step = TURN_INITIALIZER;
static char answers[5]; /* of the waits, y or n */

static void event_set(struct event *event)
{
    pthread_mutex_lock(&event->lock);
    event->set = true;                       /* <-- it stays set for all who come later */
    pthread_cond_broadcast(&event->was_set); /* <-- who waits already is woken */
    pthread_mutex_unlock(&event->lock);
}

static void event_clear(struct event *event)
{
    pthread_mutex_lock(&event->lock);
    event->set = false;
    pthread_mutex_unlock(&event->lock);
}

/* False where it was not set in time. */
static bool event_wait_for(struct event *event, long milliseconds)
{
    struct timespec deadline = moment_from_now(milliseconds);
    int error = 0;
    pthread_mutex_lock(&event->lock);
    while (!event->set && error != ETIMEDOUT) /* <-- no wait at all where it is set */
        error = pthread_cond_clockwait(&event->was_set, &event->lock, CLOCK_MONOTONIC, &deadline);
    bool set = event->set; /* <-- the flag is the answer, not the error */
    pthread_mutex_unlock(&event->lock);
    return set;
}

static void wait_and_tell(int wait, long milliseconds)
{
    bool set = event_wait_for(&started, milliseconds);
    answers[wait] = set ? 'y' : 'n';
    say("waited for at most %ld ms: %s", milliseconds, set ? "it is set" : "the time is over");
}

static void *run(void *unused)
{
    name_thread("runner");
    wait_and_tell(0, 30);
    turn_pass(&step);
    wait_and_tell(1, 10000);
    wait_and_tell(2, 10000);
    turn_pass(&step);
    return unused;
}

int main(int argc, char **argv)
{
    stage_set(argc, argv, "A thread waits for an event, with a time-out.",
              (struct stage_option[]){{0}});

    pthread_t runner;
    must(pthread_create(&runner, NULL, run, NULL));
    turn_await(&step, 1);
    say("sets the event");
    event_set(&started);
    turn_await(&step, 2);
    say("clears the event");
    event_clear(&started);
    wait_and_tell(3, 30);
    must(pthread_join(runner, NULL));

    say("expected nyyn, got %s", answers);
    return strcmp(answers, "nyyn") == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
