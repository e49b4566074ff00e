/* Schedules in files: written by `snarl confirm`, followed by `snarl run --replay`. */
#ifndef SNARL_SCHEDULE_FILE_H
#define SNARL_SCHEDULE_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "recording/schedule.h"

/* Writes it to `path`. False, with a one-line reason in `error`. */
bool snarl_schedule_file_write(const struct snarl_schedule *schedule, const char *path, char *error,
                               size_t error_size);

/* Whether the file holds a whole schedule; else a one-line reason, with its line, in `error`. Its
 * absolute path, to be freed, or NULL. */
char *snarl_schedule_file_check(const char *path, char *error, size_t error_size);

/* Reads a schedule from a string into one that the caller has; they point into the copy that is
 * returned, to be freed. NULL where it is none. */
char *snarl_schedule_file_parse(struct snarl_schedule *schedule, const char *text);

#endif
