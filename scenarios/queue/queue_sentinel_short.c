/*
 * One sentinel for two
 *
 * After the last letter main puts in a sentinel, an item that means "go home". Whichever consumer
 * takes it goes home, and the sentinel with it. The other finds the queue empty and waits for an
 * item that nobody will put in; and main, which waits for both consumers to end, waits with it.
 *
 * All letters are delivered, so nothing seems to be wrong but that the program does not end. Which
 * of the two hangs is chance; that one does is certain. It is a mistake that comes in later: the
 * program was right as long as there was one consumer.
 *
 * The mend is in queue_sentinel.c: as many sentinels as consumers. Or the one who takes the
 * sentinel puts it back in for the next before it goes home, so that one is enough for any number.
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
    for (void *item; (item = queue_get(&queue)) != &go_home;) { /* <-- the second waits here */
        const long *letter = item;
        say("delivers letter %ld", *letter);
        delivered++;
    }
    say("has a sentinel and goes home");
    return NULL;
}

int main(int argc, char **argv)
{
    stage_set(argc, argv, "Consumers are sent one sentinel in all, and all but one hang.",
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
    long sentinels = 1; /* <-- one in all, whatever the number of consumers */
    for (long i = 0; i < sentinels; i++)
        queue_put(&queue, &go_home);
    say("has put in %d letters and %ld of %ld sentinels", LETTERS, sentinels, consumers);

    for (int i = 0; i < consumers; i++)
        must(pthread_join(threads[i], NULL));
    queue_destroy(&queue);

    say("expected %d delivered, got %ld", LETTERS, delivered);
    return delivered == LETTERS ? EXIT_SUCCESS : EXIT_FAILURE;
}
