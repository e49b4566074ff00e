/*
 * The timeline: what each thread did, when, for people who want to see it happen.
 *
 * Off, it costs nothing: no wrapper knows of it. On, the originals that the wrappers call are
 * replaced by ones that note an event before and after the real call. That costs a microsecond or
 * two each, and the number of events is bounded.
 */
#ifndef SNARL_PRELOAD_TIMELINE_H
#define SNARL_PRELOAD_TIMELINE_H

#include "preload/thread.h"

enum {
    SNARL_TIMELINE_EVENTS = 20000, /* of a process; later ones are a loss */
};

/* Begins it where the options ask for it. Once, at start, before the session begins. */
void snarl_timeline_start(void);

/* When a forked child begins its session: what it does is its own timeline. */
void snarl_timeline_in_child(void);

/* The calling thread ends. Session lock. */
void snarl_timeline_end_of(struct snarl_thread *self);

#endif
