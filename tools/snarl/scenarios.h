/* The manifest and the programs of the scenarios, where this snarl has them. */
#ifndef SNARL_SCENARIOS_H
#define SNARL_SCENARIOS_H

#include <stddef.h>

#include "suite/manifest.h"

/* Loads the manifest; the caller frees it. NULL after a complaint. */
struct snarl_manifest *snarl_scenarios_load(void);

/* The same of a folder's manifest.json. */
struct snarl_manifest *snarl_scenarios_load_from(const char *folder);

/*
 * The scenarios of these names, in their order, or all of them where `count` is 0; an array of
 * `*found`, to be freed. NULL after a complaint about a name that is unknown.
 */
const struct snarl_scenario **snarl_scenarios_choose(const struct snarl_manifest *manifest,
                                                     char *const *names, size_t count,
                                                     size_t *found);

/* The arguments to run the scenario with: its program (followed by `suffix`) in the folder
 * `programs`, or with NULL in that of snarl's own scenarios; its arguments, and `more`, if that is
 * not NULL; NULL. To be freed by
 * snarl_scenarios_free_arguments; NULL where the program was not built. */
char **snarl_scenarios_arguments(const struct snarl_scenario *scenario, const char *programs,
                                 const char *suffix, const struct snarl_strings *more);
void snarl_scenarios_free_arguments(char **arguments);

#endif
