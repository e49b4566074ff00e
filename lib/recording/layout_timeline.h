/* The facts of a timeline: what each thread did, when. Only where the option `timeline` asks. */
#ifndef SNARL_RECORDING_LAYOUT_TIMELINE_H
#define SNARL_RECORDING_LAYOUT_TIMELINE_H

#include "recording/fact.h"

enum snarl_event_flags {
    SNARL_EVENT_SHARED = 1, /* as a reader */
};

/* A thread does something, here: in the order of the facts of a recording, which is that of events
 * as far as they depend on each other. `other` may be a thread that has no fact yet: it is being
 * made. */
struct snarl_fact_event {
    struct snarl_fact_header header;
    uint64_t at;     /* monotonic nanoseconds */
    uint32_t event;  /* enum snarl_event */
    uint32_t thread; /* that does it */
    uint32_t object; /* a lock id; 0 for none */
    uint32_t other;  /* another thread; of waits on a condition, the mutex; 0 for none */
    uint32_t stack;
    uint32_t flags; /* enum snarl_event_flags */
};

#endif
