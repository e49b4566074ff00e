/* snarl scenario: the demonstrations. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "complain.h"
#include "exit_status.h"
#include "scenario.h"
#include "scenarios.h"
#include "usage.h"

static const struct snarl_option options[] = {
    {"timeout", 't', "SECONDS", "run: end a scenario that hangs after so long (10)",
     SNARL_OPTION_SECONDS, offsetof(struct snarl_scenario_settings, timeout_s)},
};

static const struct snarl_usage usage = {
    .name = "scenario",
    .arguments = "list | show NAME | run [options] [NAME...]",
    .description =
        "The demonstrations: small programs, each with one lesson. list names them; show explains "
        "one; run runs them (all, if none is named) under snarl and says whether what was found is "
        "what is expected, and "
        "exits with 0 if so, with 1 if not.",
    .options = options,
    .option_count = sizeof options / sizeof *options,
};

/* The worst status of all: trouble, then what was not as expected. */
static int run(const struct snarl_scenario *const *scenarios, size_t count,
               const struct snarl_scenario_settings *settings)
{
    int worst = 0;
    for (size_t i = 0; i < count; i++) {
        int status = snarl_scenario_run(scenarios[i], settings);
        worst = status > worst ? status : worst;
    }
    return worst;
}

static int act(const struct snarl_manifest *manifest,
               const struct snarl_scenario_settings *settings, int count, char **words)
{
    static const char *const verbs[] = {"list", "show", "run"};
    struct snarl_nearest nearest = snarl_nearest_to(words[0]);
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
        snarl_nearest_try(&nearest, verbs[i]);
    if (!nearest.best || nearest.distance > 0)
        return snarl_complain_unknown("word after scenario", &nearest,
                                      "see: snarl scenario --help");
    bool lists = strcmp(words[0], "list") == 0, shows = strcmp(words[0], "show") == 0;
    int most = lists ? 0 : shows ? 1 : count;
    if (!snarl_usage_operands(&usage, count, 1, shows ? 1 : 0, most))
        return SNARL_EXIT_TROUBLE;
    if (lists)
        return snarl_scenario_list(manifest);
    size_t found;
    const struct snarl_scenario **scenarios =
        snarl_scenarios_choose(manifest, words + 1, (size_t)count - 1, &found);
    if (!scenarios)
        return SNARL_EXIT_TROUBLE;
    int status = shows ? snarl_scenario_show(scenarios[0]) : run(scenarios, found, settings);
    free(scenarios);
    return status;
}

int snarl_command_scenario(int argc, char **argv)
{
    struct snarl_scenario_settings settings = {.timeout_s = 10};
    int first, status;
    if (!snarl_usage_parse(&usage, argc, argv, &settings, &first, &status))
        return status;
    if (!snarl_usage_operands(&usage, argc, first, 1, argc))
        return SNARL_EXIT_TROUBLE;
    struct snarl_manifest *manifest = snarl_scenarios_load();
    status = manifest ? act(manifest, &settings, argc - first, argv + first) : SNARL_EXIT_TROUBLE;
    snarl_manifest_free(manifest);
    return status;
}
