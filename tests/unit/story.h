/*
 * A tiny language in which tests tell the lock-order graph what threads do.
 *
 *     T1 +A +B -B -A; T2 +B +A
 *
 * A clause is a thread and what it does, in order; `;` ends it. A thread may come back in a later
 * clause. Locks are words.
 *
 *     +A  acquires A           ~A  acquires A, with a timeout
 *     ?A  acquires A by trylock: held, but never waited for
 *     -A  releases A, in any order
 *     >   begins a new segment of the thread, as do the orders between threads below
 *
 *     +r:A  acquires A as a reader, also with ~ and ?
 *     +q:A  ... as one who queues behind writers that wait
 *     *A    acquires A, a semaphore, by a try that succeeds
 *     !A    turns out to be polled, by whomever
 *     /A    turns out to be no lock: it is withdrawn (only after a want or a hold of it was told)
 *
 *     xA    A has ended: nothing more is told of it
 *
 *     (2    makes thread 2             )2    joins thread 2
 *     |B2   comes to barrier B, of 2 parties, and goes on
 *     %O    finds the initialisation O done (its initialiser is told as +O ... -O)
 *     ^C    gives through C, a semaphore or condition variable
 *     vC    takes what was given through C
 *
 * As in the preload, taking a lock that the thread holds only counts, and an acquisition while
 * nothing is held is no want. The place of a token in its telling (from 1) is the id of its stack,
 * so that the same text told twice comes by the same stacks.
 *
 * Anything that is wrong with a story fails the test.
 */
#ifndef SNARL_TESTS_STORY_H
#define SNARL_TESTS_STORY_H

#include <stdbool.h>
#include <stddef.h>

#include "core/lock_order.h"

struct story;

/* An empty story over a new graph. `limit` is that of the graph's memory in bytes, 0 for none; a
 * graph that could not even be created takes nothing of what is told. */
struct story *story_begin(bool keep_infeasible, size_t limit);
void story_end(struct story *story);

/* Tells on. May be called many times; threads keep what they hold from one call to the next. */
void story_tell(struct story *story, const char *text);

/* What each want since the beginning came to, a letter each: Nothing, Segment, Variant,
 * Dependency, Failed, Withdrawn, Passed over. */
const char *story_added(const struct story *story);

/* All cycles, one a line: "predicted error A B", "infeasible gate-lock A B". Locks and lines are
 * sorted. Checks on the way that each is what it claims to be. The caller frees it. */
char *story_cycles(const struct story *story);

/* NULL if it could not be created. */
struct snarl_lock_order *story_order(const struct story *story);
struct snarl_arena *story_arena(struct story *story);
const char *story_lock_name(const struct story *story, unsigned lock);

/* The story's cycles are exactly `expected`; with `all`, those that cannot happen included. */
#define assert_story(text, expected) story_assert(text, false, expected, __FILE__, __LINE__)
#define assert_story_all(text, expected) story_assert(text, true, expected, __FILE__, __LINE__)
void story_assert(const char *text, bool all, const char *expected, const char *file, int line);

#endif
