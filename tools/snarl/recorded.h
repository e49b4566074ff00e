/* The recordings that a user names, and the report of them. */
#ifndef SNARL_RECORDED_H
#define SNARL_RECORDED_H

#include <stdbool.h>
#include <stddef.h>

#include "analysis/analysis.h"

/*
 * Makes one report of recordings of one run; a directory stands for all the recordings in it. A
 * process that still runs is looked at, whether all of its threads are asleep. The caller frees
 * the report.
 *
 * Returns NULL after a complaint, where one cannot be read or none says anything.
 */
struct snarl_report *snarl_recorded_report(char *const *paths, size_t count,
                                           const struct snarl_analysis_options *options);

#endif
