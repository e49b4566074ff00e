/*
 * One recording in memory: its facts, found by their ids, and its lock-order graph.
 *
 * Everything points into the reader's memory and lives until snarl_loaded_free. Ids that a damaged
 * recording names without introducing them find nothing; no caller may count on finding.
 */
#ifndef SNARL_ANALYSIS_LOADED_H
#define SNARL_ANALYSIS_LOADED_H

#include <stdbool.h>

#include "base/arena.h"
#include "core/lock_order.h"
#include "recording/reader.h"

struct snarl_fact_entry;   /* private: a fact by its id */
struct snarl_lock_changes; /* private: what is told of a lock later than the lock itself */
struct snarl_loaded_runs;  /* private: the shapes and runs of a merged recording */

struct snarl_loaded {
    const char *path;
    struct snarl_reader reader;
    struct snarl_arena arena;
    struct snarl_lock_order *order;           /* of the dependencies that may be on cycles */
    const struct snarl_fact_process *process; /* NULL if the recording was cut before it */
    const struct snarl_fact_calls *calls;
    const struct snarl_fact_table *first_table;
    const char *first_name; /* of the main thread, before it had time to give itself another */
    const struct snarl_fact_chaos *chaos; /* NULL where nothing was delayed */
    const struct snarl_fact_end *end;     /* NULL unless it ended by exit() */
    struct snarl_fact_entry *stacks, *threads, *locks, *names, *lock_names;
    const struct snarl_fact_dependency **dependencies; /* by id, each the first of its id */
    size_t dependency_count;
    struct snarl_fact_entry *late_dependencies; /* those whose ids are not in order */
    size_t late_dependency_count;
    const struct snarl_fact_module **modules; /* in order of appearance */
    size_t module_count;
    const struct snarl_fact_table **tables;
    size_t table_count;
    const struct snarl_fact_deadlock **deadlocks;
    size_t deadlock_count;
    const struct snarl_fact_start **starts; /* without those that failed */
    size_t start_count;
    const struct snarl_fact_thread_stack **thread_stacks;
    size_t thread_stack_count;
    const struct snarl_fact_misuse **misuses;
    size_t misuse_count;
    const struct snarl_fact_like **likes;
    size_t like_count;
    const struct snarl_fact_wake **wakes;
    size_t wake_count;
    const struct snarl_fact_asleep **asleeps;
    size_t asleep_count;
    const struct snarl_fact_steered **steered;
    size_t steered_count;
    const struct snarl_fact_race **races;
    size_t race_count;
    const struct snarl_fact_event **events; /* of the timeline, in order */
    size_t event_count;
    const struct snarl_fact_lock **shared_locks; /* those with a place that other processes know */
    size_t shared_lock_count;
    struct snarl_lock_changes *changes; /* private: what became of locks */
    struct snarl_loaded_runs *runs;     /* private; NULL where it is not a merged one */
    size_t part_from, part_until;       /* private: what is read again of the file; 0: all */
    uint32_t losses; /* bits by enum snarl_loss; SNARL_LOSS_KINDS for any other */
};

struct snarl_loaded_options {
    bool keep_infeasible;
    bool facts_only; /* no graph is made: `order` stays empty */
};

/* Reads the recording at `path` (kept, not copied) and judges its dependencies. False, with one
 * line in `error`, if it is no recording or cannot be read at all. */
bool snarl_loaded_read(struct snarl_loaded *loaded, const char *path,
                       const struct snarl_loaded_options *options, char *error, size_t error_size);

void snarl_loaded_free(struct snarl_loaded *loaded);

/* By id, NULL if there is none; and how many modules were known when it was written down: what was
 * mapped later came after. */
const struct snarl_fact_thread *snarl_loaded_thread(const struct snarl_loaded *, uint32_t thread,
                                                    size_t *modules_then);
const struct snarl_fact_lock *snarl_loaded_lock(const struct snarl_loaded *, uint32_t lock,
                                                size_t *modules_then);
const struct snarl_fact_stack *snarl_loaded_stack(const struct snarl_loaded *, uint32_t stack,
                                                  size_t *modules_then);

const struct snarl_fact_dependency *snarl_loaded_dependency(const struct snarl_loaded *,
                                                            uint32_t dependency);

