/*
 * Looking only once
 *
 * Two consumers find a box empty and wait. One item is put in, and both are woken. Each needs the
 * lock again before it goes on, so one is first; it takes the item, and the box is empty. Then the
 * second goes on. It asked whether the box is empty before it slept, with `if`, and it does not ask
 * again: it takes an item that is not there. Here it gets a 0 that nobody has put in, the count
 * falls to -1, and the next item, 8, lands in a place that has been passed already.
 *
 * All is done under the lock, and there is no data race. The mistake is to take waking up for the
 * news that there is an item. It only means "look again": another thread may have been quicker.
 * Waking one consumer with pthread_cond_signal would not help for long, since a third that has
 * never slept can come between the signal and the waking, and since POSIX allows a wait to end
 * without any signal.
 *
 * How it is forced: the item is put in when both sleep, the next one when both have woken. The mend
 * is one word: see wait_while.c.
 */
#include "common/stage.h"

enum {
    PLACES = 8,
    CONSUMERS = 2,
};

struct consumer {
    pthread_t thread;
    long number;
    long taken;
};

static struct {
    pthread_mutex_t lock; /* guards all that follows */
    pthread_cond_t item_came;
    long items[PLACES];
    long first; /* where the oldest item lies */
    long count;
} box = {.lock = PTHREAD_MUTEX_INITIALIZER, .item_came = PTHREAD_COND_INITIALIZER};

static struct turn asleep = TURN_INITIALIZER;
static struct turn woken = TURN_INITIALIZER;

static void put(long item)
{
    pthread_mutex_lock(&box.lock);
    box.items[(box.first + box.count) % PLACES] = item;
    box.count++;
    say("puts in %ld and wakes all", item);
    pthread_cond_broadcast(&box.item_came);
    pthread_mutex_unlock(&box.lock);
}

static void sleep_until_woken(void)
{
    say("the box is empty, sleeps");
    turn_pass(&asleep);
    pthread_cond_wait(&box.item_came, &box.lock);
    say("wakes, the box holds %ld", box.count);
    turn_pass(&woken);
}

static long take(void)
{
    pthread_mutex_lock(&box.lock);
    if (box.count == 0) /* <-- looks once: what was true before the sleep need not be after it */
        sleep_until_woken();
    long item = box.items[box.first];
    box.first = (box.first + 1) % PLACES;
    box.count--;
    say("takes %ld", item);
    pthread_mutex_unlock(&box.lock);
    return item;
}

static void *consume(void *argument)
{
    struct consumer *consumer = argument;
    name_thread("consumer %ld", consumer->number);
    consumer->taken = take();
    return NULL;
}

int main(int argc, char **argv)
{
    stage_set(argc, argv, "Two consumers are woken for one item, and both take it.",
              (struct stage_option[]){{0}});

    struct consumer consumers[CONSUMERS];
    for (int i = 0; i < CONSUMERS; i++) {
        consumers[i].number = i + 1;
        must(pthread_create(&consumers[i].thread, NULL, consume, &consumers[i]));
    }

    turn_await(&asleep, CONSUMERS);
    put(7);
    turn_await(&woken, CONSUMERS);
    put(8);

    long sum = 0;
    for (int i = 0; i < CONSUMERS; i++) {
        must(pthread_join(consumers[i].thread, NULL));
        sum += consumers[i].taken;
    }
    say("put in 7 and 8: expected 15 taken out, got %ld", sum);
    return 0;
}
