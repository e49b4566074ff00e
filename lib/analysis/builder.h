/*
 * What is shared by all that goes into a report: stacks with names, locks and threads under the
 * report's own ids, each made when it is first mentioned.
 *
 * One builder per report; freed when the report is whole. Not thread-safe.
 */
#ifndef SNARL_ANALYSIS_BUILDER_H
#define SNARL_ANALYSIS_BUILDER_H

#include "analysis/loaded.h"
#include "report/model.h"
#include "symbols/symbols.h"

struct snarl_mention;       /* private: what was mentioned already */
struct snarl_owned_string;  /* private: what the report has a copy of */
struct snarl_known_finding; /* private: a finding by its name */

/* A recording and its place in the report. */
struct snarl_source {
    struct snarl_loaded loaded;
    size_t process; /* index in the report */
    struct snarl_mention *locks, *threads, *stacks;
    const char *default_name; /* of its threads: what the kernel gave them, or NULL */
};

struct snarl_builder {
    struct snarl_report *report;
    struct snarl_symbols *symbols;
    struct snarl_arena arena;
    struct snarl_source *sources;
    size_t source_count;
    struct snarl_owned_string *strings;
    struct snarl_known_finding *known_findings;
    size_t lock_capacity, thread_capacity, finding_capacity, edge_capacity, loss_capacity;
};

/* The report's id of a lock or thread; 0 for 0. One that the recording does not describe gets an
 * entry without description. */
unsigned snarl_builder_lock(struct snarl_builder *, struct snarl_source *, uint32_t lock);
unsigned snarl_builder_thread(struct snarl_builder *, struct snarl_source *, uint32_t thread);

/* A stack with names; empty for 0 or an unknown id. */
struct snarl_stack snarl_builder_stack(struct snarl_builder *, struct snarl_source *,
                                       uint32_t stack);

/* The same for addresses that are no stack of the recording's (taken from outside: the first is
 * where the thread stands, not a return address). */
struct snarl_stack snarl_builder_addresses(struct snarl_builder *, struct snarl_source *,
                                           const uint64_t *addresses, size_t count,
                                           size_t modules_then, bool first_is_exact);

/* Holds of a step or state. */
struct snarl_report_hold *snarl_builder_holds(struct snarl_builder *, struct snarl_source *,
                                              const struct snarl_held *held, size_t count);

/* Grow the report's arrays by one item of zeros. */
struct snarl_report_finding *snarl_builder_add_finding(struct snarl_builder *);
struct snarl_report_edge *snarl_builder_add_edge(struct snarl_builder *);
void snarl_builder_add_loss(struct snarl_builder *, const char *sentence);

/* The parts of a report, each in a file of its own. */
void snarl_builder_processes(struct snarl_builder *);
void snarl_builder_deadlocks(struct snarl_builder *, struct snarl_source *);
void snarl_builder_cycles(struct snarl_builder *, struct snarl_source *);
void snarl_builder_edges(struct snarl_builder *, struct snarl_source *);

/* Sets message, why and fix from the other members of a finding. */
void snarl_builder_advise(struct snarl_builder *, struct snarl_report_finding *);

#endif
