/*
 * The timeline of a run, for people: one column for each thread, which tells what it holds and what
 * it waits for, and a line for each thing that a thread did.
 *
 * Reads a report; writes text of at most the width, but for long names. Any thread.
 */
#ifndef SNARL_REPORT_TIMELINE_H
#define SNARL_REPORT_TIMELINE_H

#include <stdbool.h>
#include <stdio.h>

#include "report/model.h"

struct snarl_timeline_options {
    unsigned width;     /* columns; 0 for 80 */
    const char *within; /* end of a file's path: places are shown in that file where a stack has
                           one; NULL: where the user's own code is innermost */
    const char *leave;  /* end of a file's path: what is done in that file is left out; or NULL */
};

/* Writes a timeline for each process that has one; nothing where none has. Returns false where the
 * stream failed. */
bool snarl_timeline_write(FILE *stream, const struct snarl_report *report,
                          const struct snarl_timeline_options *options);

#endif
