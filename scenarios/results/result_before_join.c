/*
 * Reading a result too early
 *
 * A job is an object that stands for a thread: what the thread is to do, and where it leaves what
 * came of it. Main starts a job and reads the result, but the thread has not got to it yet, and
 * what main reads is what was there before. Nothing in the value tells that it is not the result:
 * zero could be one.
 *
 * Where main has something else to do first it may go well; that hides the mistake, and does not
 * mend it. The cue makes certain that the job is late: it writes after main has read. It orders no
 * memory, so this stays a data race.
 *
 * The mend is in result_after_join.c: first join, then read.
 */
#include "common/stage.h"

struct job {
    pthread_t thread;
    long number;
    long square; /* the result */
};

static long number = 12;
static struct job job;
static struct cue has_read;

static void *calculate(void *argument)
{
    struct job *self = argument;
    name_thread("calculator");
    cue_await(&has_read, 1);
    self->square = self->number * self->number;
    say("%ld times %ld is %ld", self->number, self->number, self->square);
    return NULL;
}

static void job_start(struct job *which)
{
    must(pthread_create(&which->thread, NULL, calculate, which));
}

static long job_result(const struct job *which)
{
    return which->square; /* <-- has it been written? nobody has waited for that */
}

int main(int argc, char **argv)
{
    stage_set(argc, argv, "Reads the result of a thread before the thread has been joined.",
              (struct stage_option[]){
                  {"number", "the number to square", &number, 1, 1000000},
                  STAGE_CUES,
                  {0},
              });

    job.number = number;
    job_start(&job);
    long result = job_result(&job);
    cue_give(&has_read);
    must(pthread_join(job.thread, NULL)); /* <-- too late: the result has been read already */

    say("expected %ld, got %ld", number * number, result);
    return 0;
}
