/*
 * Watches the processes of a run for those whose threads are all asleep, while it runs.
 *
 * What is found is kept, and becomes a fact of the recording at the end; a process that sleeps for
 * certain is told of at once. From the command's only thread.
 */
#ifndef SNARL_SLEEPERS_H
#define SNARL_SLEEPERS_H

#include <stdbool.h>
#include <sys/types.h>

#include "recordings.h"

struct snarl_sleepers;

/* For the recordings that are written to this directory from now on; it must outlive this. */
struct snarl_sleepers *snarl_sleepers_watch(const struct snarl_recordings *recordings);

/* Looks at each process once; for every SNARL_SLEEPER_INTERVAL. Calls `each` for those that were
 * found asleep for certain, once for each time that they fell asleep. */
void snarl_sleepers_look(struct snarl_sleepers *sleepers, void (*each)(pid_t pid, void *context),
                         void *context);

/* Adds what was found to the recordings, as snarl_recording_add_fact does. */
void snarl_sleepers_add_facts(const struct snarl_sleepers *sleepers,
                              struct snarl_recordings *recordings);

/* NULL is none. */
void snarl_sleepers_free(struct snarl_sleepers *sleepers);

/* For recordings of processes that may be alive: looks whether they sleep, for some tenths of a
 * second where it seems so, and adds what was found. */
void snarl_sleepers_judge(struct snarl_recordings *recordings);

#endif
