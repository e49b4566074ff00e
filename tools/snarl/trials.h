/*
 * Runs a program again and again, steered into each deadlock that was predicted for it.
 *
 * Of each finding up to `runs` runs, fewer where one confirms it. They differ in where the threads
 * are held (before they ask for the lock that they want; once they have taken what they hold; some
 * here, some there), for how long, and in who goes first where one must: by the seed alone.
 *
 * What the program writes in them is thrown away. Its standard input is the terminal, or the file
 * that the command was given, from where it stood; else there is nothing to read.
 */
#ifndef SNARL_TRIALS_H
#define SNARL_TRIALS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "report/model.h"
#include "watch.h"

struct snarl_trials {
    struct snarl_watch_plan plan; /* how the program is run; options and descriptors are ours */
    unsigned runs;
    uint64_t seed;
    const char *schedules; /* the directory for the schedules that led there */
    long long input; /* where standard input stood before the program first ran; -1: not known */
};

/* Tries each predicted cycle of the report, and notes in it what came of that. False, with an exit
 * status and a reason in `trouble`, where the program could not be run any more. */
bool snarl_trials_run(const struct snarl_trials *trials, struct snarl_report *report,
                      struct snarl_watched *trouble);

/* Where standard input stands, for `input`. */
long long snarl_trials_input(void);

#endif
