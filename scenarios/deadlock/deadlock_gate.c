/*
 * A gate before the locks
 *
 * The archive of deadlock_gate_missing.c. The clerk opens the letters and then the maps, the porter
 * the maps and then the letters: two locks in opposite orders, as in deadlock_abba.c. But both take
 * the key to the room first, and keep it until they are done. So they are never in the room
 * together, and that each holds one drawer and wants the other's cannot happen. A third lock that
 * is held around a circle is called a gate.
 *
 * A gate makes the circle harmless, and the drawers' own locks of little use to these two: only one
 * thread at a time is let in. One order for the drawers (deadlock_ordered.c) would do without it.
 *
 * The porter's two lines with the key are all that changed. What a tool says here shows what it
 * knows: snarl looks at what else was held, and reports nothing. ThreadSanitizer looks at the order
 * of the two locks alone, and reports a deadlock that cannot happen.
 */
#include "common/stage.h"

struct drawer {
    pthread_mutex_t lock;
    long papers; /* guarded by lock */
};

static pthread_mutex_t room_key = PTHREAD_MUTEX_INITIALIZER;
static struct drawer letters = {PTHREAD_MUTEX_INITIALIZER, 10};
static struct drawer maps = {PTHREAD_MUTEX_INITIALIZER, 10};

static pthread_barrier_t both_alive;
static struct turn clerk_done = TURN_INITIALIZER;

static void *file_letters(void *unused)
{
    name_thread("clerk");
    pthread_barrier_wait(&both_alive);

    pthread_mutex_lock(&room_key);
    pthread_mutex_lock(&letters.lock);
    pthread_mutex_lock(&maps.lock); /* <-- letters first, then maps; with the key */
    letters.papers--;
    maps.papers++;
    pthread_mutex_unlock(&maps.lock);
    pthread_mutex_unlock(&letters.lock);
    pthread_mutex_unlock(&room_key);

    say("has moved a paper from the letters to the maps");
    turn_pass(&clerk_done);
    return unused;
}

static void *file_maps(void *unused)
{
    name_thread("porter");
    pthread_barrier_wait(&both_alive);
    turn_await(&clerk_done, 1);

    pthread_mutex_lock(&room_key); /* <-- the gate: now nobody else has a drawer open */
    pthread_mutex_lock(&maps.lock);
    pthread_mutex_lock(&letters.lock); /* <-- maps first, then letters; but with the key */
    maps.papers--;
    letters.papers++;
    pthread_mutex_unlock(&letters.lock);
    pthread_mutex_unlock(&maps.lock);
    pthread_mutex_unlock(&room_key); /* <-- not before both drawers are closed */

    say("has moved a paper from the maps to the letters");
    return unused;
}

int main(int argc, char **argv)
{
    stage_set(argc, argv, "Two threads lock in opposite order, both behind one gate.",
              (struct stage_option[]){{0}});

    pthread_t clerk;
    pthread_t porter;
    must(pthread_barrier_init(&both_alive, NULL, 2));
    must(pthread_create(&clerk, NULL, file_letters, NULL));
    must(pthread_create(&porter, NULL, file_maps, NULL));
    must(pthread_join(clerk, NULL));
    must(pthread_join(porter, NULL));

    say("expected 20 papers, got %ld", letters.papers + maps.papers);
    return 0;
}
