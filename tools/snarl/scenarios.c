#include "scenarios.h"

#include <stdlib.h>
#include <string.h>

#include "complain.h"
#include "exit_status.h"
#include "layout.h"
#include "memory.h"

static struct snarl_manifest *load(const char *path)
{
    char error[1024];
    struct snarl_manifest *manifest = snarl_manifest_load(path, error, sizeof error);
    if (!manifest)
        snarl_complain(SNARL_EXIT_TROUBLE, "%s", error);
    return manifest;
}

struct snarl_manifest *snarl_scenarios_load(void)
{
    char *path = snarl_layout_find(SNARL_LAYOUT_SOURCES, "manifest.json");
    struct snarl_manifest *manifest = NULL;
    if (path)
        manifest = load(path);
    else
        snarl_complain(SNARL_EXIT_TROUBLE,
                       "the scenarios are missing; is snarl installed completely?");
    free(path);
    return manifest;
}

struct snarl_manifest *snarl_scenarios_load_from(const char *folder)
{
    char *path = snarl_memory_string("%s/manifest.json", folder);
    struct snarl_manifest *manifest = load(path);
    free(path);
    return manifest;
}

static const struct snarl_scenario *choose(const struct snarl_manifest *manifest, const char *name)
{
    const struct snarl_scenario *scenario = snarl_manifest_find(manifest, name);
    if (scenario)
        return scenario;
    struct snarl_nearest nearest = snarl_nearest_to(name);
    for (size_t i = 0; i < manifest->count; i++)
        snarl_nearest_try(&nearest, manifest->scenarios[i].name);
    snarl_complain_unknown("scenario", &nearest, "see: snarl scenario list");
    return NULL;
}

const struct snarl_scenario **snarl_scenarios_choose(const struct snarl_manifest *manifest,
                                                     char *const *names, size_t count,
                                                     size_t *found)
{
    *found = count ? count : manifest->count;
    const struct snarl_scenario **chosen = snarl_memory_zeroed(*found, sizeof *chosen);
    for (size_t i = 0; i < *found; i++) {
        chosen[i] = count ? choose(manifest, names[i]) : &manifest->scenarios[i];
        if (!chosen[i]) {
            free(chosen);
            return NULL;
        }
    }
    return chosen;
}

static char *find_program(const char *programs, const char *name)
{
    if (!programs)
        return snarl_layout_find(SNARL_LAYOUT_SCENARIOS, name);
    char *path = snarl_memory_string("%s/%s", programs, name);
    char *real = realpath(path, NULL);
    free(path);
    return real;
}

char **snarl_scenarios_arguments(const struct snarl_scenario *scenario, const char *programs,
                                 const char *suffix, const struct snarl_strings *more)
{
    char *name = snarl_memory_string("%s%s", scenario->program, suffix);
    char *program = find_program(programs, name);
    free(name);
    if (!program)
        return NULL;
    size_t count = scenario->arguments.count + (more ? more->count : 0) + 2;
    char **arguments = snarl_memory_zeroed(count, sizeof *arguments), **next = arguments;
    *next++ = program;
    for (size_t i = 0; i < scenario->arguments.count; i++)
        *next++ = snarl_memory_string("%s", scenario->arguments.items[i]);
    for (size_t i = 0; more && i < more->count; i++)
        *next++ = snarl_memory_string("%s", more->items[i]);
    return arguments;
}

void snarl_scenarios_free_arguments(char **arguments)
{
    for (char **argument = arguments; argument && *argument; argument++)
        free(*argument);
    free(arguments);
}
