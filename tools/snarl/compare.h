/* What `snarl compare` has seen of one scenario, for the table and for json. */
#ifndef SNARL_COMPARE_H
#define SNARL_COMPARE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "suite/outcome.h"

enum {
    SNARL_COMPARED = SNARL_LEG_THREAD_SANITIZER + 1, /* the legs that are run */
};

struct snarl_compared_leg {
    bool ran; /* else the scenario has no such leg, or it cannot be run here */
    struct snarl_outcome outcome;
    bool as_expected;
    char why[SNARL_OUTCOME_REASON]; /* where it is not */
};

struct snarl_comparison {
    const struct snarl_scenario *scenario;
    struct snarl_compared_leg legs[SNARL_COMPARED];
};

/* Whether all legs went as the manifest expects. */
bool snarl_comparison_agrees(const struct snarl_comparison *comparison);

/* Write to `stream`, and say so where that failed, by the stream's error flag. The table has at
 * most 100 columns. */
void snarl_compare_write_table(FILE *stream, const struct snarl_comparison *comparisons,
                               size_t count);
void snarl_compare_write_json(FILE *stream, const struct snarl_comparison *comparisons,
                              size_t count);

#endif
