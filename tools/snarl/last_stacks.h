/* The stacks of a process tree, taken just before it is ended and then added to its recordings. */
#ifndef SNARL_LAST_STACKS_H
#define SNARL_LAST_STACKS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "recordings.h"

struct snarl_last_stack {
    pid_t pid, tid;
    uint64_t at;         /* when, in nanoseconds of the monotonic clock */
    uint64_t *addresses; /* return addresses, innermost first */
    size_t count;
};

struct snarl_last_stacks {
    struct snarl_last_stack *items;
    size_t count;
};

/* Takes those of one process; fits struct snarl_child_plan's before_kill. A process that cannot be
 * looked at has none. */
void snarl_last_stacks_take(pid_t pid, void *stacks);

/* Appends each to the newest recording of its process; the processes have ended. */
void snarl_last_stacks_append(const struct snarl_last_stacks *stacks,
                              const struct snarl_recordings *recordings);

void snarl_last_stacks_free(struct snarl_last_stacks *stacks);

#endif
