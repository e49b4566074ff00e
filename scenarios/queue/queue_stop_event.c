/*
 * Stopped with messages left
 *
 * Main puts ten messages into a queue; a consumer takes them out until it is told to stop, which it
 * is when it has handled four. Once `stop` is set the consumer asks no more whether the queue holds
 * anything, and stops at once. The six messages that were put in and accepted before that are never
 * handled, and nobody is told so. What was meant was "no more will come"; what was done is "drop
 * all".
 *
 * It depends on how far the consumer has got, so it shows where the consumer is slow or the queue
 * is long. Here turns see to it that the stop comes after the fourth message and that the consumer
 * does not go on before.
 *
 * `stop` is guarded by the lock of the queue, so that a consumer that waits at an empty queue is
 * woken by it too; that part is right. The mend, in queue_stop_drained.c, is in the condition that
 * ends the work: stopped AND empty.
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
    bool goes_on = !queue.stop; /* <-- though the queue may hold messages */
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
    stage_set(argc, argv, "A consumer is stopped with messages left in the queue.",
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
