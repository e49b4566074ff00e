/*
 * Which locks of a recording can be on a cycle at all: those that reach each other in its graph.
 *
 * A large program leaves millions of dependencies of which a few hundred can matter. The sieve is
 * told all of them twice, in a few bytes for each, and only what passes it is worth the memory and
 * the time of a lock-order graph.
 */
#ifndef SNARL_ANALYSIS_LOCK_SIEVE_H
#define SNARL_ANALYSIS_LOCK_SIEVE_H

#include "analysis/loaded.h"

struct snarl_lock_sieve {
    uint32_t lock_count;  /* ids are below it */
    uint32_t *components; /* by lock; NULL: all pass */
};

/* Reads the recording anew. Where memory is short, or the ids of a damaged recording are out of all
 * proportion, it lets all pass. */
void snarl_lock_sieve_make(struct snarl_lock_sieve *sieve, struct snarl_loaded *loaded);

/* Whether the dependency may be on a cycle. */
bool snarl_lock_sieve_passes(const struct snarl_lock_sieve *sieve, const struct snarl_want *want);

void snarl_lock_sieve_free(struct snarl_lock_sieve *sieve);

#endif
