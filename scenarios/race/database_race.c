/*
 * A database, and two threads: a lost update
 *
 * The update of database_alone.c is right, and right it stays as long as one thread makes it. Two
 * threads that make it at the same time can both copy the value before either stores. Then both
 * have copied 0, both store 1, and of two updates only one is left. This is a race: the result
 * depends on who gets where first.
 *
 * Left to chance it happens now and then; database_thousand.c counts how often. Here the cue makes
 * it certain: nobody stores before both have copied. The cue says when, and nothing else. It is not
 * a lock, so what the threads do to the value remains a data race, and ThreadSanitizer reports it.
 *
 * The mend is a lock around all three steps: see database_locked.c.
 */
#include "common/stage.h"

static struct {
    long value;
} database;

static struct cue copied;

static void update(void)
{
    long copy = database.value; /* <-- both copy the same value */
    say("copies %ld", copy);
    copy++;
    cue_give(&copied);
    cue_await(&copied, 2);

    say("stores %ld", copy);
    database.value = copy; /* <-- the second to store wipes out the first */
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
    stage_set(argc, argv, "Two threads update a value once each, and one update is lost.",
              (struct stage_option[]){{0}});

    pthread_t updaters[2];
    int numbers[2] = {1, 2};
    for (int i = 0; i < 2; i++)
        must(pthread_create(&updaters[i], NULL, update_once, &numbers[i]));
    for (int i = 0; i < 2; i++)
        must(pthread_join(updaters[i], NULL));

    say("expected 2, got %ld", database.value);
    return 0;
}
