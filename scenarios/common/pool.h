/*
 * A pool: some workers, and a queue of tasks that wait for one of them.
 */
#ifndef SCENARIOS_POOL_H
#define SCENARIOS_POOL_H

#include <pthread.h>

#include "event.h"
#include "queue.h"

enum {
    POOL_MOST_WORKERS = 256,
};

/* Something to be done, and what came of it. It is the caller's, and must live until it is done. */
struct task {
    void *(*run)(void *argument);
    void *argument;
    void *result;
    struct event done;
};

struct pool {
    struct queue tasks;
    pthread_t workers[POOL_MOST_WORKERS];
    long worker_count;
};

/* Starts the workers, which are called "worker 1" and so on. */
void pool_start(struct pool *pool, long workers);

/* Hands in a task; one worker will call `run` with the argument. */
void pool_submit(struct pool *pool, struct task *task, void *(*run)(void *), void *argument);

/* Waits until the task is done, and returns what `run` has returned. */
void *task_result(struct task *task);

/* Waits until every task that was handed in is done, and the workers have ended. */
void pool_shut_down(struct pool *pool);

#endif
