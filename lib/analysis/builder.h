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
struct snarl_known_file;    /* private: a file by its path */
struct snarl_known_set;     /* see lock_sets.h */
struct snarl_across;        /* see loaded_runs.h */

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
    bool keep_infeasible, by_class, edges, make_schedules; /* see analysis.h */
    struct snarl_owned_string *strings;
    struct snarl_known_finding *known_findings;
    struct snarl_known_file *known_files;
    size_t lock_capacity, thread_capacity, finding_capacity, edge_capacity, loss_capacity,
        steered_capacity, event_capacity;
};

/* The report's id of a lock or thread; 0 for 0. One that the recording does not describe gets an
 * entry without description. */
unsigned snarl_builder_lock(struct snarl_builder *, struct snarl_source *, uint32_t lock);
unsigned snarl_builder_thread(struct snarl_builder *, struct snarl_source *, uint32_t thread);

/* Many locks that are like this one, under one id: named `name`, or after where they were made. */
unsigned snarl_builder_like_locks(struct snarl_builder *, struct snarl_source *, uint32_t lock,
                                  const char *name);

/* The name of the variable that a lock is, or NULL. */
const char *snarl_builder_variable(struct snarl_builder *, struct snarl_source *,
                                   const struct snarl_fact_lock *fact, size_t modules_then);

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

/* The rows of threads that were still alive when the recording ended, by their numbers. The caller
 * frees the array. */
const struct snarl_thread_row **snarl_builder_rows_alive(const struct snarl_loaded *,
                                                         size_t *count);

/* A function as sentences name it: pay(); Bus::publish() for Bus::publish(int) const, whose
 * parameters only make the sentence longer. */
const char *snarl_builder_call(struct snarl_report *, const char *function);

/* Grow the report's arrays by one item of zeros. */
struct snarl_report_finding *snarl_builder_add_finding(struct snarl_builder *);
struct snarl_report_edge *snarl_builder_add_edge(struct snarl_builder *);
struct snarl_report_steered *snarl_builder_add_steered(struct snarl_builder *);
struct snarl_report_event *snarl_builder_add_event(struct snarl_builder *);
void snarl_builder_add_loss(struct snarl_builder *, const char *sentence);

/* Where the ids of a lock-order graph come from. One that was made of several recordings has ids of
 * its own: then the arrays say of each whose it is and what it is there. */
struct snarl_origin {
    struct snarl_source *source;
    uint32_t id;        /* 0: nothing that would be shown */
    unsigned in_report; /* of a lock that the recording does not have, its id there; else 0 */
};
struct snarl_origins {
    struct snarl_source *source; /* whose all ids are; else NULL, and the arrays count */
    const struct snarl_origin *threads, *locks, *stacks;
    const struct snarl_across *across; /* of a merged recording, see loaded_runs.h: threads are
                                          those of what its runs show together */
    bool by_class; /* locks are classes, which `locks` counts though the source is set */
    size_t runs;   /* ... and the cycles rest on so many; else 0 */
};

/* Adds a cycle as a finding. */
void snarl_builder_add_cycle(struct snarl_builder *, const struct snarl_origins *,
                             const struct snarl_cycle *);

/* How to steer a run into the cycle, where that is asked for; and those of another finding. */
void snarl_builder_add_schedules(struct snarl_builder *, struct snarl_report_finding *,
                                 const struct snarl_origins *, const struct snarl_cycle *);
void snarl_builder_move_schedules(struct snarl_builder *, const struct snarl_report_finding *from,
                                  struct snarl_report_finding *to);

/* Another way to the same finding; the steps are copied. Past a fixed number they are dropped. */
void snarl_builder_add_also(struct snarl_builder *, struct snarl_report_finding *,
                            const struct snarl_report_step *steps, size_t count);

/* The finding that was added last has its steps: fills in who takes part (`locks` and `threads`
 * that are set stay as they are), its id and its words, or folds it into an earlier one of the same
 * id.
 */
void snarl_builder_finish(struct snarl_builder *);

/* The target of a want of this kind in a deadlock. */
enum snarl_target snarl_builder_target(uint32_t want_kind);

/* Seconds from the beginning of the recording to a moment in it. */
double snarl_builder_seconds(const struct snarl_loaded *, uint64_t at);

/* The parts of a report, each in a file of its own. */
void snarl_builder_processes(struct snarl_builder *);
void snarl_builder_deadlocks(struct snarl_builder *, struct snarl_source *);
void snarl_builder_asleep(struct snarl_builder *, struct snarl_source *);
void snarl_builder_cycles(struct snarl_builder *, struct snarl_source *);
void snarl_builder_merged_cycles(struct snarl_builder *, struct snarl_source *,
                                 struct snarl_known_set *occurred);
void snarl_builder_misuses(struct snarl_builder *, struct snarl_source *);
void snarl_builder_by_class(struct snarl_builder *, struct snarl_source *);
void snarl_builder_races(struct snarl_builder *, struct snarl_source *);
void snarl_builder_timeline(struct snarl_builder *, struct snarl_source *);
void snarl_builder_steered(struct snarl_builder *, struct snarl_source *);
void snarl_builder_edges(struct snarl_builder *, struct snarl_source *);
void snarl_builder_shared_order(struct snarl_builder *);
void snarl_builder_bare_futexes(struct snarl_builder *, struct snarl_source *);

/* Sets message, why and fix from the other members of a finding, unless it has a message. */
void snarl_builder_advise(struct snarl_builder *, struct snarl_report_finding *);

#endif
