/*
 * Runs the jobs of a suite, several at once, each in a process of its own, and hands in what came
 * of them. Tells of its progress on standard error where that is a terminal.
 */
#ifndef SNARL_SUITE_WORKERS_H
#define SNARL_SUITE_WORKERS_H

#include "suite/suite.h"

struct snarl_workers_plan {
    unsigned at_once;     /* jobs that run at the same time, at least 1 */
    const char *programs; /* the folder of the programs; NULL for snarl's own scenarios */
    double time_limit_s;  /* for one run, where the manifest says none */
};

/* Returns the signal with which the user has ended it, with the jobs undone that had not begun; 0
 * where all are done. */
int snarl_workers_run(struct snarl_suite *suite, const struct snarl_workers_plan *plan);

#endif
