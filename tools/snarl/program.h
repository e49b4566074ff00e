/*
 * Finds a program as execvp(3) would, and judges whether a preloaded library reaches it.
 *
 * A set-user-ID, static or foreign program would run without the library, and so without a
 * report; it is refused instead. Reads files only; a damaged or hostile one is refused too.
 */
#ifndef SNARL_PROGRAM_H
#define SNARL_PROGRAM_H

#include <limits.h>

struct snarl_program {
    char path[PATH_MAX];         /* to execute; always with a '/' */
    int status;                  /* 0: can be run; else the command's exit status, 126 or 127 */
    char reason[PATH_MAX + 256]; /* one line where `status` is not 0 */
};

/* Looks for `name` along $PATH unless it has a '/'. */
void snarl_program_find(const char *name, struct snarl_program *program);

#endif
