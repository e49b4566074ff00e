#include "environment.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "memory.h"

struct snarl_environment snarl_environment_copy(char *const *variables)
{
    size_t count = 0;
    while (variables[count])
        count++;
    struct snarl_environment copy = {snarl_memory_zeroed(count + 1, sizeof(char *)), count};
    for (size_t i = 0; i < count; i++)
        copy.variables[i] = snarl_memory_string("%s", variables[i]);
    return copy;
}

struct snarl_environment snarl_environment_bare(void)
{
    struct snarl_environment environment = snarl_environment_copy(environ);
    snarl_environment_unset(&environment, "LD_PRELOAD");
    snarl_environment_unset(&environment, "SNARL_OPTIONS");
    return environment;
}

void snarl_environment_free(struct snarl_environment *environment)
{
    for (size_t i = 0; i < environment->count; i++)
        free(environment->variables[i]);
    free(environment->variables);
    *environment = (struct snarl_environment){NULL, 0};
}

/* Index of the variable, or the count where there is none. */
static size_t index_of(const struct snarl_environment *environment, const char *name)
{
    size_t length = strlen(name), i = 0;
    while (i < environment->count && (strncmp(environment->variables[i], name, length) != 0 ||
                                      environment->variables[i][length] != '='))
        i++;
    return i;
}

const char *snarl_environment_get(const struct snarl_environment *environment, const char *name)
{
    size_t i = index_of(environment, name);
    return i < environment->count ? environment->variables[i] + strlen(name) + 1 : NULL;
}

void snarl_environment_unset(struct snarl_environment *environment, const char *name)
{
    for (size_t i; (i = index_of(environment, name)) < environment->count;) {
        free(environment->variables[i]);
        environment->count--;
        memmove(&environment->variables[i], &environment->variables[i + 1],
                (environment->count - i + 1) * sizeof(char *));
    }
}

void snarl_environment_set(struct snarl_environment *environment, const char *name,
                           const char *value)
{
    char *variable = snarl_memory_string("%s=%s", name, value);
    snarl_environment_unset(environment, name);
    environment->variables =
        snarl_memory_resize(environment->variables, environment->count + 2, sizeof(char *));
    environment->variables[environment->count++] = variable;
    environment->variables[environment->count] = NULL;
}
