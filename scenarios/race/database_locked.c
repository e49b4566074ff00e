/*
 * A database with a lock
 *
 * The two threads of database_race.c, and a mutex that is held from the copy to the store. Whoever
 * comes second waits before it copies, so what it copies is what the first has stored, and both
 * updates count.
 *
 * All three steps must lie under one hold of the lock. To lock the copy, unlock, compute, and lock
 * the store is to lock at every access and to lose the update all the same: the race is then
 * between the steps.
 *
 * The lock belongs to the value, and so they stand side by side. Everybody who touches the value
 * takes it; main reads the value without it only because it has joined both threads by then.
 */
#include <stdlib.h>

#include "common/stage.h"

static struct {
    pthread_mutex_t lock;
    long value; /* guarded by lock */
} database = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void update(void)
{
    pthread_mutex_lock(&database.lock); /* <-- before the copy */
    long copy = database.value;
    say("copies %ld", copy);
    copy++;

    say("stores %ld", copy);
    database.value = copy;
    pthread_mutex_unlock(&database.lock); /* <-- after the store */
}

static void *update_once(void *argument)
{
    const int *number = argument;
    name_thread("updater %d", *number);
    update();
    return NULL;
}

int main(int argc, char **argv)
{
    stage_set(argc, argv, "Two threads update a value once each under a lock.",
              (struct stage_option[]){{0}});

    pthread_t updaters[2];
    int numbers[2] = {1, 2};
    for (int i = 0; i < 2; i++)
        must(pthread_create(&updaters[i], NULL, update_once, &numbers[i]));
    for (int i = 0; i < 2; i++)
        must(pthread_join(updaters[i], NULL));

    say("expected 2, got %ld", database.value);
    return database.value == 2 ? EXIT_SUCCESS : EXIT_FAILURE;
}
