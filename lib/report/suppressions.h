/*
 * Suppressions: findings that somebody does not want to see, in files that ThreadSanitizer reads
 * too.
 *
 * A file has lines "TYPE:PATTERN" (see pattern.h), blank lines and lines of comment, which begin
 * with '#'. The type says which kinds of findings are meant:
 *
 *   deadlock         lock-order-cycle, deadlock, self-deadlock, all-threads-blocked
 *   race, race_top   data-race
 *   mutex            misuse of locks, conditions, semaphores, barriers
 *   thread           misuse of threads: joined twice, detached twice, ended with a lock held, ...
 *   called_from_lib  every kind
 *   signal           none: snarl finds nothing that ThreadSanitizer calls so
 *
 * A pattern is compared with the function, the file and the module of every frame of every stack:
 * where a thread wanted, held, accessed, woke, and where the threads and locks were created.
 * race_top looks at the frame of each access only, called_from_lib at the module that made each
 * call, as in ThreadSanitizer.
 *
 * A finding goes where each of the ways that lead to it (its own steps, and those under `also`) is
 * matched by a rule: a rule for one way does not hide another.
 *
 * Memory is malloc's, by a pool. One owner; not inside a host program.
 */
#ifndef SNARL_REPORT_SUPPRESSIONS_H
#define SNARL_REPORT_SUPPRESSIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "report/lines.h"
#include "report/model.h"
#include "report/pool.h"

enum snarl_suppression {
#define SUPPRESSION(identifier, name) SNARL_SUPPRESSION_##identifier,
#include "report/suppressions.def"
#undef SUPPRESSION
    SNARL_SUPPRESSION_TYPES,
};

struct snarl_suppression_rule {
    enum snarl_suppression type;
    const char *pattern;
    const char *file;
    unsigned line;
};

/* Zeros are none. */
struct snarl_suppressions {
    struct snarl_suppression_rule *rules; /* as they stand in the files */
    size_t count, capacity;
    struct snarl_pool pool;
};

/* Adds the rules of a file, whose name is copied. Returns false with `*error` set at the first line
 * that is none; the rules before it have been added. */
bool snarl_suppressions_parse(struct snarl_suppressions *suppressions, const char *file,
                              const char *text, size_t size, struct snarl_file_error *error);

/* Takes the findings that are suppressed out of the report, and writes down in it which rules did.
 * Costs rules times frames. */
void snarl_suppressions_apply(const struct snarl_suppressions *suppressions,
                              struct snarl_report *report);

/*
 * Writes rules that would suppress all that was found: for each finding its id and message as
 * comments, and a rule for each way, of the user's function on its stacks that the fewest other
 * findings share; of its file or module where no function is known. False where the stream failed.
 */
bool snarl_suppressions_propose(FILE *stream, const struct snarl_report *report);

void snarl_suppressions_free(struct snarl_suppressions *suppressions);

const char *snarl_suppression_name(enum snarl_suppression type);

/* The type that concerns this kind of findings and most nearly no other; SNARL_SUPPRESSION_TYPES
 * where none does. */
enum snarl_suppression snarl_suppression_of(enum snarl_finding_kind kind);

/* Whether findings of this kind are concerned. */
bool snarl_suppression_concerns(enum snarl_suppression type, enum snarl_finding_kind kind);

#endif
