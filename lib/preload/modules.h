/*
 * The files mapped into the process, noted in the recording as they come, so that addresses can be
 * given names after the end.
 */
#ifndef SNARL_PRELOAD_MODULES_H
#define SNARL_PRELOAD_MODULES_H

/* Notes modules that are new; forgets the locks of those that have gone, and all stacks then. Takes
 * the loader's lock, and the session's within it: call it inside snarl's own code, without either.
 * About 100 ns when nothing has changed. */
void snarl_modules_refresh(void);

/* In a forked child: all are to be noted again. */
void snarl_modules_forget(void);

#endif
