/*
 * Never more than so many at once
 *
 * A pool is a limit, too: however many tasks there are, no more of them are in hand at any moment
 * than there are workers. Nobody has to count for that. A worker takes its next task only when it
 * is done with the last, and there are no other threads.
 *
 * The whole pool stands here. The tasks are the numbers from 1 up, so the queue is nothing but the
 * number of the next one, and a lock that lets one worker at a time take it.
 *
 * This program does count, to show it: each task is counted in when it begins and out when it ends,
 * and the most that were ever at work together are kept. So that the limit is also reached, the
 * first task of every worker waits at a barrier until all the workers have one.
 */
#include <stdlib.h>

#include "common/stage.h"

enum {
    MOST_WORKERS = 16,
};

static long workers = 3;
static long tasks = 20;
static pthread_barrier_t all_at_work;

static pthread_mutex_t next_lock = PTHREAD_MUTEX_INITIALIZER;
static long next = 1; /* task to be taken, guarded by next_lock */

static struct {
    pthread_mutex_t lock; /* guards all that follows */
    long at_work;
    long most;
    long done;
} tally = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void do_task(long task)
{
    pthread_mutex_lock(&tally.lock);
    tally.at_work++;
    if (tally.at_work > tally.most)
        tally.most = tally.at_work;
    say("begins task %ld, %ld at work", task, tally.at_work);
    pthread_mutex_unlock(&tally.lock);

    if (task <= workers)
        pthread_barrier_wait(&all_at_work);

    pthread_mutex_lock(&tally.lock);
    tally.at_work--;
    tally.done++;
    pthread_mutex_unlock(&tally.lock);
}

/* 0 once there are no more. */
static long take_task(void)
{
    pthread_mutex_lock(&next_lock);
    long task = next <= tasks ? next++ : 0;
    pthread_mutex_unlock(&next_lock);
    return task;
}

static void *work(void *argument)
{
    const int *number = argument;
    name_thread("worker %d", *number);
    for (long task; (task = take_task()) != 0;)
        do_task(task); /* <-- no other is taken until this one is done */
    return NULL;
}

int main(int argc, char **argv)
{
    stage_set(argc, argv, "Counts how many tasks of a pool are at work at once.",
              (struct stage_option[]){
                  {"workers", "threads of the pool", &workers, 1, MOST_WORKERS},
                  {"tasks", "how many to do", &tasks, MOST_WORKERS, 1000},
                  {0},
              });

    pthread_t pool[MOST_WORKERS];
    int numbers[MOST_WORKERS];
    must(pthread_barrier_init(&all_at_work, NULL, (unsigned)workers));
    for (int i = 0; i < workers; i++) {
        numbers[i] = i + 1;
        must(pthread_create(&pool[i], NULL, work, &numbers[i])); /* <-- the limit: so many */
    }
    for (int i = 0; i < workers; i++)
        must(pthread_join(pool[i], NULL));

    say("expected %ld tasks, got %ld", tasks, tally.done);
    say("expected at most %ld at once, got %ld", workers, tally.most);
    return tally.done == tasks && tally.most <= workers ? EXIT_SUCCESS : EXIT_FAILURE;
}
