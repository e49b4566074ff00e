/*
 * The order that was never done
 *
 * Workers take orders out of a queue and say queue_task_done when they have finished with one;
 * main waits in queue_join until that was said of every order. But an order that is too heavy is
 * refused, and the path that refuses it goes round the call. That order stays unfinished for ever,
 * though nobody works on it any more. So main waits for ever, and the workers, whom main would
 * tell that no more orders come, wait beside an empty queue.
 *
 * Nothing is left to chance: one order of the six is too heavy, and one is enough. In a program
 * where orders are seldom refused, it works until the first one is.
 *
 * The mend is in queue_task_done.c, which also shows how such a queue works: what is done with an
 * order is a function of its own, however many ways it has, and one call to queue_task_done
 * follows it.
 */
#include "common/queue.h"
#include "common/stage.h"

enum {
    WORKERS = 2,
    ORDERS = 6,
    MOST_WEIGHT = 30, /* what a worker can carry */
};

struct order {
    long number;
    long weight;
};

static struct queue queue;
static atomic_long delivered;
static atomic_long refused;

static void *work(void *argument)
{
    const long *number = argument;
    name_thread("worker %ld", *number);
    for (struct order *order; (order = queue_get(&queue)) != NULL;) {
        if (order->weight > MOST_WEIGHT) {
            say("refuses order %ld: %ld is too heavy", order->number, order->weight);
            refused++;
            continue; /* <-- goes round queue_task_done: the order stays unfinished */
        }
        say("delivers order %ld", order->number);
        delivered++;
        queue_task_done(&queue);
    }
    return NULL;
}

int main(int argc, char **argv)
{
    stage_set(argc, argv, "A worker refuses an order and does not say that it is done with it.",
              (struct stage_option[]){{0}});

    pthread_t workers[WORKERS];
    long numbers[WORKERS];
    queue_init(&queue);
    for (long i = 0; i < WORKERS; i++) {
        numbers[i] = i + 1;
        must(pthread_create(&workers[i], NULL, work, &numbers[i]));
    }

    struct order orders[ORDERS];
    for (long i = 0; i < ORDERS; i++) {
        orders[i] = (struct order){.number = i + 1, .weight = i == 3 ? 40 : 20};
        queue_put(&queue, &orders[i]);
    }
    say("waits until all %d orders are done with", ORDERS);
    queue_join(&queue); /* <-- waits for the refused order, which no one has any more */
    say("of %d orders %ld were delivered and %ld refused", ORDERS, delivered, refused);

    queue_close(&queue);
    for (int i = 0; i < WORKERS; i++)
        must(pthread_join(workers[i], NULL));
    queue_destroy(&queue);
    return 0;
}
