#include "queue.h"

#include <errno.h>
#include <stdlib.h>

#include "stage.h"

struct queue_item {
    void *what;
    struct queue_item *next;
};

void queue_init(struct queue *queue)
{
    *queue = (struct queue){.first = NULL};
    queue->last = &queue->first;
    must(pthread_mutex_init(&queue->lock, NULL));
    must(pthread_cond_init(&queue->not_empty, NULL));
    must(pthread_cond_init(&queue->all_done, NULL));
}

/* With the lock held, of a queue that is not empty. */
static void *take_first(struct queue *queue)
{
    struct queue_item *item = queue->first;
    void *what = item->what;
    queue->first = item->next;
    if (queue->first == NULL)
        queue->last = &queue->first;
    free(item);
    return what;
}

void queue_destroy(struct queue *queue)
{
    while (queue->first != NULL)
        take_first(queue);
    pthread_cond_destroy(&queue->all_done);
    pthread_cond_destroy(&queue->not_empty);
    pthread_mutex_destroy(&queue->lock);
}

void queue_put(struct queue *queue, void *what)
{
    struct queue_item *item = malloc(sizeof *item);
    must(item != NULL ? 0 : ENOMEM);
    *item = (struct queue_item){.what = what};

    pthread_mutex_lock(&queue->lock);
    *queue->last = item;
    queue->last = &item->next;
    queue->unfinished++;
    pthread_cond_signal(&queue->not_empty);
    pthread_mutex_unlock(&queue->lock);
}

void *queue_get(struct queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    while (queue->first == NULL && !queue->closed)
        pthread_cond_wait(&queue->not_empty, &queue->lock);
    void *what = queue->first != NULL ? take_first(queue) : NULL;
    pthread_mutex_unlock(&queue->lock);
    return what;
}

void queue_close(struct queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    queue->closed = true;
    pthread_cond_broadcast(&queue->not_empty);
    pthread_mutex_unlock(&queue->lock);
}

void queue_task_done(struct queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    if (--queue->unfinished == 0)
        pthread_cond_broadcast(&queue->all_done);
    pthread_mutex_unlock(&queue->lock);
}

void queue_join(struct queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    while (queue->unfinished > 0)
        pthread_cond_wait(&queue->all_done, &queue->lock);
    pthread_mutex_unlock(&queue->lock);
}
