/*
 * A suite: which legs of which scenarios are run how often, and what came of them.
 *
 * Whoever runs it chooses the scenarios and the legs, takes the jobs in any order, hands each
 * outcome in, and has the results written. Nothing in here runs anything. By one thread.
 */
#ifndef SNARL_SUITE_SUITE_H
#define SNARL_SUITE_SUITE_H

#include <stdio.h>

#include "suite/outcome.h"

enum {
    SNARL_SUITE_CHANCES = 10, /* runs of a leg whose outcome is left to chance, at least */
};

enum snarl_verdict {
    SNARL_VERDICT_NONE,    /* there is no such leg, or it was not asked for */
    SNARL_VERDICT_MET,     /* every run was as expected; of one left to chance, at least one */
    SNARL_VERDICT_UNMET,   /* some run was not; of one left to chance, none was */
    SNARL_VERDICT_SKIPPED, /* it cannot be run here */
    SNARL_VERDICT_FAILED,  /* it could not be run, and should have been */
};

/* What came of one leg of one scenario. */
struct snarl_suite_leg {
    unsigned runs; /* that are to be made; 0: there is no such leg */
    unsigned done, met;
    double wall_s;                  /* of all runs */
    snarl_kinds found;              /* in any run */
    bool hung;                      /* in any run */
    bool failed;                    /* to run, some time */
    struct snarl_outcome *outcome;  /* of the first that was not as expected, else of the last */
    char why[SNARL_OUTCOME_REASON]; /* of the first that was not as expected, or did not run */
};

struct snarl_suite_row {
    const struct snarl_scenario *scenario;
    struct snarl_suite_leg legs[SNARL_LEG_KINDS];
};

/* One run of a leg. */
struct snarl_suite_job {
    size_t row;
    enum snarl_leg_kind leg;
};

struct snarl_suite {
    struct snarl_suite_row *rows;
    size_t count;
    struct snarl_suite_job *jobs;
    size_t job_count;
    unsigned repeat;
    unsigned shard, shards; /* from 1; this is one part of so many */
    double wall_s;          /* of all of it; the caller's */
};

/* How a suite is made. */
struct snarl_suite_choice {
    const struct snarl_scenario *const *scenarios; /* in order, each once */
    size_t count;
    bool legs[SNARL_LEG_KINDS]; /* that are asked for; run where the manifest expects something */
    unsigned repeat;            /* runs of each leg, at least 1 */
    unsigned shard, shards;     /* every `shards`-th scenario, beginning with number `shard` */
};

/* The scenarios must outlive the suite. Freed by snarl_suite_free. */
void snarl_suite_make(struct snarl_suite *suite, const struct snarl_suite_choice *choice);
void snarl_suite_free(struct snarl_suite *suite);

/* What came of one run; copied where it is kept. Returns whether it is as expected. */
bool snarl_suite_add(struct snarl_suite *suite, const struct snarl_suite_job *job,
                     const struct snarl_outcome *outcome);

enum snarl_verdict snarl_suite_verdict(const struct snarl_scenario *scenario,
                                       const struct snarl_suite_leg *leg);

/* "met", "unmet", ... */
const char *snarl_verdict_name(enum snarl_verdict verdict);

/* How many legs came to that. */
size_t snarl_suite_count(const struct snarl_suite *suite, enum snarl_verdict verdict);

/* The writers return false where the stream failed. The table has at most 80 columns but for long
 * names; then one line for each leg that is unmet, skipped or failed, with the reason; then a line
 * that sums up. */
bool snarl_suite_write_table(const struct snarl_suite *suite, FILE *stream);

/* One object, schema "snarl-suite/1". */
bool snarl_suite_write_json(const struct snarl_suite *suite, FILE *stream);

/* The format of JUnit's reports that Jenkins, GitLab and others read: a suite for each lesson, a
 * case for each leg. */
bool snarl_suite_write_junit(const struct snarl_suite *suite, FILE *stream);

#endif
