/*
 * A start that cannot be missed
 *
 * The race of event_pulse.c again. There the start is a flag that is set and cleared at once, and a
 * runner who looks late cannot tell that it was ever set. Here the starts are counted. When a
 * runner enters the race the count is noted (main does it, before the start can be given), and the
 * runner waits until the count is another. Whether it looks before the start or long after it, the
 * number only grows.
 *
 * Nothing has to be cleared, so nothing can be cleared too early; and for a runner who enters after
 * the start the new count is noted, and it waits for the next one. The count is called a
 * generation. Barriers are made in the same way, so that a thread which is slow to wake up in one
 * round cannot be caught by the next.
 *
 * The turn makes the runner late, as in event_pulse.c.
 */
#include "common/stage.h"

struct start {
    pthread_mutex_t lock; /* guards `generation` */
    pthread_cond_t given;
    long generation; /* how many starts there have been */
};

static struct start start = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0};
static struct turn shot = TURN_INITIALIZER;

static void start_give(struct start *which)
{
    pthread_mutex_lock(&which->lock);
    which->generation++; /* <-- only grows: a start cannot be taken back */
    pthread_cond_broadcast(&which->given);
    pthread_mutex_unlock(&which->lock);
}

static long start_generation(struct start *which)
{
    pthread_mutex_lock(&which->lock);
    long generation = which->generation;
    pthread_mutex_unlock(&which->lock);
    return generation;
}

/* Waits until there has been a start since `seen`. */
static void start_wait(struct start *which, long seen)
{
    pthread_mutex_lock(&which->lock);
    while (which->generation == seen) /* <-- "has there been one since", not "is it set now" */
        pthread_cond_wait(&which->given, &which->lock);
    pthread_mutex_unlock(&which->lock);
}

static void *run(void *argument)
{
    const long *seen = argument;
    name_thread("runner");
    say("ties its shoes");
    turn_await(&shot, 1);
    say("is ready, and waits for the start");
    start_wait(&start, *seen);

    say("runs");
    return NULL;
}

int main(int argc, char **argv)
{
    stage_set(argc, argv, "Starts are counted, and a thread that is late sees the start too.",
              (struct stage_option[]){{0}});

    pthread_t runner;
    long seen = start_generation(&start); /* <-- noted before the start can be given */
    must(pthread_create(&runner, NULL, run, &seen));

    start_give(&start);
    say("has started the race");
    turn_pass(&shot);

    must(pthread_join(runner, NULL));
    say("the race is over");
    return 0;
}
