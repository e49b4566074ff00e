#include "pool.h"

#include <stddef.h>

#include "stage.h"

static atomic_long started; /* workers; only for their names */

static void *work(void *argument)
{
    struct pool *pool = argument;
    name_thread("worker %ld", atomic_fetch_add(&started, 1) + 1);
    for (struct task *task; (task = queue_get(&pool->tasks)) != NULL;) {
        task->result = task->run(task->argument);
        event_set(&task->done);
    }
    return NULL;
}

void pool_start(struct pool *pool, long workers)
{
    queue_init(&pool->tasks);
    pool->worker_count = workers;
    for (long i = 0; i < workers; i++)
        must(pthread_create(&pool->workers[i], NULL, work, pool));
}

void pool_submit(struct pool *pool, struct task *task, void *(*run)(void *), void *argument)
{
    *task = (struct task){.run = run, .argument = argument};
    event_init(&task->done);
    queue_put(&pool->tasks, task);
}

void *task_result(struct task *task)
{
    event_wait(&task->done);
    return task->result;
}

void pool_shut_down(struct pool *pool)
{
    queue_close(&pool->tasks);
    for (long i = 0; i < pool->worker_count; i++)
        must(pthread_join(pool->workers[i], NULL));
    queue_destroy(&pool->tasks);
}
