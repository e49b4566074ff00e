#include "event.h"

#include "stage.h"

void event_init(struct event *event)
{
    must(pthread_mutex_init(&event->lock, NULL));
    must(pthread_cond_init(&event->was_set, NULL));
    event->set = false;
}

void event_destroy(struct event *event)
{
    pthread_cond_destroy(&event->was_set);
    pthread_mutex_destroy(&event->lock);
}

void event_set(struct event *event)
{
    pthread_mutex_lock(&event->lock);
    event->set = true;
    pthread_cond_broadcast(&event->was_set);
    pthread_mutex_unlock(&event->lock);
}

void event_clear(struct event *event)
{
    pthread_mutex_lock(&event->lock);
    event->set = false;
    pthread_mutex_unlock(&event->lock);
}

bool event_is_set(struct event *event)
{
    pthread_mutex_lock(&event->lock);
    bool set = event->set;
    pthread_mutex_unlock(&event->lock);
    return set;
}

void event_wait(struct event *event)
{
    pthread_mutex_lock(&event->lock);
    while (!event->set)
        pthread_cond_wait(&event->was_set, &event->lock);
    pthread_mutex_unlock(&event->lock);
}

bool event_wait_for(struct event *event, long milliseconds)
{
    /* A moment and not a length: after a wakeup for nothing the rest of the time is still right. */
    struct timespec deadline = moment_from_now(milliseconds);
    int error = 0;
    pthread_mutex_lock(&event->lock);
    while (!event->set && error == 0)
        error = pthread_cond_clockwait(&event->was_set, &event->lock, CLOCK_MONOTONIC, &deadline);
    bool set = event->set;
    pthread_mutex_unlock(&event->lock);
    return set;
}
