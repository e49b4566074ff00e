/*
 * Whether a run that was steered has shown what was predicted; and if not, why not.
 *
 * A prediction is confirmed by a deadlock that happened: a closed circle of as many threads, each
 * made where the prediction's was, which holds a lock that was made and taken where it says, and is
 * blocked at the place that it names, wanting what the next one holds. Names and places are
 * compared, never addresses or numbers. Any other hang is no confirmation.
 *
 * For the command; never inside a host program. Not thread-safe.
 */
#ifndef SNARL_ANALYSIS_CONFIRMATION_H
#define SNARL_ANALYSIS_CONFIRMATION_H

#include "report/model.h"

/* What came of the runs that were steered by one finding's schedules. Zero to begin with. */
struct snarl_trial {
    unsigned runs;
    unsigned timed_out; /* of these; and so on */
    unsigned hung_elsewhere;
    unsigned met; /* all threads were there and were let go, and still no deadlock came of it */
    const char *elsewhere;   /* what they hung on, a sentence */
    const char *apart;       /* what kept the threads apart, as far as that was seen */
    unsigned apart_strength; /* how much that tells */
    bool *reached; /* for each step of the first schedule, whose steps are the finding's */
};

/* The deadlock of this run that confirms the prediction, or NULL. */
const struct snarl_report_finding *
snarl_confirmation_find(const struct snarl_report *report,
                        const struct snarl_report_finding *predicted,
                        const struct snarl_report *run);

/* Notes what a run that confirmed nothing has shown; it was steered by the finding's schedule of
 * this index. Strings go to `report`. */
void snarl_trial_note(struct snarl_trial *trial, struct snarl_report *report,
                      const struct snarl_report_finding *predicted, const struct snarl_report *run,
                      size_t schedule);

/* Why nothing was confirmed, in a sentence or more. */
const char *snarl_trial_why(const struct snarl_trial *trial, struct snarl_report *report,
                            const struct snarl_report_finding *predicted);

/* Makes `predicted` a confirmed finding: its steps are those of `live` from here on, and its locks
 * and threads with them; kind, id and severity stay. `run` goes with `report` from here on. */
void snarl_confirmation_take(struct snarl_report *report, struct snarl_report_finding *predicted,
                             struct snarl_report *run, const struct snarl_report_finding *live);

#endif
