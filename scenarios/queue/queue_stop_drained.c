/*
 * Stopped, and empty
 *
 * Main puts ten messages into a queue; a consumer takes them out until it is told to stop. It is
 * told when it has handled four, and takes out the other six before it stops: its work ends when
 * `stop` is set AND the queue is empty, and not before. `stop` then means "no more will come", and
 * whatever was put in before is handled. In queue_stop_event.c `stop` alone ended the work, and
 * those six were lost.
 *
 * Both halves of the condition are read under one lock, and so is what they are about: stopped and
 * empty are true of the same moment. Since nothing is put in after the stop, what is empty then
 * stays empty. `stop` wakes the consumer too where it waits at an empty queue; else it would wait
 * for ever for a message.
 */
#include <stdbool.h>

#include "common/stage.h"

enum {
    MESSAGES = 10,
    BEFORE_STOP = 4, /* messages */
};

static struct {
    pthread_mutex_t lock; /* guards all that follows */
    pthread_cond_t changed;
    long messages[MESSAGES];
    long put;
    long taken;
    bool stop; /* no more messages will come */
} queue = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};

static struct turn turn = TURN_INITIALIZER; /* 0: the consumer's; 1: main's; 2: the consumer's */
static long handled;

static void queue_put(long message)
{
    pthread_mutex_lock(&queue.lock);
    queue.messages[queue.put++] = message;
    pthread_cond_signal(&queue.changed);
    pthread_mutex_unlock(&queue.lock);
}

static void queue_stop(void)
{
    pthread_mutex_lock(&queue.lock);
    queue.stop = true;
    pthread_cond_broadcast(&queue.changed);
    pthread_mutex_unlock(&queue.lock);
}

/* False where the consumer is to stop. */
static bool queue_take(long *message)
{
    pthread_mutex_lock(&queue.lock);
    while (queue.taken == queue.put && !queue.stop)
        pthread_cond_wait(&queue.changed, &queue.lock);
    bool goes_on = queue.taken < queue.put; /* <-- stops only where it is empty, too */
    if (goes_on)
        *message = queue.messages[queue.taken++];
    pthread_mutex_unlock(&queue.lock);
    return goes_on;
}

static void *consume(void *unused)
{
    name_thread("consumer");
    for (long message; queue_take(&message);) {
        say("handles message %ld", message);
        handled++;
        if (handled == BEFORE_STOP) {
            turn_pass(&turn);
            turn_await(&turn, 2);
        }
    }
    say("stops");
    return unused;
}

int main(int argc, char **argv)
{
    stage_set(argc, argv, "A consumer is stopped, and handles what is left in the queue first.",
              (struct stage_option[]){{0}});

    pthread_t consumer;
    must(pthread_create(&consumer, NULL, consume, NULL));
    for (long message = 1; message <= MESSAGES; message++)
        queue_put(message);

    turn_await(&turn, 1);
    say("all is put in, tells the consumer to stop");
    queue_stop();
    turn_pass(&turn);
    must(pthread_join(consumer, NULL));

    say("put in %ld, handled %ld, lost %ld", queue.put, handled, queue.put - handled);
    return 0;
}
