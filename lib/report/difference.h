/*
 * What two lists of findings have in common: new, gone, same.
 *
 * Pure, but for the writing; the lists must be sorted and outlive the difference. One pass.
 */
#ifndef SNARL_REPORT_DIFFERENCE_H
#define SNARL_REPORT_DIFFERENCE_H

#include <stdbool.h>
#include <stdio.h>

#include "report/baseline.h"

enum snarl_change {
    SNARL_CHANGE_NEW,  /* in the later list only */
    SNARL_CHANGE_GONE, /* in the earlier list only */
    SNARL_CHANGE_SAME,
    SNARL_CHANGES,
};

struct snarl_difference {
    struct {
        const struct snarl_baseline_entry **entries; /* by id; of those in both, the later one */
        size_t count;
    } changes[SNARL_CHANGES];
    struct snarl_pool pool;
};

/* Freed by snarl_difference_free. */
struct snarl_difference snarl_difference_of(const struct snarl_baseline *old,
                                            const struct snarl_baseline *now);

void snarl_difference_free(struct snarl_difference *difference);

/* For people, at 80 columns, and for programs: one object, schema snarl-diff/1. False where the
 * stream failed. */
bool snarl_difference_write_text(const struct snarl_difference *difference, FILE *stream);
bool snarl_difference_write_json(const struct snarl_difference *difference, FILE *stream);

#endif
