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

struct snarl_loaded {
    const char *path;
    struct snarl_reader reader;
    struct snarl_arena arena;
    struct snarl_lock_order *order;
    const struct snarl_fact_process *process; /* NULL if the recording was cut before it */
    const struct snarl_fact_calls *calls;
    const struct snarl_fact_table *first_table;
    const char *first_name; /* of the main thread, before it had time to give itself another */
    const struct snarl_fact_end *end; /* NULL unless it ended by exit() */
    struct snarl_fact_entry *stacks, *threads, *locks, *names, *lock_names, *dependencies;
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
    const struct snarl_fact_wake **wakes;
    size_t wake_count;
    const struct snarl_fact_asleep **asleeps;
    size_t asleep_count;
    const struct snarl_fact_lock **shared_locks; /* those with a place that other processes know */
    size_t shared_lock_count;
    struct snarl_lock_changes *changes; /* private: what became of locks */
    uint32_t losses; /* bits by enum snarl_loss; SNARL_LOSS_KINDS for any other */
};

struct snarl_loaded_options {
    bool keep_infeasible;
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
