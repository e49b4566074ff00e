/*
 * A process as the kernel sees it, from /proc: its tasks, and what might wake them from outside.
 *
 * Reads only; the process notices nothing. What cannot be read counts as running, or as unknown.
 */
#ifndef SNARL_TASKS_H
#define SNARL_TASKS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "core/asleep.h"

struct snarl_tasks {
    struct snarl_asleep_task *items;
    size_t count;
    size_t room; /* private */
};

/* Reads the tasks of `pid` into `tasks`, whose memory is used again; dead ones are left out. False
 * where they are not `expected` in number, or not all of them sleep: the list then ends early. */
bool snarl_tasks_read(struct snarl_tasks *tasks, pid_t pid, size_t expected);

/* Lists the tasks of `pid`, whether they sleep or not; dead ones are left out. */
void snarl_tasks_list(struct snarl_tasks *tasks, pid_t pid);

void snarl_tasks_free(struct snarl_tasks *tasks);

/* Whether the process has a task that is not dead: it may still run, or be run. */
bool snarl_tasks_alive(pid_t pid);

/* Timers of setitimer(2) and alarm(2) cannot be seen. Without a handler for their signal they end
 * the process, if anything, so only with one are timers unknown. A timer that exists may be armed.
 * Those of time on the processor, and handlers of SIGPROF and SIGTRAP, wake nobody while all sleep.
 */
struct snarl_asleep_surroundings snarl_tasks_surroundings(pid_t pid);

/* Whether `pid`, which has a task `tid`, has mapped the file of this inode number and of the name
 * that `path` ends in. The device is left out: the kernel shows another one for some file systems.
 */
bool snarl_tasks_map(pid_t pid, pid_t tid, ino_t inode, const char *path);

/* What the process was started as (argv[0]), or "a program"; cut to the buffer's size. */
void snarl_tasks_name(pid_t pid, char *name, size_t size);

#endif
