/*
 * A result kept in the thread's object
 *
 * The job of result_before_join.c again. The thread leaves its result in the object it was started
 * with, and whoever wants it joins the thread first. The join does two things: it waits until the
 * thread has ended, and it makes everything the thread has written visible to whoever has joined
 * it. So the result needs no lock.
 *
 * job_result remembers that it has joined, and may be called again; a second pthread_join of the
 * same thread would be undefined. That is enough where one thread asks. Where several ask, what it
 * remembers needs a lock, which is held during the join.
 */
#include <stdbool.h>
#include <stdlib.h>

#include "common/stage.h"

struct job {
    pthread_t thread;
    bool joined;
    long number;
    long square; /* the result */
};

static long number = 12;
static struct job job;

static void *calculate(void *argument)
{
    struct job *self = argument;
    name_thread("calculator");
    self->square = self->number * self->number;
    say("%ld times %ld is %ld", self->number, self->number, self->square);
    return NULL;
}

static void job_start(struct job *which)
{
    must(pthread_create(&which->thread, NULL, calculate, which));
}

static long job_result(struct job *which)
{
    if (!which->joined)
        must(pthread_join(which->thread, NULL)); /* <-- after this the result is there for sure */
    which->joined = true;
    return which->square;
}

int main(int argc, char **argv)
{
    stage_set(argc, argv, "Joins a thread, and then reads its result.",
              (struct stage_option[]){
                  {"number", "the number to square", &number, 1, 1000000},
                  {0},
              });

    job.number = number;
    job_start(&job);
    long result = job_result(&job);

    say("expected %ld, got %ld", number * number, result);
    return result == number * number ? EXIT_SUCCESS : EXIT_FAILURE;
}
