/* What was found, as text: a table of expectations is read best that way. */
#ifndef SNARL_TESTS_DESCRIBED_H
#define SNARL_TESTS_DESCRIBED_H

#include "watched.h"

/*
 * All findings, each as
 *
 *     KIND STATUS SEVERITY
 *       THREAD holds LOCK in FUNCTION, LOCK in FUNCTION; wants LOCK timed in FUNCTION
 *
 * with a line for each step, sorted: which thread comes to close a circle may differ from run to
 * run. LOCK is its kind and name, "to read" where it is shared; one
 * without a name of its own has a number, "#0001" for the first that the lines name. Losses come
 * first. To be freed.
 */
char *described_findings(const struct watched *watched);

/* A case of a program of ours, and all that is found in it. */
struct described_case {
    const char *what;
    const char *found; /* what it says before its last line, then as above; "" for nothing */
};

/* Runs each case to its end, which must be a good one with the last line "granted", and compares.
 * All cases are run, even where one is wrong. */
void described_check(const char *program, const struct described_case *cases, size_t count);

/* Each case hangs: on-deadlock=abort ends it, with the finding; on-deadlock=edeadlk lets it go on,
 * with the last line "refused". */
void described_check_hangs(const char *program, const struct described_case *cases, size_t count);

/* The same for calls that cannot be refused: on-deadlock=abort alone. */
void described_check_stuck(const char *program, const struct described_case *cases, size_t count);

#define DESCRIBED(program, cases) described_check(program, cases, sizeof cases / sizeof *cases)
#define DESCRIBED_HANGS(program, cases)                                                            \
    described_check_hangs(program, cases, sizeof cases / sizeof *cases)
#define DESCRIBED_STUCK(program, cases)                                                            \
    described_check_stuck(program, cases, sizeof cases / sizeof *cases)

#endif
