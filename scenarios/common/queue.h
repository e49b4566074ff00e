/*
 * A queue without a bound, first in, first out, that knows when all that was put in is done with.
 */
#ifndef SCENARIOS_QUEUE_H
#define SCENARIOS_QUEUE_H

#include <pthread.h>
#include <stdbool.h>

struct queue_item;

struct queue {
    pthread_mutex_t lock; /* guards all that follows */
    pthread_cond_t not_empty;
    pthread_cond_t all_done;
    struct queue_item *first;
    struct queue_item **last; /* where the next item is to hang */
    long unfinished;          /* put in, and not yet done with */
    bool closed;              /* no more items will come */
};

void queue_init(struct queue *queue);

/* What is still in it is forgotten. Nobody may use it any more. */
void queue_destroy(struct queue *queue);

/* Puts in anything but NULL, which stays the caller's. */
void queue_put(struct queue *queue, void *what);

/* Waits for an item. NULL once the queue is closed and empty. */
void *queue_get(struct queue *queue);

void queue_close(struct queue *queue);

/* Says that one of the items that were taken out is done with. */
void queue_task_done(struct queue *queue);

/* Waits until that was said of every item that was ever put in. */
void queue_join(struct queue *queue);

#endif
