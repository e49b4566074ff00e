/* What a recording holds of the run that it is of: enough to run the program again. */
#ifndef SNARL_RERUN_H
#define SNARL_RERUN_H

#include <stdbool.h>
#include <stddef.h>

#include "environment.h"

struct snarl_rerun {
    char *path;       /* of the executable */
    char *directory;  /* in which it ran */
    char **arguments; /* ended by NULL */
    bool has_environment;
    struct snarl_environment environment; /* as it was, without libsnarl.so before it; where that
                                             was not kept, the command's own */
};

/* Reads the recording's. False, with a one-line reason in `error`, where it says nothing of it. */
bool snarl_rerun_read(struct snarl_rerun *rerun, const char *recording, char *error,
                      size_t error_size);

void snarl_rerun_free(struct snarl_rerun *rerun);

#endif
