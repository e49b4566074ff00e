/*
 * The files mapped into the process, noted in the recording as they come, so that addresses can be
 * given names after the end.
 */
#ifndef SNARL_PRELOAD_MODULES_H
#define SNARL_PRELOAD_MODULES_H

#include <stdbool.h>
#include <stdint.h>

/* Notes modules that are new; forgets the locks of those that have gone, and all stacks then. Takes
 * the loader's lock, and the session's within it: call it inside snarl's own code, without either.
 * About 100 ns when nothing has changed. */
void snarl_modules_refresh(void);

/* A thread of the host's begins, or ends, a walk through the loader's list: it has the loader's
 * lock meanwhile. Any thread. */
void snarl_modules_walk(bool begins);

/* Whether a module lies there, with its variables. Session lock. */
bool snarl_modules_contain(uintptr_t address);

/* In a forked child: all are to be noted again. With `stuck`, or if another thread of the parent
 * was in snarl_modules_refresh, the child may have inherited the loader's lock taken for ever: it
 * is then left alone from here on, and that is returned. */
bool snarl_modules_forget(bool stuck);

#endif
