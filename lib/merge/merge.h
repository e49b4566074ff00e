/*
 * Many recordings as one: what many runs, or many machines, saw.
 *
 * A merged recording is a set. Each of its items (a module, a stack, a lock, how the threads of a
 * run came and went, what a run did) is named by its content, in terms that do not change from run
 * to run: modules by build-id, code by module and offset, locks and threads by where they were made
 * and which of those made there they are. To merge is to unite the sets, and the file is a function
 * of the set alone; so it does not matter in which order, or in what tree, recordings are merged,
 * nor how often one of them takes part. Two runs that did the same are one.
 *
 * Of a run are kept its dependencies, deadlocks and misuses, with the threads that have a part in
 * them, those that made or joined these, and of others the first and the last of each kind. What
 * threads did at the end, and the count of acquisitions, are not.
 *
 * For the command, never inside a host program. One recording is in memory at a time, beside what
 * becomes the result. Not thread-safe.
 */
#ifndef SNARL_MERGE_H
#define SNARL_MERGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct snarl_merge;

/* An empty set. Never NULL: where memory runs out, here and later, the process says so and exits
 * with 125. */
struct snarl_merge *snarl_merge_create(void);

/* Takes in one recording, which may be a merged one. Of a damaged one what can be read, and a loss
 * that says so. False, with one line in `error`, if it is no recording or cannot be read at all. */
bool snarl_merge_add(struct snarl_merge *, const char *path, char *error, size_t error_size);

/* How many runs that differ there are. */
size_t snarl_merge_run_count(const struct snarl_merge *);

/* Writes the recording. False, with errno set, if the stream has failed. */
bool snarl_merge_write(struct snarl_merge *, FILE *stream);

void snarl_merge_free(struct snarl_merge *);

#endif
