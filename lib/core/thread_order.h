/*
 * The orders between threads that every run must keep, and the locks that makers hold for them.
 *
 * A thread's life is cut into segments, numbered from 1: a new one begins whenever the thread is
 * ordered with another. What a thread does in a segment comes before what another does in a segment
 * of its own if a chain of these leads there: a thread is made (what its maker did up to then comes
 * before all of it); a thread is joined (all of it comes before what the joiner does from then on);
 * a barrier lets its threads go on, if exactly as many distinct threads as it waits for ever used
 * it; an initialisation that runs once is done (what its initialiser did comes before what anybody
 * does who has found it done).
 *
 * No clocks are kept for the threads: an order is found by a walk backwards over these few facts,
 * when a candidate for a cycle asks. Facts are told in an order in which they can have happened.
 *
 * Pure. Not thread-safe: the owner serialises calls. Memory comes from the arena given at the
 * start; a fact for which there is none left is false, and an order that was not told only makes
 * more cycles seem possible.
 */
#ifndef SNARL_CORE_THREAD_ORDER_H
#define SNARL_CORE_THREAD_ORDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/table.h"

/* In place of a segment: the whole life of a thread, up to its end. */
#define SNARL_SEGMENT_LAST UINT32_MAX

struct snarl_thread_order;

/* A lock that is held, `since` a segment of the thread that holds it. */
struct snarl_held_since {
    uint32_t lock;
    uint32_t since : 31;
    uint32_t shared : 1;
};

/* NULL when the arena is exhausted. */
struct snarl_thread_order *snarl_thread_order_begin(struct snarl_arena *arena);

/* `thread` is made by `parent`, as the last deed of its segment `segment`. The parent is one that
 * was told of before; any other, and 0, stands for an unknown origin. */
bool snarl_thread_order_made(struct snarl_thread_order *order, uint32_t thread, uint32_t parent,
                             uint32_t segment);

/* `joiner`, from its segment `segment` on, has joined `joined`. `held` is what it held all along
 * since the segment in which it made a thread, `count` of them; read during the call only. */
bool snarl_thread_order_joined(struct snarl_thread_order *order, uint32_t joiner, uint32_t segment,
                               uint32_t joined, const struct snarl_held_since *held, size_t count);

/* `thread` comes to `barrier`, which waits for `parties`, for the `round`-th time (from 1), as the
 * last deed of its segment `segment`. A barrier has an id of its own in each of its lives. */
bool snarl_thread_order_arrived(struct snarl_thread_order *order, uint32_t barrier,
                                uint32_t parties, uint32_t round, uint32_t thread,
                                uint32_t segment);

/* `thread`, from its segment `segment` on, has found the initialisation `once` done. */
bool snarl_thread_order_found_done(struct snarl_thread_order *order, uint32_t once, uint32_t thread,
                                   uint32_t segment);

/* A hand-off through `object`, a condition variable or a semaphore: `thread` gives, as the last
 * deed of `segment`; or takes, from `segment` on, what was given by anyone before. Another run may
 * do without it: it orders nothing for good. */
bool snarl_thread_order_gave(struct snarl_thread_order *order, uint32_t object, uint32_t thread,
                             uint32_t segment);
bool snarl_thread_order_took(struct snarl_thread_order *order, uint32_t object, uint32_t thread,
                             uint32_t segment);

/* Whether all that `first` did in `first_segment` comes, in every run, before all that `second`
 * does in `second_segment`. Of one thread its segments are ordered by their numbers.
 * Linear in the threads that come before `second`, from the making of `first` on. */
bool snarl_thread_order_before(struct snarl_thread_order *order, uint32_t first,
                               uint32_t first_segment, uint32_t second, uint32_t second_segment);

/* Whether the initialisation was done, in every run, before what `thread` does in `segment`. False,
 * after a hash look-up, for what is no initialisation. */
bool snarl_thread_order_once_before(struct snarl_thread_order *order, uint32_t once,
                                    uint32_t thread, uint32_t segment);

/* The same as snarl_thread_order_before for this run alone, with hand-offs and all barriers: the
 * object of the hand-off nearest to `first` that orders them, or 0. */
uint32_t snarl_thread_order_seen_before(struct snarl_thread_order *order, uint32_t first,
                                        uint32_t first_segment, uint32_t second,
                                        uint32_t second_segment);

/*
 * The locks that keep others away from `thread` in `segment` though it does not hold them: its
 * maker, or the maker of its maker, holds them from before it makes the one until the other's part
 * is over for good. `visit` is called for each, with the thread that holds it, until it says true;
 * whether it did.
 */
bool snarl_thread_order_gates(struct snarl_thread_order *order, uint32_t thread, uint32_t segment,
                              bool (*visit)(void *context, uint32_t owner, uint32_t lock,
                                            bool shared),
                              void *context);

#endif
