/*
 * Starting threads
 *
 * pthread_create asks for a second flow of control and returns at once: from then on both run, and
 * nothing says which of them gets further first. Run this a few times, the greetings change order.
 *
 * What is handed to a thread must live as long as the thread uses it. Here each gets a pointer into
 * an array that is never freed; a pointer to the loop's own variable would show every thread
 * whatever number the loop has reached by then, as it does in thread_argument_shared.c.
 *
 * The threads are detached: no one will collect their result, so the system clears up after each by
 * itself. But returning from main ends the process with all its threads, greeted or not. So main
 * waits here until every greeting is out. The usual way to wait for a thread is thread_join.c's.
 */
#include "common/stage.h"

enum {
    MOST_THREADS = 64,
};

static long threads = 3;
static int numbers[MOST_THREADS];
static struct turn greeted = TURN_INITIALIZER;

static void *greet(void *argument)
{
    const int *number = argument;
    name_thread("greeter %d", *number);
    say("hello from thread %d", *number);
    turn_pass(&greeted); /* <-- who is detached must tell main itself that it is done */
    return NULL;
}

int main(int argc, char **argv)
{
    stage_set(argc, argv, "Starts threads that greet and go.",
              (struct stage_option[]){
                  {"threads", "how many to start", &threads, 1, MOST_THREADS},
                  {0},
              });

    pthread_attr_t detached;
    must(pthread_attr_init(&detached));
    must(pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED));

    for (int i = 0; i < threads; i++) {
        numbers[i] = i + 1;
        pthread_t thread;
        must(pthread_create(&thread, &detached, greet, &numbers[i])); /* <-- a number of its own */
    }
    pthread_attr_destroy(&detached);

    say("started %ld threads", threads);
    turn_await(&greeted, threads);
    say("every thread has greeted");
    return 0;
}
