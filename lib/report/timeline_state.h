/*
 * What each thread of a timeline holds and waits for, event by event. Private to lib/report.
 */
#ifndef SNARL_REPORT_TIMELINE_STATE_H
#define SNARL_REPORT_TIMELINE_STATE_H

#include <stdbool.h>

#include "report/model.h"
#include "report/pool.h"

struct snarl_timeline_thread {
    unsigned thread;
    bool alive;
    unsigned *holds; /* locks, outermost first; one that is held twice stands twice */
    size_t hold_count;
    unsigned waits_for; /* a lock, condition, semaphore or barrier; 0 for none */
    unsigned joins;     /* a thread; 0 for none */
};

struct snarl_timeline_state {
    const struct snarl_report *report;
    struct snarl_timeline_thread *threads; /* in the order in which they are first told of */
    size_t count;
    bool *is_signal; /* by lock id: a semaphore that others post than those who take it */
    struct snarl_pool *pool;
};

/* Before the first of these events, which are those of one process. */
struct snarl_timeline_state snarl_timeline_begin(const struct snarl_report *report,
                                                 const struct snarl_report_event *events,
                                                 size_t count, struct snarl_pool *pool);

/* After that event. */
void snarl_timeline_apply(struct snarl_timeline_state *state,
                          const struct snarl_report_event *event);

/* The threads of a finding that happened wait for what it says. */
void snarl_timeline_apply_finding(struct snarl_timeline_state *state,
                                  const struct snarl_report_finding *finding);

/* NULL where nothing is told of it. */
struct snarl_timeline_thread *snarl_timeline_thread_of(struct snarl_timeline_state *state,
                                                       unsigned thread);

#endif
