/*
 * Deadlocks, seen the moment they close.
 */
#ifndef SNARL_PRELOAD_DEADLOCK_H
#define SNARL_PRELOAD_DEADLOCK_H

#include <stdbool.h>

#include "preload/thread.h"

/* For the calling thread, READY, whose wait has just been published: whether that closes a circle
 * of waits and the call is to be refused. The deadlock is reported; and the process ended here, if
 * the option on-deadlock says so. Without the session's lock as long as only mutexes and joins are
 * concerned and the way leads to a thread that runs, as it nearly always does. */
bool snarl_deadlock_judge(struct snarl_thread *self);

#endif
