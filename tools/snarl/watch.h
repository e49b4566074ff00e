/* Runs a program under libsnarl.so and makes the report: what run, scenario and compare share. */
#ifndef SNARL_WATCH_H
#define SNARL_WATCH_H

#include <stdbool.h>

#include "analysis/analysis.h"
#include "child.h"
#include "report/model.h"

struct snarl_watch_plan {
    char *const *arguments;   /* the program and its arguments, ended by NULL */
    const char *path;         /* of the program; NULL: found by arguments[0] */
    const char *directory;    /* to run in; NULL: the command's own */
    char *const *environment; /* ended by NULL; NULL: the command's own */
    const char *options;      /* for libsnarl.so: "key=value:key=value", or "" */
    bool races;               /* look for data races, too */
    double time_limit_s;      /* seconds; 0 for none */
    const char *keep;         /* directory where the recordings stay; NULL: nowhere */
    int descriptors[3];       /* standard input, output, error; -1 for the command's own */
    struct snarl_analysis_options analysis;
};

struct snarl_watched {
    int status;                  /* 0, or the exit status of the trouble: 125, 126, 127 */
    char reason[8192];           /* one line where `status` is not 0 */
    struct snarl_child_end end;  /* how the program ended */
    struct snarl_report *report; /* NULL where `status` is not 0; the caller frees it */
};

void snarl_watch(const struct snarl_watch_plan *plan, struct snarl_watched *watched);

#endif
