/*
 * Waiting until the work is done
 *
 * An empty queue does not mean that the work is done: what was taken out last may still be in the
 * hands of a worker. So this queue counts what is unfinished. queue_put adds one; the worker that
 * has taken something out says queue_task_done when it has finished with it, which takes one off;
 * queue_join waits until none is left. Then, and not before, the results are complete.
 *
 * It works only if every item that is taken out is also said to be done, the ones that are refused
 * as well as the ones that are handled. Here one call stands after all that the worker may do with
 * an order, so no path goes round it. In queue_task_done_forgotten.c one does, and queue_join waits
 * for ever.
 *
 * The count, the list and the mark that it is closed have one lock. The queue has no bound: whoever
 * puts in never waits.
 */
#include <stdbool.h>
#include <stddef.h>

#include "common/stage.h"

enum {
    WORKERS = 2,
    ORDERS = 6,
    MOST_WEIGHT = 30, /* what a worker can carry */
};

struct order {
    long number;
    long weight;
    struct order *next;
};

static struct {
    pthread_mutex_t lock; /* guards all that follows */
    pthread_cond_t changed;
    pthread_cond_t all_done;
    struct order *first;
    struct order **last; /* where the next order is to hang */
    long unfinished;     /* put in, and not yet done with */
    bool closed;         /* no more orders will come */
} queue = {
    .lock = PTHREAD_MUTEX_INITIALIZER,
    .changed = PTHREAD_COND_INITIALIZER,
    .all_done = PTHREAD_COND_INITIALIZER,
    .last = &queue.first,
};

static atomic_long delivered;
static atomic_long refused;

static void queue_put(struct order *order)
{
    pthread_mutex_lock(&queue.lock);
    order->next = NULL;
    *queue.last = order;
    queue.last = &order->next;
    queue.unfinished++; /* <-- counted from here, and not from when it is taken out */
    pthread_cond_signal(&queue.changed);
    pthread_mutex_unlock(&queue.lock);
}

/* Waits for an order. NULL once the queue is closed and empty. */
static struct order *queue_get(void)
{
    pthread_mutex_lock(&queue.lock);
    while (queue.first == NULL && !queue.closed)
        pthread_cond_wait(&queue.changed, &queue.lock);
    struct order *order = queue.first;
    if (order != NULL)
        queue.first = order->next;
    if (queue.first == NULL)
        queue.last = &queue.first;
    pthread_mutex_unlock(&queue.lock);
    return order;
}

static void queue_task_done(void)
{
    pthread_mutex_lock(&queue.lock);
    if (--queue.unfinished == 0)
        pthread_cond_broadcast(&queue.all_done);
    pthread_mutex_unlock(&queue.lock);
}

static void queue_join(void)
{
    pthread_mutex_lock(&queue.lock);
    while (queue.unfinished > 0)
        pthread_cond_wait(&queue.all_done, &queue.lock);
    pthread_mutex_unlock(&queue.lock);
}

static void queue_close(void)
{
    pthread_mutex_lock(&queue.lock);
    queue.closed = true;
    pthread_cond_broadcast(&queue.changed);
    pthread_mutex_unlock(&queue.lock);
}

static void handle(const struct order *order)
{
    if (order->weight > MOST_WEIGHT) {
        say("refuses order %ld: %ld is too heavy", order->number, order->weight);
        refused++;
        return;
    }
    say("delivers order %ld", order->number);
    delivered++;
}

static void *work(void *argument)
{
    const long *number = argument;
    name_thread("worker %ld", *number);
    for (struct order *order; (order = queue_get()) != NULL;) {
        handle(order);
        queue_task_done(); /* <-- one call, after every way that handle() may go */
    }
    return NULL;
}

int main(int argc, char **argv)
{
    stage_set(argc, argv, "Workers say of each order that it is done, and main waits for all.",
              (struct stage_option[]){{0}});

    pthread_t workers[WORKERS];
    long numbers[WORKERS];
    for (long i = 0; i < WORKERS; i++) {
        numbers[i] = i + 1;
        must(pthread_create(&workers[i], NULL, work, &numbers[i]));
    }

    struct order orders[ORDERS];
    for (long i = 0; i < ORDERS; i++) {
        orders[i] = (struct order){.number = i + 1, .weight = i == 3 ? 40 : 20};
        queue_put(&orders[i]);
    }
    say("waits until all %d orders are done with", ORDERS);
    queue_join();
    say("of %d orders %ld were delivered and %ld refused", ORDERS, delivered, refused);

    queue_close();
    for (int i = 0; i < WORKERS; i++)
        must(pthread_join(workers[i], NULL));
    return 0;
}
