/*
 * A last item that says so
 *
 * Consumers that wait for items must learn that no more will come. One way is to send the news
 * through the queue itself: after the last letter comes a sentinel, an item that is no letter but
 * means "go home". Since the queue keeps its order, every letter before the sentinel is taken out
 * before it; nothing is lost, and no second way of being told is needed.
 *
 * A sentinel is taken out like any other item, by one consumer, and then it is gone. So there must
 * be one for each consumer. One takes no more than its own, since it goes home with it. With one
 * too few, a consumer waits for ever: see queue_sentinel_short.c.
 *
 * Where several threads put in, the sentinels may follow only when all have put in their last.
 */
#include <stdlib.h>

#include "common/queue.h"
#include "common/stage.h"

enum {
    LETTERS = 8,
    MOST_CONSUMERS = 32,
};

static struct queue queue;
static char go_home; /* the sentinel: known by its address, which is no letter's */
static long consumers = 2;
static atomic_long delivered;

static void *consume(void *argument)
{
    const long *number = argument;
    name_thread("consumer %ld", *number);
    for (void *item; (item = queue_get(&queue)) != &go_home;) { /* <-- the sentinel ends it */
        const long *letter = item;
        say("delivers letter %ld", *letter);
        delivered++;
    }
    say("has a sentinel and goes home");
    return NULL;
}

int main(int argc, char **argv)
{
    stage_set(argc, argv, "Each consumer stops at a sentinel of its own.",
              (struct stage_option[]){
                  {"consumers", "threads that take out", &consumers, 1, MOST_CONSUMERS},
                  {0},
              });

    pthread_t threads[MOST_CONSUMERS];
    long numbers[MOST_CONSUMERS];
    queue_init(&queue);
    for (long i = 0; i < consumers; i++) {
        numbers[i] = i + 1;
        must(pthread_create(&threads[i], NULL, consume, &numbers[i]));
    }

    long letters[LETTERS];
    for (long i = 0; i < LETTERS; i++) {
        letters[i] = i + 1;
        queue_put(&queue, &letters[i]);
    }
    long sentinels = consumers; /* <-- one for each */
    for (long i = 0; i < sentinels; i++)
        queue_put(&queue, &go_home);
    say("has put in %d letters and %ld of %ld sentinels", LETTERS, sentinels, consumers);

    for (int i = 0; i < consumers; i++)
        must(pthread_join(threads[i], NULL));
    queue_destroy(&queue);

    say("expected %d delivered, got %ld", LETTERS, delivered);
    return delivered == LETTERS ? EXIT_SUCCESS : EXIT_FAILURE;
}
