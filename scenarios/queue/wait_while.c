/*
 * Looking again after each sleep
 *
 * Two consumers find a box empty and wait. One item is put in, and both are woken. The first to
 * have the lock again takes the item. The second looks, finds the box empty as it was, and goes
 * back to sleep; the next item is its own.
 *
 * The wait stands in a loop. That makes it all one whether a consumer was woken for an item that is
 * there, for one that another has taken, or, which POSIX allows, for nothing at all: it goes on
 * when it has seen an item, under the lock that it still holds when it takes it. Every wait for a
 * condition has this form; there is no case in which `if` is better.
 *
 * wait_if.c is the same with `if`, and its second consumer takes an item that is not there.
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
    while (box.count == 0) /* <-- looks again after each sleep */
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
    stage_set(argc, argv, "Two consumers are woken for one item, and one sleeps again.",
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
