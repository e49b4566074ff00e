/* Private to steering. */
#ifndef SNARL_PRELOAD_STEER_PARTS_H
#define SNARL_PRELOAD_STEER_PARTS_H

#include "preload/thread.h"
#include "recording/schedule.h"

/* Steers by this schedule, which lives as long as the process. Before the session begins, and anew
 * in a forked child. */
void snarl_steer_begin(const struct snarl_schedule *schedule);

#endif
