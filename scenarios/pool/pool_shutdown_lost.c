/*
 * Tasks that are lost at the end
 *
 * main hands in five pages to be saved, and returns. To return from main is to end the process,
 * with all its threads, wherever they are: the pages that two workers have in hand are left half
 * done, and those still in the queue are never begun. Nothing fails. The program even exits with
 * status 0; the pages are just not there.
 *
 * Where main happens to have other things to do meanwhile, the mistake does not show. Here it
 * must: every page but the first takes longer than main lives. For this its task waits for a turn
 * that nobody passes; it stands for a slow disk. And main returns only when a page is saved and
 * both workers have begun another, so that each run comes to the same.
 *
 * The mend is to shut down the pool, which waits: see pool_shutdown.c.
 */
#include <stdlib.h>

#include "common/pool.h"
#include "common/stage.h"

enum {
    PAGES = 5,
    WORKERS = 2,
};

/* All of this outlives main: the workers use it to the last. */
static struct pool pool;
static struct task tasks[PAGES];
static int pages[PAGES];

static struct turn begun = TURN_INITIALIZER;
static struct turn main_is_gone = TURN_INITIALIZER;
static atomic_long saved;

static void *save(void *argument)
{
    const int *page = argument;
    say("begins to save page %d", *page);
    turn_pass(&begun);
    if (*page > 1)
        turn_await(&main_is_gone, 1);

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
    stage_set(argc, argv, "Hands in five tasks, and does not wait for them.",
              (struct stage_option[]){{0}});
    atexit(take_stock);

    pool_start(&pool, WORKERS);
    for (int i = 0; i < PAGES; i++) {
        pages[i] = i + 1;
        pool_submit(&pool, &tasks[i], save, &pages[i]);
    }
    task_result(&tasks[0]);
    turn_await(&begun, 1 + WORKERS);

    say("returns");
    return 0; /* <-- ends the process, and with it the workers and what they had to do */
}
