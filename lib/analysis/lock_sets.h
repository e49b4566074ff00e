/*
 * Sets of locks, as findings are told apart by them: in whatever order, the same set.
 *
 * A table lives in an arena and goes with it; where that is exhausted the process says so and
 * exits.
 */
#ifndef SNARL_ANALYSIS_LOCK_SETS_H
#define SNARL_ANALYSIS_LOCK_SETS_H

#include "base/table.h"
#include "core/lock_order.h"

/* A number that is the same for the same set. Zeros are the empty one. */
struct snarl_lock_set {
    uint64_t sum;
    uint64_t count;
};

void snarl_lock_set_add(struct snarl_lock_set *, uint32_t lock);

/* The locks that the steps want. */
struct snarl_lock_set snarl_lock_set_of(const struct snarl_cycle *);

/* What is known of a set; zeros at first. */
struct snarl_known_set {
    struct snarl_lock_set locks;
    enum snarl_severity severity;
    size_t number;
    UT_hash_handle by_locks;
};

/* NULL where it is not in the table; with an arena it is put there. */
struct snarl_known_set *snarl_known_set(struct snarl_known_set **table, struct snarl_arena *arena,
                                        struct snarl_lock_set locks);

#endif
