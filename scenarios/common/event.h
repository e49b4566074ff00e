/*
 * An event: a flag that threads wait for. Once set it stays set, until it is cleared.
 */
#ifndef SCENARIOS_EVENT_H
#define SCENARIOS_EVENT_H

#include <pthread.h>
#include <stdbool.h>

struct event {
    pthread_mutex_t lock; /* guards `set` */
    pthread_cond_t was_set;
    bool set;
};

#define EVENT_INITIALIZER                                                                          \
    {                                                                                              \
        PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, false                                 \
    }

void event_init(struct event *event);
void event_destroy(struct event *event);

void event_set(struct event *event);
void event_clear(struct event *event);
bool event_is_set(struct event *event);

/* Waits until it is set; it may be set already. */
void event_wait(struct event *event);

/* The same for at most so long. False where it was not set in time. */
bool event_wait_for(struct event *event, long milliseconds);

#endif
