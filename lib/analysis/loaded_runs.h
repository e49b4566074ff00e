/*
 * The runs of a merged recording, and what they show together.
 *
 * Each run is judged by itself, as if it were alone. Then all of them are put into one graph, in
 * which an order that one run has shown may meet its reverse from another. Threads of different
 * runs are the same if they were made the same way and no run ever had two of that kind; of those
 * of which there were several, any can do what one of them did. What a thread did in one run cannot
 * meet what another did in another if that other thread, where it was in the first run, was ordered
 * with it there as a whole, or the other way round; nor if its maker held a lock for it that the
 * other holds.
 *
 * For the reading of recordings alone. Not thread-safe.
 */
#ifndef SNARL_ANALYSIS_LOADED_RUNS_H
#define SNARL_ANALYSIS_LOADED_RUNS_H

#include "analysis/loaded.h"
#include "base/table.h"

struct snarl_identity_entry; /* private: what is said of a lock or thread */

/* A part of the file. */
struct snarl_loaded_part {
    size_t from, until;
};

struct snarl_loaded_shape {
    struct snarl_loaded_part threads; /* facts of threads and orders */
    uint32_t executable;
};

struct snarl_loaded_run {
    uint32_t shape; /* index */
    struct snarl_loaded_part deeds;
};

struct snarl_across; /* private: what runs show together */

struct snarl_loaded_runs {
    struct snarl_identity_entry *identified;
    struct snarl_loaded_shape *shapes;
    struct snarl_loaded_run *runs;
    size_t shape_count, run_count;
    uint32_t threads_so_far; /* in the shape at hand, while reading */
    struct snarl_across *across;
};

/* The graph of one run alone, in `arena`. */
struct snarl_lock_order *snarl_loaded_judge_run(struct snarl_loaded *, size_t run,
                                                struct snarl_arena *arena, bool keep_infeasible);

/*
 * What runs show together, in `order`, which is made to judge by it. The graph is told by
 * snarl_across_tell, run by run in their order: of a want as the run has it, but for the locks,
 * which may go by other ids there; `lock_of` says what these are in the recording, 0 for none of
 * its locks (NULL: they are the same). The graph's threads have ids of their own.
 */
struct snarl_across *snarl_across_begin(struct snarl_loaded *, struct snarl_lock_order *order,
                                        uint32_t (*lock_of)(void *context, uint32_t id),
                                        void *context);
bool snarl_across_tell(struct snarl_across *, size_t run, const struct snarl_want *want);
void snarl_across_end(struct snarl_across *);

/* The thread of the recording that stands for one of the graph; of no graph, the same. */
uint32_t snarl_across_thread(const struct snarl_across *, uint32_t thread);

/* In how many runs the steps of a cycle of the graph were seen, at the least, where nothing kept
 * them apart; 0 if there were never as many threads of a kind as it takes. */
size_t snarl_across_runs(struct snarl_across *, const struct snarl_cycle *);

/* Tells the graph of the recording, `loaded->order`, what all runs did; and what that is judged by,
 * NULL where the recording is not a merged one. */
void snarl_loaded_judge_across(struct snarl_loaded *);
struct snarl_across *snarl_loaded_across(const struct snarl_loaded *);

/* Tells the wants of a run. */
void snarl_loaded_tell_run(struct snarl_loaded *, size_t run,
                           bool (*tell)(void *context, const struct snarl_want *want),
                           void *context);
void snarl_loaded_tell_shape(struct snarl_loaded *, size_t shape, struct snarl_thread_order *,
                             uint32_t (*rename)(void *context, enum snarl_loaded_id, uint32_t id),
                             void *context);

/* To rename nothing. */
uint32_t snarl_loaded_same_id(void *context, enum snarl_loaded_id, uint32_t id);

#endif
