/*
 * The lock-order graph: who held what when they wanted which lock.
 *
 * It is told acquisitions and keeps each distinct one as a dependency ("thread T, in segment S,
 * holding H, wanted L, at these stacks"). When it is asked for cycles it looks for chains of
 * dependencies of distinct threads, each wanting a lock that the next one holds, with no lock held
 * on two sides (a gate), and in segments that can overlap (see thread_order.h, whose facts it is to
 * be told). This is the Goodlock condition (Havelund 2000; Bensalem and Havelund 2005; with orders
 * between segments: Agarwal, Bensalem et al. 2010) on dependencies as in MagicFuzzer (Cai and Chan,
 * ICSE 2012). A dependency that was seen in several segments counts in each of them.
 * Readers do not keep readers apart: a lock that two sides only read is no gate, and a want to read
 * what is only read leads nowhere, unless readers queue behind a writer that waits: then a writer
 * is needed besides, and the cycle is a warning. A cycle inside which a shorter one runs, past some
 * of its steps, is not kept.
 * Of all chains through the same locks one is the representative. Only the strongly connected parts
 * of the graph are searched, each from the dependencies that lead back against a depth-first order,
 * of which every cycle has one. The sets of locks that can close a cycle there are found shortest
 * first, and all of them, up to a fixed number of steps and of sets for each such dependency; the
 * simple cycles of the graph, exponential in number, are never enumerated.
 *
 * Pure: no thread, no clock, no system call. Not thread-safe: the owner serialises calls. Memory
 * comes from the arena given at the start and goes with it.
 */
#ifndef SNARL_CORE_LOCK_ORDER_H
#define SNARL_CORE_LOCK_ORDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/table.h"
#include "core/finding.h"
#include "core/thread_order.h"

enum {
    SNARL_SEGMENTS_KEPT = 64, /* of one dependency; past that it may overlap with anything */
    SNARL_VARIANTS_KEPT = 8,  /* call paths of one dependency; the others are counted */
    SNARL_ALSO_KEPT = 8,      /* other chains through the locks of one cycle */
    SNARL_LIKE_KEPT = 256,    /* threads that do the same; past that one in so many */
};

/* Numbers of threads from here on stand for no thread, but each for an order that the program has
 * declared: its dependency says that the one lock is always taken before the other. Such a one may
 * overlap with every thread. */
#define SNARL_DECLARED (1u << 31)

static inline bool snarl_is_declared(uint32_t thread)
{
    return thread >= SNARL_DECLARED;
}

/* A lock that is held, and the stack where it was taken. Ids, 0 for unknown. `shared`: by a reader,
 * who keeps writers out and no other reader. */
struct snarl_held {
    uint32_t lock;
    uint32_t stack : 31;
    uint32_t shared : 1;
};

enum snarl_want_flags {
    SNARL_WANT_TIMED = 1,  /* would have given up */
    SNARL_WANT_SHARED = 2, /* wanted by a reader: another reader does not stand in its way */
    SNARL_WANT_BEHIND_WRITERS = 4, /* ... but a writer that waits does (the kind of the lock) */
    SNARL_WANT_TRIED = 8,          /* a try that succeeded, of a semaphore: who wants it may poll */
};

/* An acquisition made, or attempted, while something was held. */
struct snarl_want {
    uint32_t thread;
    uint32_t segment;
    uint32_t lock;
    uint32_t stack;
    uint32_t flags;
    uint32_t held_count;           /* at least 1 */
    const struct snarl_held *held; /* outermost first; read during the call only */
    bool unsure; /* of its segment, within which threads were ordered and nobody told of it: it says
                    nothing new of when a known dependency can be */
};

struct snarl_lock_order;
struct snarl_order_node;
struct snarl_order_deed;

/* One way a dependency was reached: the stacks, in the order of its held locks. */
struct snarl_variant {
    struct snarl_variant *next;
    uint32_t stack;
    uint32_t held_stacks[];
};

struct snarl_dependency {
    uint32_t id; /* from 1, in order of appearance; not given again */
    uint32_t thread;
    uint32_t lock; /* wanted */
    uint32_t flags;
    uint32_t held_count;
    uint32_t shared_count;  /* of those held, how many by a reader */
    uint32_t variant_count; /* kept or not */
    uint32_t segment_count; /* kept or not: past SNARL_SEGMENTS_KEPT it may overlap with anything
                               that comes later */
    uint32_t first_segment, last_segment;
    uint32_t segment_room;
    uint32_t *later_segments;                 /* kept: those after the first */
    uint32_t rank;                            /* how many other threads had done the same before */
    struct snarl_order_deed *deed;            /* what it has in common with them */
    struct snarl_variant *variants;           /* first seen first */
    struct snarl_dependency *next, *previous; /* in order of appearance */
    struct snarl_dependency *next_wanting;    /* of the same lock; during the search */
    /* Those that want the same lock, and those that hold the same one outermost: each is pointed to
     * by the one before it, or by the lock. */
    struct snarl_dependency *next_of_wanted, **link_of_wanted;
    struct snarl_dependency *next_of_outermost, **link_of_outermost;
    uint64_t key;
    UT_hash_handle by_key;
    struct snarl_order_node *held[];
};

/* Steps in order: steps[i] wants a lock that steps[i + 1] holds, the last one that the first
 * holds. */
struct snarl_cycle {
    enum snarl_status status; /* predicted or infeasible */
    enum snarl_severity severity;
    enum snarl_reason reason;
    struct snarl_cycle *next; /* in order of discovery */
    struct snarl_cycle *also; /* other chains through the same locks, SNARL_ALSO_KEPT at most */
    uint32_t also_count;      /* kept or not, where more than are kept: about */
    uint64_t left_out;        /* threads that did as one of the steps did, and were passed over */
    uint32_t seen_ordered_by; /* the object of a hand-off that kept the steps apart in this run, but
                                 need not in another; 0 for none */
    uint64_t key;
    UT_hash_handle by_locks;
    uint32_t length;
    struct snarl_dependency *steps[];
};

