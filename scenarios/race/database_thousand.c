/*
 * How often is an update lost?
 *
 * The two threads of database_race.c, a thousand times over, and nothing is forced: they set off
 * together, each updates the value once, and whether they meet is left to chance. In some runs an
 * update is lost, in others not, and how many are lost changes from one start of the program to
 * the next, from machine to machine, and with what else the machine has to do. It may be nearly
 * every one or none at all, and with a single processor it hardly ever happens.
 *
 * It also depends on how long the value is computed. Here that takes some microseconds, and many
 * runs lose an update; where it takes no time at all, as with --work=0, it may be one in a
 * thousand. That is what makes races hard to find. A test that runs once may well pass, and a test
 * that has passed a thousand times has shown that the fault is rare and not that there is none.
 * Whoever looks for it needs a tool that sees the missing lock and not just the wrong result.
 *
 * The value is volatile so that the compiler keeps the copy and the store apart, as they are
 * written here.
 *
 * The mend is in database_locked.c.
 */
#include "common/stage.h"

static long runs = 1000;
static long work = 5000;
static struct cue ready;
static struct {
    volatile long value;
} database;

/* One more than the value, and it takes a while. */
static long compute(long value)
{
    for (volatile long step = 0; step < work; step++)
        continue;
    return value + 1;
}

static void *update_once(void *argument)
{
    const long *run = argument;
    cue_give(&ready);
    cue_await(&ready, 2 * *run); /* so that they set off together; nothing more is done for it */

    long copy = database.value;
    copy = compute(copy);
    database.value = copy; /* <-- if the other has copied meanwhile, one is lost */
    return NULL;
}

int main(int argc, char **argv)
{
    stage_set(argc, argv, "Two threads update a value once each, a thousand times over.",
              (struct stage_option[]){
                  {"runs", "how often to try", &runs, 1, 5000},
                  {"work", "how long to compute between copy and store", &work, 0, 100000},
                  {0},
              });

    long lost = 0;
    for (long run = 1; run <= runs; run++) {
        pthread_t updaters[2];
        database.value = 0;
        for (int i = 0; i < 2; i++)
            must(pthread_create(&updaters[i], NULL, update_once, &run));
        for (int i = 0; i < 2; i++)
            must(pthread_join(updaters[i], NULL));
        if (database.value != 2)
            lost++;
    }

    say("an update was lost in %ld of %ld runs", lost, runs);
    return 0;
}
