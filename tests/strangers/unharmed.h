/* A program that no one here wrote runs with and without snarl, and no one can tell the runs
 * apart by what they say and how they end. */
#ifndef SNARL_TESTS_UNHARMED_H
#define SNARL_TESTS_UNHARMED_H

#include <stddef.h>

#include "support/command.h"

/* What the report must say at least. */
struct unharmed_counts {
    unsigned processes, threads, acquisitions;
};

/* "snarl run" of a command whose report goes to the file REPORT in json, to be followed by the
 * command. Fits into UNHARMED_PREFIX pointers. */
#define UNHARMED_SNARL(report)                                                                     \
    SNARL_COMMAND, "run", "--timeout=280", unharmed_option(), "--format", "json", "--output",      \
        report, "--"
enum {
    UNHARMED_PREFIX = 9,
    UNHARMED_ARGUMENTS = 32
};

/* "--races" where the environment asks for it, by SNARL_STRANGERS_RACES; else what is said already.
 */
const char *unharmed_option(void);

/* Skips the running test, and says so, where this file is not there. */
void unharmed_needs(const char *file);

/* `prefix` and then `arguments`, in at most UNHARMED_ARGUMENTS pointers with the NULL. */
void unharmed_join(const char **joined, const char *const *prefix, size_t count,
                   const char *const *arguments);

/* The status and both streams are the same, byte for byte. */
void unharmed_compare(const struct command_result *watched, const struct command_result *native);

/* The report is complete, says that nothing was lost and nothing found, and counts so much. Data
 * races are not looked at: strangers have some. */
void unharmed_report(const char *path, const struct unharmed_counts *at_least);

/* Runs a command both ways at the same time, in a new directory each. Both end with 0, and all of
 * the above holds. Returns what it said alone, to be freed by command_free. */
struct command_result unharmed_run(const char *const *arguments,
                                   const struct unharmed_counts *at_least);

#endif