enum snarl_added {
    SNARL_ADDED_NOTHING, /* known in every respect, or as that of many other threads */
    SNARL_ADDED_SEGMENT, /* a known dependency, in a new segment */
    SNARL_ADDED_VARIANT, /* a known dependency, by a new call path */
    SNARL_ADDED_DEPENDENCY,
    SNARL_ADDED_FAILED, /* out of memory: a new dependency was not kept at all, of a known one
                           the new segment or call path was not */
};

/* An empty graph in `arena`; NULL when that is exhausted. With `keep_infeasible` cycles that cannot
 * happen are kept too, with their reasons (as the report's --all shows them). */
struct snarl_lock_order *snarl_lock_order_create(struct snarl_arena *arena, bool keep_infeasible);

/* The orders between the threads, which are to be told there; NULL never. */
struct snarl_thread_order *snarl_lock_order_threads(struct snarl_lock_order *order);

/*
 * Tells of one acquisition. `*dependency` is set to the dependency it belongs to (NULL on failure,
 * and for a want of which withdrawn locks leave nothing). A relock of a lock that is in the held
 * set is no want; do not tell it. Nor is an upgrade, from reading to writing, a want of the
 * graph's. A few hash look-ups.
 */
enum snarl_added snarl_lock_order_add(struct snarl_lock_order *order, const struct snarl_want *want,
                                      struct snarl_dependency **dependency);

/*
 * The lock has ended: nothing more will be told of it. What cannot be on a cycle any more goes: a
 * lock that nobody held when he wanted another, or that nobody wanted when he held another, leaves
 * nothing behind. So a program may use any number of locks, one after the other.
 */
void snarl_lock_order_ended(struct snarl_lock_order *order, uint32_t lock);

/* Whether telling it would add nothing. A hash look-up. Threads that are passed over are counted:
 * they are told apart as long as they come one after the other. */
bool snarl_lock_order_knows(struct snarl_lock_order *order, const struct snarl_want *want);

/*
 * From here on threads that do what SNARL_LIKE_KEPT others did are passed over, but for one in so
 * many: a program may make any number of them. Not for a graph that is told of what was kept.
 *
 * Of those that are passed over the last one is remembered. It, and as many more that come after
 * it, count after all when another thread is the first to take two of these locks the other way:
 * the early ones may have ended before that thread was there. snarl_lock_order_recalled hands out
 * one such want and a new id for it, and says false when there is none; `want` is valid until the
 * graph is told of something. It is not in this graph.
 */
void snarl_lock_order_pass_over_likes(struct snarl_lock_order *order);
bool snarl_lock_order_recalled(struct snarl_lock_order *order, struct snarl_want *want,
                               uint32_t *dependency);

/* How many threads were passed over that did as the dependency says, which is the first that did;
 * for each such dependency. And tells of some that another graph has passed over. */
void snarl_lock_order_passed_over(const struct snarl_lock_order *order,
                                  void (*visit)(void *context, uint32_t dependency, uint64_t count),
                                  void *context);
void snarl_lock_order_pass_over(struct snarl_lock_order *order, const struct snarl_want *want,
                                uint64_t count);

/*
 * A semaphore that was taken for a lock: some thread tries it and goes on without it (`polled`), so
 * cycles that want it are warnings. And one that turned out to be a signal: nothing that was told
 * of it counts (neither wants nor holds), and later wants and holds of it are not kept.
 *
 * Of a lock that nothing was told of a withdrawal is not remembered: programs may use any number of
 * semaphores as signals. Do not tell of it thereafter.
 */
void snarl_lock_order_polled(struct snarl_lock_order *order, uint32_t lock);
void snarl_lock_order_withdraw(struct snarl_lock_order *order, uint32_t lock);

/*
 * First cycle, then by `next`: representatives only, in order of discovery. Judges all that was
 * told, if anything was since it was asked last; what was handed out before is then void. Linear in
 * what was told, where that has no cycles; then bounded by a fixed number of steps for each
 * dependency that may close one.
 */
const struct snarl_cycle *snarl_lock_order_cycles(struct snarl_lock_order *order);

/* Judges by `apart`, and not by the orders that were told, what keeps two dependencies of different
 * threads apart: it says NONE if nothing does. For graphs of several runs, whose threads were never
 * together. */
void snarl_lock_order_judge_by(struct snarl_lock_order *order,
                               enum snarl_reason (*apart)(void *context,
                                                          const struct snarl_dependency *left,
                                                          const struct snarl_dependency *right),
                               void *context);

/* First dependency, then by `next`, in order of appearance. */
const struct snarl_dependency *snarl_lock_order_dependencies(const struct snarl_lock_order *order);

/* The held locks' ids are read through this. */
uint32_t snarl_order_node_lock(const struct snarl_order_node *node);

/* Whether held[index] is held by a reader. */
bool snarl_dependency_holds_shared(const struct snarl_dependency *dependency, uint32_t index);

/* How many cycles of severity warning or error there are (see above), and how many dependencies. */
size_t snarl_lock_order_cycle_count(struct snarl_lock_order *order);
size_t snarl_lock_order_dependency_count(const struct snarl_lock_order *order);

/* Searches that hit their bound, or for which there was no memory: something may have been missed.
 * See above. */
size_t snarl_lock_order_searches_cut(struct snarl_lock_order *order);

#endif
