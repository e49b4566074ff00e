/* What `snarl compare` has seen of one scenario, for the table and for json. */
#ifndef SNARL_COMPARE_H
#define SNARL_COMPARE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "analysis/manifest.h"
#include "child.h"
#include "kinds.h"

enum snarl_leg_name {
    SNARL_LEG_NATIVE,
    SNARL_LEG_SNARL,
    SNARL_LEG_THREAD_SANITIZER,
    SNARL_LEGS,
};

struct snarl_leg {
    struct snarl_child_end end;
    snarl_kinds found;    /* none for the native leg */
    snarl_kinds expected; /* likewise */
    bool as_expected;
};

struct snarl_comparison {
    const struct snarl_scenario *scenario;
    struct snarl_leg legs[SNARL_LEGS];
    bool fixed_addresses; /* ThreadSanitizer's leg had to be run without address randomisation */
};

/* "native", "snarl", "thread_sanitizer". */
const char *snarl_leg_name(enum snarl_leg_name leg);

/* Whether all legs went as the manifest expects. */
bool snarl_comparison_agrees(const struct snarl_comparison *comparison);

/* Write to `stream`, and say so where that failed, by the stream's error flag. The table has at
 * most 100 columns. */
void snarl_compare_write_table(FILE *stream, const struct snarl_comparison *comparisons,
                               size_t count);
void snarl_compare_write_json(FILE *stream, const struct snarl_comparison *comparisons,
                              size_t count);

#endif
