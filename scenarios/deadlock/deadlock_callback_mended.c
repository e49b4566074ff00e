/*
 * Calling back after the release
 *
 * The thermometer of deadlock_callback.c. There the listener was called with the lock held, and
 * waited for that lock itself. Here thermometer_set() copies what it needs while it holds the lock,
 * the listener, releases the lock, and only then calls. The listener may now lock what it likes,
 * the thermometer included.
 *
 * thermometer_set() is all that changed. What it costs: between the release and the call others may
 * come in. So the listener may read a temperature newer than the one it was told of, and it may be
 * called once more after another thread has put a different one in its place. Its owner must not
 * free what it uses the moment it is replaced.
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
    pthread_mutex_lock(&thermometer.lock);
    long degrees = thermometer.degrees;
    pthread_mutex_unlock(&thermometer.lock);
    return degrees;
}

static void thermometer_set(long degrees)
{
    pthread_mutex_lock(&thermometer.lock);
    thermometer.degrees = degrees;
    void (*listener)(void) = thermometer.listener; /* <-- copied while the lock is held */
    pthread_mutex_unlock(&thermometer.lock);
    if (listener != NULL)
        listener(); /* <-- called when it no longer is */
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
    stage_set(argc, argv, "A listener, called after the release, may lock what it likes.",
              (struct stage_option[]){{0}});

    thermometer_listen(show);

    pthread_t sensor;
    must(pthread_create(&sensor, NULL, measure, NULL));
    must(pthread_join(sensor, NULL));

    say("expected 21 degrees, got %ld", shown);
    return 0;
}
