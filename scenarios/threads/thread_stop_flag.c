/*
 * Stopping a thread by a plain flag
 *
 * A thread cannot be stopped from outside without harm; it has to be asked, and to look now and
 * then whether it was. Here worker_stop sets a bool, and the worker looks at it after each round.
 * It seems to work. But two threads use one variable, one of them writes, and nothing orders them:
 * a data race, of which the language promises nothing at all.
 *
 * A compiler that sees no reason for the flag to change may read it once and then never again, and
 * the worker works for ever. Here the calls in the loop keep it from that, as it does not know what
 * they change; a loop without such calls would be less lucky. And the worker may see the flag set
 * and yet not see what main wrote before it.
 *
 * The cues make the story the same each time: the worker makes some rounds, and looks again when
 * main has set the flag. They order no memory, so the race is there to be seen.
 *
 * The mend is in thread_stop_event.c.
 */
#include <stdbool.h>

#include "common/stage.h"

struct worker {
    pthread_t thread;
    bool stop; /* <-- written by one thread, read by another, and guarded by nothing */
    long rounds;
};

static long rounds = 3;
static struct worker worker;
static struct cue round_done;
static struct cue asked;

static void *work(void *argument)
{
    struct worker *self = argument;
    name_thread("worker");
    while (!self->stop) { /* <-- reads it while worker_stop may write it */
        self->rounds++;
        cue_give(&round_done);
        if (self->rounds == rounds)
            cue_await(&asked, 1);
    }
    say("was asked to stop, and stops");
    return NULL;
}

static void worker_start(struct worker *which)
{
    must(pthread_create(&which->thread, NULL, work, which));
}

static void worker_stop(struct worker *which)
{
    which->stop = true; /* <-- writes it while the worker may read it */
    cue_give(&asked);
    must(pthread_join(which->thread, NULL));
}

int main(int argc, char **argv)
{
    stage_set(argc, argv, "A thread is asked to stop by a plain flag.",
              (struct stage_option[]){
                  {"rounds", "how many to wait for", &rounds, 1, 1000000},
                  STAGE_CUES,
                  {0},
              });

    worker_start(&worker);
    cue_await(&round_done, rounds);
    say("asks the worker to stop");
    worker_stop(&worker);

    say("expected %ld rounds or more, got %ld", rounds, worker.rounds);
    return 0;
}
