/*
 * Waking all, of whom one can go on
 *
 * A box has room for one item. Consumers wait until it is full and a producer until it is empty
 * again, all on one condition, "the box has changed". Where those who wait on a condition wait for
 * different things, one signal may wake one who has no use for it, and be lost to the one who has:
 * in signal_not_broadcast.c all sleep for ever.
 *
 * Here whoever changes the box wakes all. Each has the lock in its turn and looks whether the
 * change is its own; whoever it is not for goes back to sleep. It is never wrong to broadcast where
 * the wait is a loop, it only wakes some for nothing. A signal is less work, and right where
 * all who wait on the condition wait for the same thing and any of them can use it. That is why
 * producer_consumer_queue.c has two conditions, one for each kind of waiting.
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
        pthread_cond_broadcast(&box.changed);
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
    pthread_cond_broadcast(&box.changed); /* <-- wakes the producer, whoever else is woken */
    pthread_mutex_unlock(&box.lock);
    return NULL;
}

int main(int argc, char **argv)
{
    stage_set(argc, argv, "All who wait are woken, and those whom it concerns go on.",
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
