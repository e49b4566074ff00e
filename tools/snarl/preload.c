#include "preload.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "layout.h"
#include "memory.h"
#include "recordings.h"

/* The path of a library of ours, to be freed; NULL with a reason. */
static char *find_library(const char *name, char *error, size_t error_size)
{
    char *library = snarl_layout_find(SNARL_LAYOUT_LIBRARY, name);
    if (!library)
        snprintf(error, error_size, "%s is missing; is snarl installed completely?", name);
    else if (strpbrk(library, " :"))
        snprintf(error, error_size,
                 "LD_PRELOAD cannot hold a path with a space or colon; move snarl out of \"%s\"",
                 library);
    else
        return library;
    free(library);
    return NULL;
}

static bool add_libraries(struct snarl_environment *environment, bool races, char *error,
                          size_t error_size)
{
    const char *others = snarl_environment_get(environment, "LD_PRELOAD");
    char *library = find_library("libsnarl.so", error, error_size);
    char *race = library && races ? find_library("libsnarl-race.so", error, error_size) : NULL;
    bool fine = library && (!races || race);
    if (fine) {
        char *value = snarl_memory_string("%s%s%s%s%s", library, race ? ":" : "", race ? race : "",
                                          others && *others ? ":" : "", others ? others : "");
        snarl_environment_set(environment, "LD_PRELOAD", value);
        free(value);
    }
    free(library);
    free(race);
    return fine;
}

bool snarl_preload_compose(struct snarl_environment *environment, const char *directory,
                           const char *chosen, bool races, char *error, size_t error_size)
{
    if (strchr(directory, ':')) {
        snprintf(error, error_size, "\"%s\": recordings cannot lie in a path with a colon",
                 directory);
        return false;
    }
    const char *users = snarl_environment_get(environment, "SNARL_OPTIONS");
    char *value = snarl_memory_string(
        "on-deadlock=abort%s%s%s%s:log_path=%s/" SNARL_RECORDINGS_STEM ":quiet=1:exitcode=0",
        users && *users ? ":" : "", users ? users : "", *chosen ? ":" : "", chosen, directory);
    snarl_environment_set(environment, "SNARL_OPTIONS", value);
    free(value);
    return add_libraries(environment, races, error, error_size);
}

bool snarl_preload_is_set(const struct snarl_environment *environment, const char *name,
                          const char *value)
{
    const char *pair = snarl_environment_get(environment, "SNARL_OPTIONS");
    size_t name_length = strlen(name), value_length = strlen(value);
    bool set = false;
    while (pair && *pair) {
        size_t length = strcspn(pair, ":");
        if (length > name_length && strncmp(pair, name, name_length) == 0 &&
            pair[name_length] == '=')
            set = length == name_length + 1 + value_length &&
                  strncmp(pair + name_length + 1, value, value_length) == 0;
        pair += length + (pair[length] == ':');
    }
    return set;
}
