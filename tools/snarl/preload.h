/* Puts libsnarl.so before a program: composes LD_PRELOAD and SNARL_OPTIONS. */
#ifndef SNARL_PRELOAD_H
#define SNARL_PRELOAD_H

#include <stdbool.h>
#include <stddef.h>

#include "environment.h"

/*
 * Changes `environment` so that a program started with it writes its recordings into `directory`
 * (absolute). libsnarl.so comes first in LD_PRELOAD, with `races` libsnarl-race.so behind it, and
 * what was there follows. In SNARL_OPTIONS the later of two wins: the command's defaults, the
 * user's own, `chosen` ("key=value:key=value", or
 * ""), and what the command relies on.
 *
 * Returns false, with a one-line reason in `error`, where libsnarl.so cannot be found or a path
 * cannot be written in those variables.
 */
bool snarl_preload_compose(struct snarl_environment *environment, const char *directory,
                           const char *chosen, bool races, char *error, size_t error_size);

/* Whether a composed environment sets an option of libsnarl.so to this value. */
bool snarl_preload_is_set(const struct snarl_environment *environment, const char *name,
                          const char *value);

#endif
