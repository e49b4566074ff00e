/*
 * Reports built by hand, as lib/analysis would build them, for the tests of the formats. The caller
 * frees each with snarl_report_free.
 */
#ifndef SNARL_TESTS_REPORT_SAMPLE_H
#define SNARL_TESTS_REPORT_SAMPLE_H

#include "report/format.h"

struct snarl_report *sample_transfer(void); /* two threads, two locks, opposite order; predicted */
struct snarl_report *sample_dining(void);   /* a ring of four, all by the same way */
struct snarl_report *sample_relock(void);   /* a thread took its own lock; occurred */
struct snarl_report *sample_join(void);     /* a join and a mutex wait for each other; occurred */
struct snarl_report *sample_race(void);     /* two unordered writes; a warning */
struct snarl_report *sample_gate(void);     /* a cycle that a gate lock makes impossible */
struct snarl_report *sample_hung(void);     /* ran into the time limit, no deadlock */
struct snarl_report *sample_clean(void);    /* nothing found */
struct snarl_report *sample_chaos(void);    /* the same, by threads that were delayed at random */
struct snarl_report *sample_weird(void);    /* strings that no format may stumble over */
struct snarl_report *sample_tree(void);     /* several processes, losses, two severities */
struct snarl_report *sample_long(void);     /* C++ names, many holds, many other ways */

/* report_sample_kinds.c */
struct snarl_report *sample_readers(void);  /* a reader and a semaphore that is polled; a warning */
struct snarl_report *sample_declared(void); /* against two declared orders taken together */
struct snarl_report *sample_fork(void);     /* waits for a thread that fork() left behind */
struct snarl_report *sample_misuse(void);   /* destroyed while held; waited without the mutex */
struct snarl_report *sample_shared(void);   /* a cycle of two processes */
struct snarl_report *sample_waits(void);    /* hung, each thread on another kind of object */

/* report_sample_aside.c */
struct snarl_report *sample_known(void);      /* two of three findings are in a baseline */
struct snarl_report *sample_suppressed(void); /* nothing is left, by rules of two files */

struct snarl_report *sample_confirmed(void);   /* the transfer, made to happen */
struct snarl_report *sample_unconfirmed(void); /* ... and not, in ten runs */

/* What the format writes for the report, as one string that the caller frees. Fails the test where
 * the format does not exist or says that it could not write. */
char *sample_written(const char *format, const struct snarl_report *report,
                     const struct snarl_format_options *options);

#endif
