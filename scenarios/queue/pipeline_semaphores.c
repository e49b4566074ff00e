/*
 * A pipeline of one place, on two semaphores
 *
 * Messages go from a producer to a consumer through a single place, and the two take turns. In
 * pipeline_mutexes.c they did so with mutexes, each unlocked by the other thread, which no mutex
 * allows. Here the same two turns are semaphores. A semaphore is a number of permits: sem_wait
 * takes one, or waits for one, and sem_post gives one. It belongs to nobody, so one thread may give
 * what another takes; handing over is what it is for.
 *
 * `may_write` begins with one permit, since the place is empty, and `may_read` with none. There is
 * never more than one permit in all, so the two threads never touch the message at once; and since
 * sem_post makes what came before it visible to whom its permit lets go on, the consumer reads
 * what the producer wrote.
 *
 * The same makes a pipeline of several places: may_write then begins with as many permits as there
 * are places. Where several threads write, or several read, they need a lock among themselves too.
 */
#include <semaphore.h>
#include <stdlib.h>

#include "common/stage.h"

static struct {
    sem_t may_write; /* one permit where the place is empty */
    sem_t may_read;  /* one permit where a message is in it */
    long message;
} pipeline;

static long messages = 5;
static long in_order;

static void set_message(long message)
{
    sem_wait(&pipeline.may_write);
    pipeline.message = message;
    say("writes message %ld", message);
    sem_post(&pipeline.may_read); /* <-- anyone may post: the producer lets the consumer go on */
}

static long get_message(void)
{
    sem_wait(&pipeline.may_read);
    long message = pipeline.message;
    say("reads message %ld", message);
    sem_post(&pipeline.may_write); /* <-- and the consumer the producer */
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
    stage_set(argc, argv, "A pipeline of one place on two semaphores that take turns.",
              (struct stage_option[]){
                  {"messages", "how many to send", &messages, 1, 1000},
                  {0},
              });

    sem_init(&pipeline.may_write, 0, 1); /* <-- there is no message yet: one may be written */
    sem_init(&pipeline.may_read, 0, 0);
    pthread_t producer;
    pthread_t consumer;
    must(pthread_create(&producer, NULL, produce, NULL));
    must(pthread_create(&consumer, NULL, consume, NULL));
    must(pthread_join(producer, NULL));
    must(pthread_join(consumer, NULL));
    sem_destroy(&pipeline.may_read);
    sem_destroy(&pipeline.may_write);

    say("sent %ld, %ld came in order", messages, in_order);
    return in_order == messages ? EXIT_SUCCESS : EXIT_FAILURE;
}
