/*
 * A pipeline of one place, on two locks that are not locks
 *
 * Messages go from a producer to a consumer through a single place. Two mutexes say whose turn it
 * is: the producer locks producer_lock, writes a message, and unlocks consumer_lock; the consumer
 * locks consumer_lock, reads the message, and unlocks producer_lock. Each goes on when the other
 * lets it. Here the messages arrive, all of them and in order.
 *
 * It is wrong nevertheless. A mutex belongs to the thread that has locked it, and only that thread
 * may unlock it; POSIX leaves undefined what an ordinary mutex does when another thread unlocks it.
 * The GNU C library happens to let it pass; elsewhere the call may fail, or do harm. Mutexes that
 * check, as --checked=1 makes them, refuse the very first unlock of this kind. And at the end the
 * consumer goes while it still holds consumer_lock, for the producer would unlock it only with a
 * further message.
 *
 * What is meant is no lock but a permit that one thread gives and another takes, which is what a
 * semaphore is: see pipeline_semaphores.c.
 */
#include <stdlib.h>

#include "common/stage.h"

static struct {
    pthread_mutex_t producer_lock; /* free where a message may be written */
    pthread_mutex_t consumer_lock; /* free where a message may be read */
    long message;
} pipeline;

static long messages = 5;
static long checked = 0;
static long in_order;

static void set_message(long message)
{
    pthread_mutex_lock(&pipeline.producer_lock);
    pipeline.message = message;
    say("writes message %ld", message);
    must(pthread_mutex_unlock(&pipeline.consumer_lock)); /* <-- which this thread has not locked */
}

static long get_message(void)
{
    pthread_mutex_lock(&pipeline.consumer_lock);
    long message = pipeline.message;
    say("reads message %ld", message);
    must(pthread_mutex_unlock(&pipeline.producer_lock)); /* <-- which the producer has locked */
    return message;
}

static void *produce(void *unused)
{
    name_thread("producer");
    for (long message = 1; message <= messages; message++)
        set_message(message);
    return unused;
}

static void *consume(void *unused)
{
    name_thread("consumer");
    for (long awaited = 1; awaited <= messages; awaited++)
        in_order += get_message() == awaited;
    return unused;
}

int main(int argc, char **argv)
{
    stage_set(argc, argv, "A pipeline of one place on two mutexes, unlocked by the wrong threads.",
              (struct stage_option[]){
                  {"messages", "how many to send", &messages, 1, 1000},
                  {"checked", "1: mutexes that check who unlocks them", &checked, 0, 1},
                  {0},
              });

    pthread_mutexattr_t kind;
    must(pthread_mutexattr_init(&kind));
    if (checked)
        must(pthread_mutexattr_settype(&kind, PTHREAD_MUTEX_ERRORCHECK));
    must(pthread_mutex_init(&pipeline.producer_lock, &kind));
    must(pthread_mutex_init(&pipeline.consumer_lock, &kind));
    pthread_mutexattr_destroy(&kind);

    pthread_mutex_lock(&pipeline.consumer_lock); /* there is no message yet */
    pthread_t producer;
    pthread_t consumer;
    must(pthread_create(&producer, NULL, produce, NULL));
    must(pthread_create(&consumer, NULL, consume, NULL));
    must(pthread_join(producer, NULL));
    must(pthread_join(consumer, NULL));

    say("sent %ld, %ld came in order", messages, in_order);
    return in_order == messages ? EXIT_SUCCESS : EXIT_FAILURE;
}
