/*
 * What a program says of itself, taken into the books: the names of locks, orders it means to keep,
 * locks it has made itself, hand-overs. See snarl/annotate.h for what is meant by each.
 *
 * For the calling thread, READY; `site` is where it said so. errno is preserved. Where an address
 * houses a lock that is watched already, what is said of one of the program's own goes unheard.
 */
#ifndef SNARL_PRELOAD_ANNOTATED_H
#define SNARL_PRELOAD_ANNOTATED_H

#include <stdbool.h>
#include <stdint.h>

#include "preload/acquire.h"
#include "preload/wait.h"

/* A lock of the program's own that a thread waits for: between two calls, so it does not live in
 * the stack. One that waits for another meanwhile is taken to have left the first. */
struct snarl_annotated_wait {
    struct snarl_wait_frame frame;
    struct snarl_thing thing; /* at address 0 where there is none */
    enum snarl_taking taking;
    bool diverted; /* the thread does something else for a while */
};

/* Beside the flags of snarl/annotate.h. */
enum {
    SNARL_ANNOTATED_STATIC = 1 << 8, /* CREATE: if it is there already that is the one */
    SNARL_ANNOTATED_NOT_STATIC = 1
                                 << 9, /* CREATE, and the first ACQUIRED: DESTROY may end it ... */
    SNARL_ANNOTATED_IF_NOT_STATIC = 1 << 10, /* DESTROY: ... if it was said of it */
};

void snarl_annotated_name(struct snarl_thread *self, uintptr_t lock, const char *name);
void snarl_annotated_order(struct snarl_thread *self, uintptr_t first, uintptr_t second,
                           struct snarl_site site);
void snarl_annotated_happens(struct snarl_thread *self, uintptr_t address, bool after,
                             struct snarl_site site);

void snarl_annotated_create(struct snarl_thread *self, uintptr_t lock, unsigned flags,
                            struct snarl_site site);
void snarl_annotated_destroy(struct snarl_thread *self, uintptr_t lock, unsigned flags,
                             struct snarl_site site);
void snarl_annotated_acquiring(struct snarl_thread *self, uintptr_t lock, unsigned flags,
                               struct snarl_site site);

/* `levels`: how often at once, of a recursive lock; else 1. */
void snarl_annotated_acquired(struct snarl_thread *self, uintptr_t lock, unsigned flags,
                              uint32_t levels, struct snarl_site site);

/* Whichever lock it waited for. */
void snarl_annotated_given_up(struct snarl_thread *self);

/* Once, or with `all_levels` as often as the thread has it; how often that was, 1 where it is not
 * known. */
uint32_t snarl_annotated_released(struct snarl_thread *self, uintptr_t lock, bool all_levels,
                                  struct snarl_site site);

/* Whether a thread has it; true at times where none does. Any thread, any time. One that waits for
 * what nobody has, as of then, cannot close a circle: who takes it later will see its wait. */
bool snarl_annotated_may_be_held(uintptr_t lock);

/* The wait goes on, but the thread does something else until it says so. */
void snarl_annotated_divert(struct snarl_thread *self);
void snarl_annotated_resume(struct snarl_thread *self, struct snarl_site site);

#endif
