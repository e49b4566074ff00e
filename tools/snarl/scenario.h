/* What the words behind `snarl scenario` do: one file each. */
#ifndef SNARL_SCENARIO_H
#define SNARL_SCENARIO_H

#include <stddef.h>

#include "suite/manifest.h"

struct snarl_scenario_settings {
    double timeout_s;
};

/* The names and summaries, by lesson. */
int snarl_scenario_list(const struct snarl_manifest *manifest);

/* The lesson, the source with the lines that matter, and what to do next. */
int snarl_scenario_show(const struct snarl_scenario *scenario);

/* Runs it under snarl, with a timeline of what happened. Returns 0 where what was found is what is
 * expected, 1 where not, 125 after a complaint. */
int snarl_scenario_run(const struct snarl_scenario *scenario,
                       const struct snarl_scenario_settings *settings);

/* Where ThreadSanitizer is to find a race: runs the scenario as it is built with it, and shows at
 * which moment it saw the race, between the lines that the program has printed. Nothing where it
 * does not. */
void snarl_scenario_show_race(const struct snarl_scenario *scenario, double time_limit_s);

#endif
