/*
 * The signal that wakes the wrong one
 *
 * A box has room for one item. Two consumers wait until it is full, and a producer, which has two
 * items, until it is empty again; all of them on one condition, "the box has changed", on which
 * whoever changes the box sends one signal. The producer puts in item 1 and wakes a consumer; item
 * 2 must wait for room. The consumer takes item 1 and signals, and that should wake the producer.
 * It wakes the other consumer, which finds the box empty and goes back to sleep. The signal is used
 * up. The producer sleeps before an empty box with an item in its hands, the consumer waits for
 * just that item, and nobody is left to wake either.
 *
 * A signal wakes someone who waits; who it is, is not for the sender to choose. One is enough only
 * where all who wait on the condition wait for the same thing and any of them can use it.
 *
 * How it is forced: the producer begins when both consumers sleep, and it keeps the lock until the
 * box is full and it sleeps itself. The GNU C library gives a signal to those who slept already
 * when the first one was sent before those who came later: to the consumer, not the producer.
 *
 * Two mends: wake all and let them look, see broadcast.c; or have two conditions, one for each kind
 * of waiting, as producer_consumer_queue.c does.
 */
#include <stdbool.h>

#include "common/stage.h"

enum {
    CONSUMERS = 2,
    ITEMS = 2,
};

static struct {
    pthread_mutex_t lock; /* guards all that follows */
    pthread_cond_t changed;
    long item;
    bool full;
    long taken; /* items, so far */
} box = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};

static struct turn asleep = TURN_INITIALIZER; /* how often consumers went to sleep */

static void *produce(void *unused)
{
    name_thread("producer");
    pthread_mutex_lock(&box.lock);
    for (long item = 1; item <= ITEMS; item++) {
        while (box.full) {
            say("the box is full, sleeps");
            pthread_cond_wait(&box.changed, &box.lock);
        }
        box.item = item;
        box.full = true;
        say("has put in item %ld", item);
        pthread_cond_signal(&box.changed);
    }
    pthread_mutex_unlock(&box.lock);
    return unused;
}

static void *consume(void *argument)
{
    const long *number = argument;
    name_thread("consumer %ld", *number);
    pthread_mutex_lock(&box.lock);
    while (!box.full) {
        say("the box is empty, sleeps");
        turn_pass(&asleep);
        pthread_cond_wait(&box.changed, &box.lock);
        say("wakes");
    }
    say("has taken item %ld", box.item);
    box.full = false;
    box.taken++;
    pthread_cond_signal(&box.changed); /* <-- meant for the producer, wakes the other consumer */
    pthread_mutex_unlock(&box.lock);
    return NULL;
}

int main(int argc, char **argv)
{
    stage_set(argc, argv, "One signal wakes another than the one it is meant for, and all hang.",
              (struct stage_option[]){{0}});

    pthread_t producer;
    pthread_t consumers[CONSUMERS];
    long numbers[CONSUMERS];
    for (long i = 0; i < CONSUMERS; i++) {
        numbers[i] = i + 1;
        must(pthread_create(&consumers[i], NULL, consume, &numbers[i]));
    }
    turn_await(&asleep, CONSUMERS);
    must(pthread_create(&producer, NULL, produce, NULL));

    must(pthread_join(producer, NULL));
    for (int i = 0; i < CONSUMERS; i++)
        must(pthread_join(consumers[i], NULL));
    say("%d items were put in, and %ld were taken", ITEMS, box.taken);
    return 0;
}
