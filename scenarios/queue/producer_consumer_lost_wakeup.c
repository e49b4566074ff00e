/*
 * A wakeup that no one heard
 *
 * A condition variable remembers nothing. pthread_cond_signal wakes a thread that waits now; if
 * there is none it does nothing at all, and the signal is gone. The consumer below does not look
 * whether the item is there already, it simply waits to be told. When the producer is first, the
 * consumer sleeps for ever beside a finished item.
 *
 * Left to chance either may be first, so this works on most days. Here turns see to it that the
 * producer always is.
 *
 * The mend: wait for the state, not for the signal, as producer_consumer_queue.c does:
 *
 *     while (!item_ready)
 *         pthread_cond_wait(&item_came, &item_lock);
 */
#include <stdbool.h>

#include "common/stage.h"

static pthread_mutex_t item_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t item_came = PTHREAD_COND_INITIALIZER;
static bool item_ready; /* guarded by item_lock */

static struct turn turn = TURN_INITIALIZER; /* 0: the producer's; 1: the consumer's */

static void *produce(void *unused)
{
    name_thread("producer");
    turn_await(&turn, 0);

    pthread_mutex_lock(&item_lock);
    item_ready = true;
    pthread_cond_signal(&item_came); /* <-- nobody waits yet, so it wakes nobody */
    pthread_mutex_unlock(&item_lock);

    say("the item is ready, I have signalled");
    turn_pass(&turn);
    return unused;
}

static void *consume(void *unused)
{
    name_thread("consumer");
    turn_await(&turn, 1);

    pthread_mutex_lock(&item_lock);
    say("waits for the signal");
    pthread_cond_wait(&item_came, &item_lock); /* <-- without a look at item_ready */
    say(item_ready ? "has the item" : "woke without an item");
    pthread_mutex_unlock(&item_lock);
    return unused;
}

int main(int argc, char **argv)
{
    stage_set(argc, argv, "A signal is sent before anyone waits for it, and is lost.",
              (struct stage_option[]){{0}});

    pthread_t consumer;
    pthread_t producer;
    must(pthread_create(&consumer, NULL, consume, NULL));
    must(pthread_create(&producer, NULL, produce, NULL));
    must(pthread_join(producer, NULL));
    must(pthread_join(consumer, NULL));

    say("done");
    return 0;
}
