/* What the files of judging runs together share. Private to across*.c. */
#ifndef SNARL_ANALYSIS_ACROSS_PARTS_H
#define SNARL_ANALYSIS_ACROSS_PARTS_H

#include "analysis/loaded_runs.h"

/* How a thread is made; zeros where it does not matter. */
struct snarl_across_made {
    uint32_t executable;
    uint32_t is_main;
    uint32_t parent; /* class */
    uint32_t stack;
    uint32_t absent, padding;
    uint64_t start;
};

/* Threads that are made the same way. */
struct snarl_across_class {
    struct snarl_across_made made;
    uint32_t number; /* from 1 */
    uint32_t most;   /* that a run had */
    UT_hash_handle by_making;
};

/* A thread of a shape. */
struct snarl_across_member {
    uint32_t thread; /* in the recording */
    uint32_t shape;
    struct snarl_across_class *class;
    struct snarl_across_member *next_in_shape;
    UT_hash_handle by_thread;
};

struct snarl_across_list {
    uint32_t *items;
    uint32_t count;
};

/* Where, in a shape, a dependency was seen. */
struct snarl_across_place {
    struct {
        uint32_t dependency; /* in the graph */
        uint32_t thread;     /* in the recording */
        uint32_t segment;
    } key;
    struct snarl_across_list runs;   /* ascending */
    struct snarl_across_place *next; /* of the same dependency, as the shapes come */
    UT_hash_handle by_key;
};

struct snarl_across_seen {
    uint32_t dependency;              /* in the graph */
    struct snarl_across_class *class; /* NULL for an order that the program has declared */
    struct snarl_across_place *first, *last;
    UT_hash_handle by_dependency;
};

/* Whether all threads of a class were ordered, in its run, with what a thread did in a segment. */
struct snarl_across_known {
    struct {
        uint32_t thread, segment, class;
    } key;
    bool ordered;
    UT_hash_handle by_key;
};

struct stand_in;

struct snarl_across {
    struct snarl_loaded *loaded;
    struct snarl_lock_order *order;
    uint32_t (*lock_of)(void *context,
                        uint32_t id); /* NULL: the graph's locks are the recording's */
    void *context;
    struct snarl_arena arena;
    struct snarl_across_class *classes;
    struct snarl_across_member *members;
    struct snarl_across_member **shapes; /* the members of each */
    struct stand_in *stand_ins;
    uint32_t *originals; /* of the graph's threads, from 1 */
    struct snarl_across_place *places;
    struct snarl_across_seen *seen;
    struct snarl_across_known *known;
    uint32_t class_count, thread_count;
    uint32_t run; /* that is being told */
    struct snarl_arena shape_arena;
    struct snarl_thread_order *shape_order; /* of one shape, the last that was asked for */
    uint32_t shape;
};

void *snarl_across_allocate(struct snarl_across *, size_t size);
struct snarl_across_member *snarl_across_member(const struct snarl_across *, uint32_t thread);
struct snarl_across_seen *snarl_across_seen(const struct snarl_across *,
                                            const struct snarl_dependency *);

/* What keeps the other off this place, whatever place the other is at. */
enum snarl_reason snarl_across_keeps_off(struct snarl_across *, const struct snarl_across_place *,
                                         const struct snarl_dependency *other);

/* What keeps two dependencies of the graph apart, wherever they were seen. */
enum snarl_reason snarl_across_apart(void *context, const struct snarl_dependency *left,
                                     const struct snarl_dependency *right);

#endif
