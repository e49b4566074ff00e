/* From recordings to a report. */
#ifndef SNARL_RECORDINGS_REPORT_H
#define SNARL_RECORDINGS_REPORT_H

#include <stdbool.h>
#include <stddef.h>

#include "analysis/analysis.h"
#include "recordings.h"
#include "report/model.h"

/*
 * Makes one report, which the caller frees. Recordings of processes that were ended before they
 * could write anything are left out, and named among the losses.
 *
 * Returns NULL, with a one-line reason in `error`, where one cannot be read or none says anything.
 */
struct snarl_report *snarl_recordings_report(const struct snarl_recordings *recordings,
                                             const struct snarl_analysis_options *options,
                                             char *error, size_t error_size);

#endif
