#include "scenarios.h"

#include <stdlib.h>
#include <string.h>

#include "complain.h"
#include "exit_status.h"
#include "layout.h"
#include "memory.h"

struct snarl_manifest *snarl_scenarios_load(void)
{
    char error[1024];
    char *path = snarl_layout_find(SNARL_LAYOUT_SOURCES, "manifest.json");
    struct snarl_manifest *manifest = NULL;
    if (!path)
        snarl_complain(SNARL_EXIT_TROUBLE,
                       "the scenarios are missing; is snarl installed "
                       "completely?");
    else if (!(manifest = snarl_manifest_load(path, error, sizeof error)))
        snarl_complain(SNARL_EXIT_TROUBLE, "%s", error);
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

char **snarl_scenarios_arguments(const struct snarl_scenario *scenario, const char *suffix)
{
    char *name = snarl_memory_string("%s%s", scenario->name, suffix);
    char *program = snarl_layout_find(SNARL_LAYOUT_SCENARIOS, name);
    free(name);
    if (!program)
        return NULL;
    char **arguments = snarl_memory_zeroed(scenario->argument_count + 2, sizeof *arguments);
    arguments[0] = program;
    for (size_t i = 0; i < scenario->argument_count; i++)
        arguments[i + 1] = snarl_memory_string("%s", scenario->arguments[i]);
    return arguments;
}

void snarl_scenarios_free_arguments(char **arguments)
{
    for (char **argument = arguments; argument && *argument; argument++)
        free(*argument);
    free(arguments);
}
