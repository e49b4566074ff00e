/*
 * A detached thread and its starter's variable
 *
 * send_waiter keeps the order in a variable of its own, starts a detached waiter with a pointer to
 * it, and returns. That ends the life of the variable, but not the waiter, who may not have looked
 * at it yet. The next function that main calls uses the same piece of the stack for its own
 * variables, and the waiter reads those instead. Here the next function is send_waiter again, for
 * the second table, so both waiters go to the second table and the first is forgotten. With any
 * other function it could be any number, and were it a pointer the program might crash.
 *
 * The cues make certain what would else be left to chance: no waiter looks before both orders are
 * written. They order no memory, so this is a data race too: main writes what the first waiter
 * reads. The second waiter is lucky, as main stays in the function until it has looked.
 *
 * In thread_daemon_joined.c the function does not return before the thread has ended.
 */
#include "common/stage.h"

enum {
    TABLES = 2,
};

static struct cue sent;
static struct cue looked;
static struct turn served = TURN_INITIALIZER;

static void *serve(void *argument)
{
    const long *order = argument;
    name_thread("waiter");
    cue_await(&sent, TABLES);
    long table = *order; /* <-- the variable it points to is long gone */
    cue_give(&looked);

    say("serves table %ld", table);
    turn_pass(&served);
    return NULL;
}

/* Not to be merged into main, where each order could have a place of its own. */
__attribute__((noinline)) static void send_waiter(long table)
{
    long order = table;
    pthread_t waiter;
    must(pthread_create(&waiter, NULL, serve, &order)); /* <-- lives until the return only */
    must(pthread_detach(waiter));                       /* <-- and nobody waits for the thread */
    say("has sent a waiter to table %ld", table);
    cue_give(&sent);
    if (table == TABLES)
        cue_await(&looked, TABLES);
}

int main(int argc, char **argv)
{
    stage_set(argc, argv, "Detached threads read a variable of a function that has returned.",
              (struct stage_option[]){STAGE_CUES, {0}});

    for (long table = 1; table <= TABLES; table++)
        send_waiter(table);
    turn_await(&served, TABLES);
    say("both waiters are back");
    return 0;
}
