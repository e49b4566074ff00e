/*
 * A timer cancelled by a plain flag
 *
 * The timer sleeps until it is time, looks whether it was cancelled, and rings if it was not. Main
 * cancels it by setting a flag. Between the look and the ringing there is a gap, and a cancellation
 * that falls into it comes too late: main has cancelled the timer, has no reason to expect
 * anything of it any more, may already have freed what the function uses, and then it rings.
 *
 * Left to chance the gap is very short and would be hit once in a great many runs. The turn lets
 * main wait for the moment, and the cues make certain that it hits the gap. They order no memory,
 * so the flag is also what it looks like, a data race: one thread reads it, another writes it, and
 * nothing orders the two.
 *
 * And a timer that sleeps cannot be woken: even when it is cancelled in time it sleeps to the end.
 *
 * The mend is in timer_cancelled.c: looking and deciding are one step, under a lock.
 */
#include <stdbool.h>
#include <time.h>

#include "common/stage.h"

struct timer {
    long delay; /* milliseconds */
    void (*function)(void);
    bool cancelled; /* <-- guarded by nothing */
    pthread_t thread;
};

static long delay = 30;
static long rings;
static struct timer timer;
static struct turn due = TURN_INITIALIZER;
static struct cue looked;
static struct cue was_cancelled;

static void *keep_time(void *argument)
{
    struct timer *self = argument;
    name_thread("timer");
    struct timespec time = {self->delay / 1000, self->delay % 1000 * 1000000};
    nanosleep(&time, NULL);

    say("it is time");
    turn_pass(&due);
    bool fires = !self->cancelled; /* <-- true now, and no longer when it is acted upon */
    cue_give(&looked);
    cue_await(&was_cancelled, 1);
    if (fires)
        self->function();
    return NULL;
}

static void timer_cancel(struct timer *which)
{
    which->cancelled = true; /* <-- cannot say whether it was in time */
}

static void ring(void)
{
    rings++;
    say("rings");
}

int main(int argc, char **argv)
{
    stage_set(argc, argv, "A timer is cancelled by a plain flag, and rings.",
              (struct stage_option[]){
                  {"delay", "milliseconds until it rings", &delay, 0, 10000},
                  STAGE_CUES,
                  {0},
              });

    timer = (struct timer){.delay = delay, .function = ring};
    must(pthread_create(&timer.thread, NULL, keep_time, &timer));
    say("has set the timer to %ld ms", delay);

    turn_await(&due, 1);
    cue_await(&looked, 1);
    timer_cancel(&timer);
    say("has cancelled the timer");
    cue_give(&was_cancelled);

    must(pthread_join(timer.thread, NULL));
    say("expected 0 calls, got %ld", rings);
    return 0;
}
