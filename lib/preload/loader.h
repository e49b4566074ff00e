/* The dynamic loader's locks; see loader.c. */
#ifndef SNARL_PRELOAD_LOADER_H
#define SNARL_PRELOAD_LOADER_H

/* In a forked child that begins its session: nobody else is loading any more. */
void snarl_loader_in_child(void);

#endif
