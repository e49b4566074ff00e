/*
 * Baselines: the findings that are known, as a text for version control, so that only new ones
 * fail.
 *
 *   snarl-baseline/1
 *   6630af67c5fd0216 lock-order-cycle  # two threads take alice.lock and bob.lock in ...
 *   end
 *
 * The first line that says something names format and version; each that follows, one finding, by
 * its id and kind, sorted by id. What follows a '#' is for people. The last line says that nothing
 * was cut off; it holds no count, so that two branches that add findings can be merged.
 *
 * A list of findings is of use elsewhere, too: for what two reports have in common (difference.h).
 * Memory is malloc's, by a pool. One owner; not inside a host program.
 */
#ifndef SNARL_REPORT_BASELINE_H
#define SNARL_REPORT_BASELINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "report/lines.h"
#include "report/model.h"
#include "report/pool.h"

struct snarl_baseline_entry {
    char id[17]; /* 16 hexadecimal digits */
    enum snarl_finding_kind kind;
    const char *message; /* one line, safe to print; NULL where unknown */
};

/* Zeros are an empty one. */
struct snarl_baseline {
    struct snarl_baseline_entry *entries; /* sorted by id, each once, after snarl_baseline_sort */
    size_t count, capacity;
    struct snarl_pool pool;
};

/* These add entries, in any order; snarl_baseline_sort is to be called before what follows them.
 * Infeasible findings of a report are left out. The parsers return false with `*error` set. */
bool snarl_baseline_parse(struct snarl_baseline *baseline, const char *text, size_t size,
                          struct snarl_file_error *error);
bool snarl_baseline_parse_json(struct snarl_baseline *baseline, const char *text, size_t size,
                               struct snarl_file_error *error);
void snarl_baseline_add_report(struct snarl_baseline *baseline, const struct snarl_report *report);
void snarl_baseline_add(struct snarl_baseline *baseline, const char *id,
                        enum snarl_finding_kind kind, const char *message);

/* Sorts by id and leaves one entry of each; of two, one that has a message. */
void snarl_baseline_sort(struct snarl_baseline *baseline);

/* NULL where it lists none of this id. */
const struct snarl_baseline_entry *snarl_baseline_find(const struct snarl_baseline *baseline,
                                                       const char *id);

/* Notes in each finding whether the baseline lists it, and in the report where that is from. */
void snarl_baseline_mark(const struct snarl_baseline *baseline, const char *file,
                         struct snarl_report *report);

/* False where the stream failed. */
bool snarl_baseline_write(const struct snarl_baseline *baseline, FILE *stream);

void snarl_baseline_free(struct snarl_baseline *baseline);

#endif
