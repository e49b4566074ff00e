/*
 * A task that waits for none
 *
 * In pool_nested.c every worker of the pool handed in a sauce and waited for it, and no one was
 * left to make the sauces. Here whoever cooks a dish makes its sauce itself: what was a task has
 * become a call. No worker waits for another, so even a pool of one worker serves every dish, and
 * the barrier that staged the mistake is not needed.
 *
 * Where the part must stay a task of its own, turn it round: do not wait for it, but hand on what
 * is to be done afterwards. Let make_sauce serve the dish as its last act, and let cook return as
 * soon as it has handed in the sauce. Then it is main that waits, for each dish to be cooked and
 * then for its sauce. Main may, since it is no worker.
 *
 * A second pool, for sauces only, works as well, as long as its tasks wait for nothing in the
 * first.
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
};

static long workers = DISHES;
static struct pool kitchen;

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
    make_sauce(dish); /* <-- a call and no task: nothing to wait for */
    say("serves the %s", dish->name);
    return dish;
}

int main(int argc, char **argv)
{
    stage_set(argc, argv, "Every worker of a pool does its part itself.",
              (struct stage_option[]){
                  {"workers", "threads of the pool", &workers, 1, 8},
                  {0},
              });

    struct dish dishes[DISHES] = {{.name = "pasta"}, {.name = "fish"}};
    pool_start(&kitchen, workers);
    for (int i = 0; i < DISHES; i++)
        pool_submit(&kitchen, &dishes[i].cooking, cook, &dishes[i]);

    int served = 0;
    for (int i = 0; i < DISHES; i++)
        served += task_result(&dishes[i].cooking) == &dishes[i];
    pool_shut_down(&kitchen);

    say("expected %d dishes, got %d", DISHES, served);
    return served == DISHES ? EXIT_SUCCESS : EXIT_FAILURE;
}
