/*
 * The short form loses as well
 *
 * Written as "value++" the update of database_race.c looks like one step. It is the same three: the
 * processor copies the value into a register, adds, and stores the register. A thread can be
 * overtaken between any two of them. That a line of C is short, or a statement, or even a single
 * instruction, does not make it indivisible; only a lock does, or an atomic operation.
 *
 * Nothing is forced here. The window is a few instructions wide, but the threads pass through it
 * very often. Mostly the first attempt loses many updates, each time another number. Where the two
 * do not meet, because one is through before the other has begun, there is another attempt.
 *
 * The value is volatile for one reason: without it the compiler may add up the whole loop in a
 * register and store once. That loses updates too, but not by the short form.
 *
 * The mend is to make it one step, see counter_atomic.c, or a lock, see database_locked.c.
 */
#include "common/stage.h"

static long rounds = 1000000;
static long attempts = 200;
static pthread_barrier_t ready;
static struct {
    volatile long value;
} database;

static void *update_often(void *argument)
{
    const int *number = argument;
    name_thread("updater %d", *number);
    pthread_barrier_wait(&ready);
    for (long round = 0; round < rounds; round++)
        database.value++; /* <-- copies, adds and stores: three steps in one line */
    return NULL;
}

int main(int argc, char **argv)
{
    stage_set(argc, argv, "Two threads count with ++, and lose updates all the same.",
              (struct stage_option[]){
                  {"rounds", "updates by each thread", &rounds, 1, 100000000},
                  {"attempts", "how often to try until some are lost", &attempts, 1, 1000},
                  {0},
              });

    pthread_t updaters[2];
    int numbers[2] = {1, 2};
    long attempt = 0;
    long expected = 2 * rounds;
    must(pthread_barrier_init(&ready, NULL, 2));
    do {
        attempt++;
        database.value = 0;
        for (int i = 0; i < 2; i++)
            must(pthread_create(&updaters[i], NULL, update_often, &numbers[i]));
        for (int i = 0; i < 2; i++)
            must(pthread_join(updaters[i], NULL));
    } while (database.value == expected && attempt < attempts);

    say("attempt %ld: expected %ld, got %ld, lost %ld", attempt, expected, database.value,
        expected - database.value);
    return 0;
}
