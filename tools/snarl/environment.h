/*
 * A copy of an environment that can be changed for one child.
 *
 * The command's own environment is never touched.
 */
#ifndef SNARL_ENVIRONMENT_H
#define SNARL_ENVIRONMENT_H

#include <stddef.h>

struct snarl_environment {
    char **variables; /* "NAME=value", ended by NULL: what execve takes */
    size_t count;
};

/* Copies `variables` (as environ is); freed by snarl_environment_free. */
struct snarl_environment snarl_environment_copy(char *const *variables);

/* Copies the command's own, without what preloads a library or speaks to libsnarl.so. */
struct snarl_environment snarl_environment_bare(void);

void snarl_environment_free(struct snarl_environment *environment);

/* The value, owned by the environment, or NULL. */
const char *snarl_environment_get(const struct snarl_environment *environment, const char *name);

/* Replaces or adds. `value` may not lie in the environment itself. */
void snarl_environment_set(struct snarl_environment *environment, const char *name,
                           const char *value);
void snarl_environment_unset(struct snarl_environment *environment, const char *name);

#endif
