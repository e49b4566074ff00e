/*
 * Results in order
 *
 * To map is to do the same to each number of a range, and to get the results in the order of the
 * range. The workers know nothing of that order: whoever is quicker is done sooner. Nor need they.
 * Each task has a place of its own for its result, and map() collects from the first place to the
 * last, waiting at each for as long as that one takes. What was done early lies ready by then.
 *
 * Here the tasks finish in the opposite order, the last one first. To make sure of it, each waits
 * for its turn before it is done; so there must be a worker for every task. The results come in
 * order all the same.
 */
#include <stdlib.h>

#include "common/pool.h"
#include "common/stage.h"

enum {
    MOST_NUMBERS = 64,
};

static long numbers = 5;
static struct turn finish = TURN_INITIALIZER;

/* Replaces the number by its square. */
static void *square(void *argument)
{
    long *number = argument;
    long given = *number;
    *number = given * given;

    turn_await(&finish, numbers - given);
    say("%ld is done", given);
    turn_pass(&finish);
    return number;
}

static void map(struct pool *pool, void *(*function)(void *), long *values, long count)
{
    struct task tasks[MOST_NUMBERS];
    for (long i = 0; i < count; i++)
        pool_submit(pool, &tasks[i], function, &values[i]); /* <-- first hand in all of them */
    for (long i = 0; i < count; i++) {
        const long *result = task_result(&tasks[i]); /* <-- then wait for each in its turn */
        say("the result of number %ld is %ld", i + 1, *result);
    }
}

int main(int argc, char **argv)
{
    stage_set(argc, argv, "Maps a range to its squares.",
              (struct stage_option[]){
                  {"numbers", "how long the range is", &numbers, 1, MOST_NUMBERS},
                  {0},
              });

    struct pool pool;
    long values[MOST_NUMBERS];
    for (long i = 0; i < numbers; i++)
        values[i] = i + 1;
    pool_start(&pool, numbers);
    map(&pool, square, values, numbers);
    pool_shut_down(&pool);

    long in_order = 0;
    for (long i = 0; i < numbers; i++)
        in_order += values[i] == (i + 1) * (i + 1);
    say("expected %ld results in order, got %ld", numbers, in_order);
    return in_order == numbers ? EXIT_SUCCESS : EXIT_FAILURE;
}
