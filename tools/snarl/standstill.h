/*
 * A program that is to hang: does it, by now?
 *
 * To be looked at again and again, SNARL_STANDSTILL_INTERVAL apart. It stands still once the kernel
 * has run none of its threads for SNARL_STANDSTILL_LOOKS looks in a row, but for those that a tool
 * has added. (A program that only sleeps for longer looks the same: so this is for those that are
 * to hang, and ends the wait for it.)
 */
#ifndef SNARL_STANDSTILL_H
#define SNARL_STANDSTILL_H

#include <stdbool.h>
#include <sys/types.h>

#include "tasks.h"

enum {
    SNARL_STANDSTILL_INTERVAL = 100, /* milliseconds */
    SNARL_STANDSTILL_LOOKS = 10,
};

struct snarl_standstill {
    size_t strangers; /* threads that are not the program's own, and may run */
    /* Private. */
    struct snarl_tasks before, now;
    unsigned looks; /* in a row that saw it stand still */
};

/* Looks. Whether `pid` has stood still for long enough. */
bool snarl_standstill_look(struct snarl_standstill *standstill, pid_t pid);

void snarl_standstill_free(struct snarl_standstill *standstill);

#endif
