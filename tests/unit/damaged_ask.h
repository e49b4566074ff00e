/* Recordings that are read for what they cannot do. All of it fails the test at hand rather than
 * return an error. */
#ifndef SNARL_DAMAGED_ASK_H
#define SNARL_DAMAGED_ASK_H

#include "recording_sample.h"
#include "report/model.h"

/* Begins a sample whose program's file is not to be had: names cost time. */
void damaged_begin(struct sample *sample);

/* The report, infeasible findings included; or NULL with a reason in `error`. */
struct snarl_report *damaged_analyse(const char *path, char *error, size_t error_size);

/* Ends the sample, of which something must be readable. */
struct snarl_report *damaged_end(struct sample *sample);

/* The report says that this many bytes of its recording were lost; says nothing if none were. */
void damaged_loss_is(const struct snarl_report *report, const char *path, size_t lost);

#endif
