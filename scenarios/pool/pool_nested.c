/*
 * A task that waits for a task
 *
 * Two cooks, two dishes, and each dish wants a sauce. Whoever cooks a dish hands in its sauce as a
 * task of its own and waits for it. But it waits as a worker: while it does, the pool has one less
 * to do anything. Once every worker waits so, the sauces lie in the queue and nobody is left to
 * take them out. No lock is held, there is no circle of locks; all threads sleep for ever.
 *
 * With a worker to spare all is well, so it passes the tests, and stands still one busy evening.
 * The barrier makes that evening: no one hands in a sauce before every dish has a cook.
 *
 * More workers only need more dishes to hang again. The mend is that tasks do not wait for tasks of
 * their own pool: see pool_nested_mended.c.
 */
#include <stdlib.h>

#include "common/pool.h"
#include "common/stage.h"

enum {
    DISHES = 2,
};

struct dish {
    const char *name;
    struct task cooking;
    struct task sauce;
};

static long spare = 0;
static struct pool kitchen;
static pthread_barrier_t all_are_cooked;

static void *make_sauce(void *argument)
{
    struct dish *dish = argument;
    say("makes the sauce for the %s", dish->name);
    return dish;
}

static void *cook(void *argument)
{
    struct dish *dish = argument;
    say("cooks the %s", dish->name);
    pthread_barrier_wait(&all_are_cooked);

    pool_submit(&kitchen, &dish->sauce, make_sauce, dish);
    say("waits for the sauce for the %s", dish->name);
    task_result(&dish->sauce); /* <-- waits for a worker, and is one itself */
    say("serves the %s", dish->name);
    return dish;
}

int main(int argc, char **argv)
{
    stage_set(argc, argv, "Every worker of a pool waits for another task of that pool.",
              (struct stage_option[]){
                  {"spare", "workers beyond one for each dish", &spare, 0, 8},
                  {0},
              });

    struct dish dishes[DISHES] = {{.name = "pasta"}, {.name = "fish"}};
    must(pthread_barrier_init(&all_are_cooked, NULL, DISHES));
    pool_start(&kitchen, DISHES + spare);
    for (int i = 0; i < DISHES; i++)
        pool_submit(&kitchen, &dishes[i].cooking, cook, &dishes[i]);

    int served = 0;
    for (int i = 0; i < DISHES; i++)
        served += task_result(&dishes[i].cooking) == &dishes[i];
    pool_shut_down(&kitchen);

    say("expected %d dishes, got %d", DISHES, served);
    return served == DISHES ? EXIT_SUCCESS : EXIT_FAILURE;
}
