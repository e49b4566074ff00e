/*
 * The deadlock that needs a coincidence
 *
 * A server writes a line to its log for each request while it holds the queue; the log is rotated
 * once a night, and the rotation empties the queue while it holds the log. So one takes queue and
 * then log, the other log and then queue, and should they ever do so in the same instant, each can
 * have its first lock and wait for ever for its second.
 *
 * Nothing prevents it but the odds: here the last request is served long before the rotation
 * begins. No test will see it, and one night some server will stand still. To see it at once:
 *
 *     snarl confirm -- ./deadlock_by_chance
 *
 * The mend is that of deadlock_ordered.c: one order for all, in rotate() as in serve().
 */
#include <time.h>

#include "common/stage.h"

struct shared {
    pthread_mutex_t lock;
    long entries; /* guarded by lock */
};

static struct shared queue = {PTHREAD_MUTEX_INITIALIZER, 5};
static struct shared journal = {PTHREAD_MUTEX_INITIALIZER, 0};

static long night = 50;

static void pass_time(long milliseconds)
{
    struct timespec time = {milliseconds / 1000, milliseconds % 1000 * 1000000};
    nanosleep(&time, NULL);
}

static void serve(void)
{
    pthread_mutex_lock(&queue.lock);
    pthread_mutex_lock(&journal.lock); /* <-- queue first, then the journal */
    queue.entries--;
    journal.entries++;
    pthread_mutex_unlock(&journal.lock);
    pthread_mutex_unlock(&queue.lock);
}

static void rotate(void)
{
    pthread_mutex_lock(&journal.lock);
    pthread_mutex_lock(&queue.lock); /* <-- journal first, then the queue */
    journal.entries = 0;
    queue.entries = 0;
    pthread_mutex_unlock(&queue.lock);
    pthread_mutex_unlock(&journal.lock);
}

static void *server(void *unused)
{
    name_thread("server");
    for (int request = 1; request <= 5; request++) {
        serve();
        say("has served request %d", request);
    }
    return unused;
}

static void *rotator(void *unused)
{
    name_thread("rotator");
    pass_time(night);
    rotate();
    say("has rotated the journal");
    return unused;
}

int main(int argc, char **argv)
{
    stage_set(argc, argv,
              "Two threads lock a queue and a journal in opposite order, seldom at once.",
              (struct stage_option[]){
                  {"night", "milliseconds until the journal is rotated", &night, 0, 1000000},
                  {0},
              });

    pthread_t serving;
    pthread_t rotating;
    must(pthread_create(&serving, NULL, server, NULL));
    must(pthread_create(&rotating, NULL, rotator, NULL));
    must(pthread_join(serving, NULL));
    must(pthread_join(rotating, NULL));

    say("the night is over");
    return 0;
}
