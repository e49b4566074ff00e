/* What is set aside before a report is printed: the options that `run` and `report` share on
 * suppressions and baselines, and what they do. */
#ifndef SNARL_JUDGE_H
#define SNARL_JUDGE_H

#include <stdbool.h>

#include "report/baseline.h"
#include "report/suppressions.h"
#include "usage.h"

struct snarl_judge_settings {
    struct snarl_texts suppressions; /* paths */
    const char *proposal;            /* path where rules for all that was found go; may be NULL */
    const char *baseline;            /* path; may be NULL */
};

/* JUDGE_OPTION(name, letter, value, help, kind, member): as SNARL_PRINT_OPTIONS; first what alone
 * makes sense where no report is printed. */
#define SNARL_SUPPRESSION_OPTIONS(JUDGE_OPTION)                                                    \
    JUDGE_OPTION("suppressions", 's', "FILE",                                                      \
                 "leave out what FILE, in ThreadSanitizer's syntax, says; may be given again",     \
                 TEXTS, suppressions)

#define SNARL_JUDGE_OPTIONS(JUDGE_OPTION)                                                          \
    SNARL_SUPPRESSION_OPTIONS(JUDGE_OPTION)                                                        \
    JUDGE_OPTION("gen_suppressions", 0, "FILE",                                                    \
                 "write suppressions for all that was found to FILE, or standard output", TARGET,  \
                 proposal)                                                                         \
    JUDGE_OPTION("baseline", 'b', "FILE",                                                          \
                 "show in short, and do not fail for, what FILE lists (see: snarl help baseline)", \
                 TEXT, baseline)

struct snarl_judge {
    const struct snarl_judge_settings *settings;
    struct snarl_suppressions suppressions;
    struct snarl_baseline baseline;
    bool excused; /* the program stood still because of a finding that was set aside */
};

/* Reads the files that the settings name (and the suppressions that SNARL_OPTIONS names), which
 * must outlive the judge. Returns false after a complaint, with nothing to be closed. */
bool snarl_judge_open(struct snarl_judge *judge, const struct snarl_judge_settings *settings);

/* Complains and returns false where the rules would be mixed with the report on standard output;
 * `report` is the path where that goes, "-" for standard output, or NULL for elsewhere. */
bool snarl_judge_check_output(const struct snarl_judge_settings *settings, const char *report);

/* Takes suppressed findings out of the report, marks those that are known, and writes the rules
 * that were asked for. Returns false after a complaint. */
bool snarl_judge_apply(struct snarl_judge *judge, struct snarl_report *report);

void snarl_judge_close(struct snarl_judge *judge);

#endif
