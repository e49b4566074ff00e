/*
 * A bounded queue
 *
 * Producers put numbers in, consumers take them out, and the queue holds only a few. Whoever finds
 * it full, or empty, must wait until that has changed. Three things make such waiting right:
 *
 *   - the state (count, closed) is read and changed under the lock only;
 *   - pthread_cond_wait releases the lock and falls asleep in one step, so no change can slip in
 *     between the look at the state and the sleep;
 *   - the look is a loop: waking up means "look again", not "it is so", since another consumer may
 *     have been quicker.
 *
 * There are two conditions, since producers and consumers wait for different things.
 */
#include <stdbool.h>
#include <stdlib.h>

#include "common/stage.h"

enum {
    CAPACITY = 8,
    MOST_THREADS = 32,
};

static struct {
    pthread_mutex_t lock; /* guards all that follows */
    pthread_cond_t not_full;
    pthread_cond_t not_empty;
    long items[CAPACITY];
    long first; /* where the oldest item lies */
    long count;
    bool closed; /* no more items will come */
} queue = {
    .lock = PTHREAD_MUTEX_INITIALIZER,
    .not_full = PTHREAD_COND_INITIALIZER,
    .not_empty = PTHREAD_COND_INITIALIZER,
};

static long producers = 2;
static long consumers = 2;
static long rounds = 10000;

static void queue_put(long item)
{
    pthread_mutex_lock(&queue.lock);
    while (queue.count == CAPACITY)
        pthread_cond_wait(&queue.not_full, &queue.lock); /* <-- lets go of the lock as it sleeps */
    queue.items[(queue.first + queue.count) % CAPACITY] = item;
    queue.count++;
    pthread_cond_signal(&queue.not_empty);
    pthread_mutex_unlock(&queue.lock);
}

/* False once the queue is closed and empty. */
static bool queue_take(long *item)
{
    pthread_mutex_lock(&queue.lock);
    while (queue.count == 0 && !queue.closed) /* <-- an item, or the news that none will come */
        pthread_cond_wait(&queue.not_empty, &queue.lock);
    bool taken = queue.count > 0;
    if (taken) {
        *item = queue.items[queue.first];
        queue.first = (queue.first + 1) % CAPACITY;
        queue.count--;
        pthread_cond_signal(&queue.not_full);
    }
    pthread_mutex_unlock(&queue.lock);
    return taken;
}

static void queue_close(void)
{
    pthread_mutex_lock(&queue.lock);
    queue.closed = true;
    pthread_cond_broadcast(&queue.not_empty);
    pthread_mutex_unlock(&queue.lock);
}

static void *produce(void *unused)
{
    name_thread("producer");
    for (long item = 1; item <= rounds; item++)
        queue_put(item);
    say("has put in 1 to %ld", rounds);
    return unused;
}

static void *consume(void *result)
{
    long *sum = result;
    name_thread("consumer");
    for (long item; queue_take(&item);)
        *sum += item;
    say("has taken out items that make %ld", *sum);
    return NULL;
}

int main(int argc, char **argv)
{
    stage_set(argc, argv, "Producers and consumers share a bounded queue.",
              (struct stage_option[]){
                  {"producers", "threads that put in", &producers, 1, MOST_THREADS},
                  {"consumers", "threads that take out", &consumers, 1, MOST_THREADS},
                  {"rounds", "items by each producer", &rounds, 1, 10000000},
                  {0},
              });

    pthread_t producing[MOST_THREADS];
    pthread_t consuming[MOST_THREADS];
    long sums[MOST_THREADS] = {0};
    for (int i = 0; i < consumers; i++)
        must(pthread_create(&consuming[i], NULL, consume, &sums[i]));
    for (int i = 0; i < producers; i++)
        must(pthread_create(&producing[i], NULL, produce, NULL));

    for (int i = 0; i < producers; i++)
        must(pthread_join(producing[i], NULL));
    queue_close();

    long sum = 0;
    for (int i = 0; i < consumers; i++) {
        must(pthread_join(consuming[i], NULL));
        sum += sums[i];
    }

    long expected = producers * (rounds * (rounds + 1) / 2);
    say("expected %ld, got %ld", expected, sum);
    return sum == expected ? EXIT_SUCCESS : EXIT_FAILURE;
}
