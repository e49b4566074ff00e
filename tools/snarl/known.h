/* Findings from whatever file holds some. */
#ifndef SNARL_KNOWN_H
#define SNARL_KNOWN_H

#include <stdbool.h>
#include <stddef.h>

#include "judge.h"

/*
 * Adds the findings of files, each a baseline, a report in json, a recording, or a directory with
 * the recordings of one run; recordings that are named one by one are those of one run together.
 * Recordings are judged first, by class too if asked to; what they have lost is told on standard
 * error. The list is sorted then.
 *
 * Returns false after a complaint.
 */
bool snarl_known_add(struct snarl_baseline *known, struct snarl_judge *judge, bool by_class,
                     char *const *paths, size_t count);

#endif
