/*
 * Calling back with the lock held
 *
 * A thermometer tells its listener of each change. It does so from the middle of thermometer_set(),
 * where the lock is held. What a listener does, the thermometer cannot know. This one does what
 * most will do: it reads the thermometer. thermometer_read() locks, the lock is held by the very
 * thread that now waits for it, and so the sensor waits for itself for ever.
 *
 * Each function is right by itself, and the listener is not to blame: nothing told it under which
 * locks it would run. Had it locked something of its own instead, the same call would put that lock
 * after the thermometer's, and any thread that takes the two the other way round could deadlock.
 *
 * The mend: never call unknown code with a lock held. See deadlock_callback_mended.c.
 */
#include "common/stage.h"

static struct {
    pthread_mutex_t lock; /* guards all that follows */
    long degrees;
    void (*listener)(void);
} thermometer = {.lock = PTHREAD_MUTEX_INITIALIZER};

static long shown; /* by the sensor; main reads it once that has ended */

static void thermometer_listen(void (*listener)(void))
{
    pthread_mutex_lock(&thermometer.lock);
    thermometer.listener = listener;
    pthread_mutex_unlock(&thermometer.lock);
}

static long thermometer_read(void)
{
    pthread_mutex_lock(&thermometer.lock); /* <-- held already, where the listener reads */
    long degrees = thermometer.degrees;
    pthread_mutex_unlock(&thermometer.lock);
    return degrees;
}

static void thermometer_set(long degrees)
{
    pthread_mutex_lock(&thermometer.lock);
    thermometer.degrees = degrees;
    if (thermometer.listener != NULL)
        thermometer.listener(); /* <-- runs unknown code with the lock held */
    pthread_mutex_unlock(&thermometer.lock);
}

static void show(void)
{
    say("is told of a change, and reads the thermometer");
    shown = thermometer_read();
    say("shows %ld degrees", shown);
}

static void *measure(void *unused)
{
    name_thread("sensor");
    thermometer_set(21);
    return unused;
}

int main(int argc, char **argv)
{
    stage_set(argc, argv, "A listener, called with the lock held, needs that lock, and hangs.",
              (struct stage_option[]){{0}});

    thermometer_listen(show);

    pthread_t sensor;
    must(pthread_create(&sensor, NULL, measure, NULL));
    must(pthread_join(sensor, NULL));

    say("expected 21 degrees, got %ld", shown);
    return 0;
}
