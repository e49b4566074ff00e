/*
 * A database, and one thread
 *
 * The database holds a single value. To update it is three steps: copy the value out, compute the
 * new one from the copy, store that back. This is how any program changes what lies in a file, in a
 * table or on a server, and how a processor changes what lies in memory.
 *
 * One thread that updates twice has made the first update before it begins the second, so the
 * second copy is what the first has stored. In database_race.c two threads make one update each,
 * with these same three steps, and it goes wrong.
 */
#include <stdlib.h>

#include "common/stage.h"

static struct {
    long value;
} database;

static void update(void)
{
    long copy = database.value;
    say("copies %ld", copy);
    copy++;
    say("stores %ld", copy);
    database.value = copy; /* <-- done before the next copy is made */
}

static void *update_twice(void *unused)
{
    name_thread("updater");
    update();
    update();
    return unused;
}

int main(int argc, char **argv)
{
    stage_set(argc, argv, "One thread updates a value twice.", (struct stage_option[]){{0}});

    pthread_t updater;
    must(pthread_create(&updater, NULL, update_twice, NULL));
    must(pthread_join(updater, NULL));

    say("expected 2, got %ld", database.value);
    return database.value == 2 ? EXIT_SUCCESS : EXIT_FAILURE;
}
