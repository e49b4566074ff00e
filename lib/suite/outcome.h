/*
 * What came of one run of a leg, and whether it is what the manifest expects.
 *
 * Plain data without pointers, so that one process can hand it to another. Pure functions; any
 * thread.
 */
#ifndef SNARL_SUITE_OUTCOME_H
#define SNARL_SUITE_OUTCOME_H

#include <stdbool.h>
#include <stddef.h>

#include "suite/manifest.h"

enum {
    SNARL_OUTCOME_REASON = 512,
    SNARL_OUTCOME_DETAILS = 8192,
};

enum snarl_outcome_kind {
    SNARL_OUTCOME_RAN,
    SNARL_OUTCOME_SKIPPED, /* it could not be run here, for a reason that is nobody's fault */
    SNARL_OUTCOME_FAILED,  /* it could not be run, and should have been */
};

struct snarl_outcome {
    enum snarl_outcome_kind kind;
    bool hung; /* it was seen to stand still, or a time limit ended it */
    bool timed_out;
    bool fixed_addresses; /* it had to be run without address randomisation */
    bool output_matches;  /* or nothing is expected of it */
    int exit_code;
    int signal; /* that ended it; 0 for none */
    snarl_kinds found;
    double wall_s;
    long peak_kib;                       /* most memory resident at once, KiB */
    char reason[SNARL_OUTCOME_REASON];   /* one line, of one that did not run */
    char details[SNARL_OUTCOME_DETAILS]; /* the end of what it printed, and of what was reported */
};

/* Whether `output` is what the scenario is to print. */
bool snarl_outcome_output_matches(const struct snarl_scenario *scenario, const char *output);

/* Whether the outcome of that leg, which ran, is what is expected. If not, says how it differs in
 * `why`, one line without a full stop, cut to `size`. */
bool snarl_outcome_judge(const struct snarl_scenario *scenario, enum snarl_leg_kind leg,
                         const struct snarl_outcome *outcome, char *why, size_t size);

#endif
