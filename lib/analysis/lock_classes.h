/*
 * Classes of locks: those that were made at the same place, as in the Linux kernel's lockdep.
 *
 * A lock that is part of a variable is of one class with the like parts of the same array
 * ("accounts[*].lock"); any other with those of its kind that were initialised by the same call
 * path. One that is neither, as nobody initialised it, is a class of its own.
 *
 * Of locks of one class that are taken one inside the other it is noted whether always in one
 * direction, by their addresses or by their age: then there is an order among them.
 *
 * For one recording; memory comes from the builder's arena. Not thread-safe.
 */
#ifndef SNARL_ANALYSIS_LOCK_CLASSES_H
#define SNARL_ANALYSIS_LOCK_CLASSES_H

#include "analysis/builder.h"
#include "base/table.h"

struct snarl_lock_class {
    struct {
        const char *name; /* of a variable, its indices as [*]; else NULL */
        uint64_t created; /* stack and kind; else, of one that is a class of its own, the lock */
    } key;
    uint32_t number;     /* from 1 */
    uint32_t first;      /* the first lock of it that was met */
    uint32_t lock_count; /* that were met */
    bool polled;         /* one of them is */
    bool up, down;       /* the outer one lay lower, higher in memory */
    bool older, younger; /* the outer one was there before the inner one, after it */
    unsigned in_report;  /* as a lock of the report; 0 until it is mentioned */
    UT_hash_handle by_key;
};

struct snarl_class_of_lock; /* private: the class of a lock */

struct snarl_lock_classes {
    struct snarl_builder *builder;
    struct snarl_source *source;
    struct snarl_lock_class *classes;
    struct snarl_class_of_lock *locks;
    uint32_t count;
};

struct snarl_lock_class *snarl_lock_class_of(struct snarl_lock_classes *, uint32_t lock);

/* Two locks of one class: whether the first lies lower in memory. */
bool snarl_lock_class_is_up(const struct snarl_lock_classes *, uint32_t first, uint32_t second);

/* Notes that the inner one was wanted while the outer one was held. */
void snarl_lock_class_nest(struct snarl_lock_classes *, struct snarl_lock_class *, uint32_t outer,
                           uint32_t inner);

/* Whether those that are taken inside each other are so in one order. */
bool snarl_lock_class_has_order(const struct snarl_lock_class *);

/* The class as a lock of the report, under a name that says that it is many. */
unsigned snarl_lock_class_in_report(struct snarl_lock_classes *, struct snarl_lock_class *);

#endif
