/*
 * One argument for all threads
 *
 * Each thread is to greet with its own number, so main hands it a pointer to the number. But it is
 * the loop's own variable, and there is only one of it. A thread that starts a little late reads
 * what the loop has made of it by then: a number that is another thread's, or one that is no
 * thread's at all. Two threads may greet with the same number, and some number is never heard.
 *
 * The cue makes certain what would else be left to chance: no thread reads before the loop has
 * ended, and then the variable is one more than the last number. It orders no memory, so this
 * stays what it is without it, a data race: main goes on writing the variable once a thread has
 * been started, that thread reads it, and nothing orders the two.
 *
 * The mend is in thread_start.c: every thread gets a variable of its own, which nobody changes
 * once the thread has been started.
 */
#include "common/stage.h"

enum {
    MOST_THREADS = 64,
};

static long threads = 3;
static struct cue all_started;
static struct turn greeted = TURN_INITIALIZER;

static void *greet(void *argument)
{
    cue_await(&all_started, 1);
    int number = *(const int *)argument; /* <-- too late: the loop has gone on */
    name_thread("greeter %d", number);
    say("hello from thread %d", number);
    turn_pass(&greeted);
    return NULL;
}

int main(int argc, char **argv)
{
    stage_set(argc, argv, "Starts threads that all read the loop's own variable.",
              (struct stage_option[]){
                  {"threads", "how many to start", &threads, 1, MOST_THREADS},
                  STAGE_CUES,
                  {0},
              });

    pthread_attr_t detached;
    must(pthread_attr_init(&detached));
    must(pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED));

    int number;
    for (number = 1; number <= threads; number++) {
        pthread_t thread;
        must(pthread_create(&thread, &detached, greet, &number)); /* <-- one variable for all */
    }
    pthread_attr_destroy(&detached);

    say("started %ld threads", threads);
    cue_give(&all_started);
    turn_await(&greeted, threads);
    say("every thread has greeted");
    return 0;
}
