/*
 * From recordings to a report: reads them, tells the core their facts, names what it found.
 *
 * For the command, after the program has ended (or while it hangs); never inside a host program.
 */
#ifndef SNARL_ANALYSIS_H
#define SNARL_ANALYSIS_H

#include <stddef.h>

#include "report/model.h"

struct snarl_analysis_options {
    bool all;       /* keep infeasible cycles, with their reasons */
    bool by_class;  /* find orders of classes of locks, too, see lock_classes.h */
    bool edges;     /* make the edges of the lock-order graph, for formats that draw them */
    bool schedules; /* say how to steer a run into each cycle that is predicted */
};

/*
 * Makes one report of the recordings of a process tree (the first is the program itself, the
 * others the processes it started). A damaged recording gives what can be read, and a loss that
 * says so. The caller frees the report.
 *
 * Returns NULL, with a one-line reason in `error` (of `error_size` bytes), where a path cannot be
 * read at all or is no recording.
 */
struct snarl_report *snarl_analyse(const char *const *paths, size_t count,
                                   const struct snarl_analysis_options *options, char *error,
                                   size_t error_size);

#endif
