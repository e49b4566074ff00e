/*
 * Doing it once
 *
 * A table that many threads use is built when the first of them needs it. Each thread calls
 * pthread_once before it looks anything up. The first call runs build_table; whoever calls
 * meanwhile waits until it has returned; all later calls return at once. So it is built one time,
 * by whichever thread comes first, and nobody ever sees it half built. What build_table has written
 * is seen by every thread that has called pthread_once, without any lock.
 *
 * "if (!built) { build_table(); built = true; }" would not do: two threads can both find it not
 * built yet, and both would build; and a thread may find `built` true and the table still empty.
 */
#include <stdlib.h>

#include "common/stage.h"

enum {
    MOST_THREADS = 64,
    SIZE = 100,
};

static long threads = 8;
static pthread_barrier_t all_start;

static pthread_once_t table_once = PTHREAD_ONCE_INIT;
static long squares[SIZE];
static long times_built;

static void build_table(void)
{
    say("builds the table");
    for (long i = 0; i < SIZE; i++)
        squares[i] = i * i;
    times_built++;
}

static long square(long number)
{
    pthread_once(&table_once, build_table); /* <-- the first builds, the others wait for it */
    return squares[number];
}

static void *look_up(void *argument)
{
    long *number = argument;
    name_thread("reader %ld", *number);
    pthread_barrier_wait(&all_start);
    *number = square(*number);
    say("has looked up %ld", *number);
    return NULL;
}

int main(int argc, char **argv)
{
    stage_set(argc, argv, "Many threads need a table, and one builds it.",
              (struct stage_option[]){
                  {"threads", "how many need it", &threads, 1, MOST_THREADS},
                  {0},
              });

    pthread_t readers[MOST_THREADS];
    long numbers[MOST_THREADS];
    must(pthread_barrier_init(&all_start, NULL, (unsigned)threads));
    for (long i = 0; i < threads; i++) {
        numbers[i] = i + 1;
        must(pthread_create(&readers[i], NULL, look_up, &numbers[i]));
    }

    long right = 0;
    for (long i = 0; i < threads; i++) {
        must(pthread_join(readers[i], NULL));
        right += numbers[i] == (i + 1) * (i + 1);
    }

    say("expected %ld right answers, got %ld", threads, right);
    say("expected to build 1 time, got %ld", times_built);
    return right == threads && times_built == 1 ? EXIT_SUCCESS : EXIT_FAILURE;
}
