/*
 * What a forked child inherits: the locks that were held when it was made, and the names of locks.
 *
 * Those of the thread that forked are its own still. Those of every other thread stay locked for
 * ever: such threads are entered in the child's books as absent, so that a wait for what they hold
 * is seen for what it is.
 *
 * Kept in memory of fixed size that a fork does not wipe; what goes beyond it is left out.
 */
#ifndef SNARL_PRELOAD_INHERITANCE_H
#define SNARL_PRELOAD_INHERITANCE_H

#include "preload/thread.h"

/* In the parent, before the fork: notes what is held, and named. Session lock. */
void snarl_inheritance_note(const struct snarl_thread *self);

/* In the child, when its session has begun: takes it up. Without the session's lock. */
void snarl_inheritance_take_up(struct snarl_thread *self);

#endif
