/*
 * Shutting down a pool
 *
 * To return from main ends the process with all its threads, and the tasks that are not done by
 * then never will be: so pool_shutdown_lost.c loses four of its five pages. This program mends it
 * with one call before it returns; the turns that made sure of the loss are gone.
 *
 * To shut down in an orderly way is three steps, and pool_shut_down does them in this order. It
 * closes the queue, so that workers who find it empty know that no more will come; it lets them do
 * all that is still in it; and it joins them, one after the other, which is the waiting. When it
 * returns every task is done, and there is no thread left that could touch the pool or the tasks.
 *
 * Whoever hands in tasks must have stopped before that. What is handed in to a pool that is shut
 * down is done by nobody, and to hand it in is to use a queue that has been destroyed.
 */
#include <stdlib.h>

#include "common/pool.h"
#include "common/stage.h"

enum {
    PAGES = 5,
    WORKERS = 2,
};

static struct pool pool;
static struct task tasks[PAGES];
static int pages[PAGES];

static atomic_long saved;

static void *save(void *argument)
{
    const int *page = argument;
    say("begins to save page %d", *page);
    atomic_fetch_add(&saved, 1);
    say("has saved page %d", *page);
    return NULL;
}

/* Called by exit, after main. */
static void take_stock(void)
{
    say("expected %d pages saved, got %ld", PAGES, atomic_load(&saved));
}

int main(int argc, char **argv)
{
    stage_set(argc, argv, "Hands in five tasks, and waits for them by shutting down the pool.",
              (struct stage_option[]){{0}});
    atexit(take_stock);

    pool_start(&pool, WORKERS);
    for (int i = 0; i < PAGES; i++) {
        pages[i] = i + 1;
        pool_submit(&pool, &tasks[i], save, &pages[i]);
    }

    say("shuts down the pool");
    pool_shut_down(&pool); /* <-- waits until all is done and the workers have ended */

    say("returns");
    return 0;
}
