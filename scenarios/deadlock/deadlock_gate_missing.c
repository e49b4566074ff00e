/*
 * One who does not use the door
 *
 * In the archive stand two drawers, the letters and the maps. The clerk opens the letters and then
 * the maps, the porter the maps and then the letters. To keep them apart there is the key to the
 * room: who has it is alone with the drawers. But the porter comes in by the window, without the
 * key. So both may be in the room, each with one drawer open, and wait for ever for the other's.
 *
 * In this program it does not happen: the porter is told that the clerk is done. But nothing in
 * locking keeps the two apart, and with other timing they would meet. A lock protects from those
 * who take it, and from nobody else.
 *
 * The mend is in deadlock_gate.c: the porter takes the key too.
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

    pthread_mutex_lock(&maps.lock);
    pthread_mutex_lock(&letters.lock); /* <-- maps first, then letters; without the key */
    maps.papers--;
    letters.papers++;
    pthread_mutex_unlock(&letters.lock);
    pthread_mutex_unlock(&maps.lock);

    say("has moved a paper from the maps to the letters");
    return unused;
}

int main(int argc, char **argv)
{
    stage_set(argc, argv, "Two threads lock in opposite order, only one of them behind a gate.",
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
