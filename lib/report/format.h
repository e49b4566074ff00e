/*
 * The formats: one row in format.def and one file each.
 *
 * A writer reads a report and writes to a stream; it returns false when the stream failed. Nothing
 * is printed anywhere else. Any thread; not inside a host program.
 */
#ifndef SNARL_REPORT_FORMAT_H
#define SNARL_REPORT_FORMAT_H

#include <stdbool.h>
#include <stdio.h>

#include "report/model.h"

struct snarl_format_options {
    bool colour;                   /* terminal colours (text only) */
    bool all;                      /* infeasible findings too */
    bool rules;                    /* what each suppression did (text only) */
    unsigned width;                /* columns (text only); 0 for 80 */
    const char *strip_path_prefix; /* cut from the front of file names; may be NULL */
    const char *command;           /* how the program was started, for hints such as
                                      "snarl confirm -- ./transfer"; may be NULL */
};

struct snarl_format {
    const char *name;
    const char *summary; /* for the help */
    bool (*write)(FILE *stream, const struct snarl_report *report,
                  const struct snarl_format_options *options);
};

/* All of them, ended by a row whose name is NULL. */
extern const struct snarl_format snarl_formats[];

/* NULL for an unknown name. */
const struct snarl_format *snarl_format_by_name(const char *name);

#endif