/* How many there are facts of. */
unsigned snarl_loaded_lock_count(const struct snarl_loaded *);
unsigned snarl_loaded_thread_count(const struct snarl_loaded *);

/* The ids of all locks, in no order; the caller frees the array. */
uint32_t *snarl_loaded_lock_ids(const struct snarl_loaded *, size_t *count);

/* Whether it is what many runs did, see layout.h. Then thread and dependency ids are those of all
 * shapes and runs. */
bool snarl_loaded_is_merged(const struct snarl_loaded *);

/* Whether this is the main thread, of its shape where there are several; and the number that a
 * thread has within its process, or shape. */
bool snarl_loaded_is_main(const struct snarl_loaded *, uint32_t thread);
uint32_t snarl_loaded_thread_number(const struct snarl_loaded *, uint32_t thread);

/* What a merged recording says of a lock or thread, or NULL. Main threads are found as threads. */
const struct snarl_fact_identity *snarl_loaded_identity(const struct snarl_loaded *,
                                                        enum snarl_identified of, uint32_t id);

/* Whether the object of such a misuse is a thread. */
bool snarl_misuse_is_of_threads(uint32_t misuse);

/* Private: the facts once more, from the first on. */
void snarl_loaded_again(struct snarl_loaded *);
const struct snarl_fact_header *snarl_loaded_next(struct snarl_loaded *);

/* Private: tells which semaphores are polled. */
void snarl_loaded_tell_polled(const struct snarl_loaded *, struct snarl_lock_order *);

/* How many runs that differ; 0 where it is no merged recording. */
size_t snarl_loaded_run_count(const struct snarl_loaded *);

/* Private to the reading: the ends of what only merged recordings hold. */
void snarl_loaded_end_runs(struct snarl_loaded *);
void snarl_loaded_free_runs(struct snarl_loaded *);

/* Private to the reading: takes in what only merged recordings hold; false for other facts. */
bool snarl_loaded_note_runs(struct snarl_loaded *, const struct snarl_fact_header *fact);

/* Private to the reading: takes in what became of a lock; then judges the dependencies. */
void snarl_loaded_note_change(struct snarl_loaded *, const struct snarl_fact_lock_change *fact);
void snarl_loaded_judge(struct snarl_loaded *);

/* Whether the lock is a semaphore that turned out to be a signal, which is no lock; and whether it
 * is one that some thread tried, and went on without. */
bool snarl_loaded_is_signal(const struct snarl_loaded *, uint32_t lock);
bool snarl_loaded_is_polled(const struct snarl_loaded *, uint32_t lock);

/* Tells every want of the recording, in order, as the lock-order graph is to hear of it: a signal
 * is neither wanted nor held, and what is held already is not wanted. Stops where `tell` says
 * false. Reads the recording anew. */
void snarl_loaded_tell_wants(struct snarl_loaded *,
                             bool (*tell)(void *context, const struct snarl_want *want),
                             void *context);

/* How many dependencies there are, those of signals left out. */
size_t snarl_loaded_dependency_count(struct snarl_loaded *);

/* Of what something is the id. */
enum snarl_loaded_id {
    SNARL_LOADED_THREAD,
    SNARL_LOADED_LOCK,
};

/* Tells the orders between the recording's threads, under the ids that `rename` gives them. Reads
 * the recording anew. */
void snarl_loaded_tell_orders(struct snarl_loaded *, struct snarl_thread_order *,
                              uint32_t (*rename)(void *context, enum snarl_loaded_id, uint32_t id),
                              void *context);

/* The last name that the thread gave itself, or NULL. */
const char *snarl_loaded_thread_name(const struct snarl_loaded *, uint32_t thread);

/* What the program calls the lock, or NULL. */
const char *snarl_loaded_lock_name(const struct snarl_loaded *, uint32_t lock);

/* The module that an address belonged to when `modules_then` were known: the one that was mapped
 * there last. NULL if none was. */
const struct snarl_fact_module *snarl_loaded_module(const struct snarl_loaded *, uint64_t address,
                                                    size_t modules_then);

/* The name of an intercepted call by its number, or NULL. */
const char *snarl_loaded_call(const struct snarl_loaded *, uint32_t call);

/* Whether this process became another program. */
bool snarl_loaded_exec(const struct snarl_loaded *);

#endif
