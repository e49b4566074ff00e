/*
 * A variable that outlives its thread
 *
 * The waiters of thread_daemon_stack.c again, who read an order that is a variable of the function
 * that sends them. There the function returns while they are on their way. Here it joins the waiter
 * first, so the variable lives longer than the thread that uses it, and no order of events can
 * make the waiter read anything else.
 *
 * The price is that the second waiter goes when the first is back. Where both are to walk at once,
 * the orders must live elsewhere: in an array of main's, which joins all of them, or in memory that
 * was allocated for the thread and that the thread frees.
 */
#include "common/stage.h"

enum {
    TABLES = 2,
};

static void *serve(void *argument)
{
    const long *order = argument;
    name_thread("waiter");
    long table = *order;

    say("serves table %ld", table);
    return NULL;
}

static void send_waiter(long table)
{
    long order = table;
    pthread_t waiter;
    must(pthread_create(&waiter, NULL, serve, &order));
    say("has sent a waiter to table %ld", table);
    must(pthread_join(waiter, NULL)); /* <-- the order lives until the waiter is back */
}

int main(int argc, char **argv)
{
    stage_set(argc, argv, "Threads read a variable of a function that waits for them.",
              (struct stage_option[]){{0}});

    for (long table = 1; table <= TABLES; table++)
        send_waiter(table);
    say("both waiters are back");
    return 0;
}
