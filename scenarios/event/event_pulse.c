/*
 * An event set and cleared at once
 *
 * The starter wants to let go all runners who wait at this moment, and nobody who comes later. So
 * it sets the event and clears it at once. But the runner is not at the line yet, it is still tying
 * its shoes. When it comes and looks, the event is not set, and it waits for a start that is over.
 * Nobody will set the event again: the runner sleeps for ever, and main, which joins it, too.
 *
 * It would not have helped to be there in time. A runner who waits is woken by the setting, but
 * then it looks at the flag again, and if it has been cleared by then it goes back to sleep.
 *
 * The turn makes certain that the runner is late.
 *
 * The mend is in event_generation.c: count the starts, in place of a flag that forgets them.
 */
#include "common/event.h"
#include "common/stage.h"

static struct event started = EVENT_INITIALIZER;
static struct turn shot = TURN_INITIALIZER;

static void *run(void *unused)
{
    name_thread("runner");
    say("ties its shoes");
    turn_await(&shot, 1);
    say("is ready, and waits for the start");
    event_wait(&started); /* <-- the flag does not tell that it has been set before */

    say("runs");
    return unused;
}

int main(int argc, char **argv)
{
    stage_set(argc, argv, "An event is set and cleared before a thread has seen it.",
              (struct stage_option[]){{0}});

    pthread_t runner;
    must(pthread_create(&runner, NULL, run, NULL));

    event_set(&started);
    event_clear(&started); /* <-- who has not looked in between has missed it for ever */
    say("has started the race");
    turn_pass(&shot);

    must(pthread_join(runner, NULL));
    say("the race is over");
    return 0;
}
