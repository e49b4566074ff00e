/* snarl compare: the demonstrations natively, under snarl and under ThreadSanitizer. */
#include "compare.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "complain.h"
#include "exit_status.h"
#include "leg.h"
#include "memory.h"
#include "print.h"
#include "scenarios.h"
#include "usage.h"

#define LIMIT_S 10.0

struct settings {
    const char *format;
    const char *output;
};

static const struct snarl_option options[] = {
    {"format", 'f', "text|json", "how to write the table", SNARL_OPTION_CHOICE,
     offsetof(struct settings, format)},
    {"output", 'o', "FILE", "write the table to FILE; - is standard output", SNARL_OPTION_TEXT,
     offsetof(struct settings, output)},
};

static const struct snarl_usage usage = {
    .name = "compare",
    .arguments = "[options] [NAME...]",
    .description =
        "Runs scenarios (all of them, if none is named) natively, under snarl, under snarl that "
        "looks for data races, and built with ThreadSanitizer, without snarl. Prints what each "
        "found, and its time and peak "
        "memory as a ratio to native. One that hangs is ended once it has stood still for a "
        "second, "
        "or after 10 seconds. Exits with 0 where all went as the scenarios' manifest expects, 1 "
        "where not, 125 where something could not be run.",
    .options = options,
    .option_count = sizeof options / sizeof *options,
};

bool snarl_comparison_agrees(const struct snarl_comparison *comparison)
{
    bool agrees = true;
    for (size_t i = 0; i < SNARL_COMPARED; i++)
        agrees = agrees && comparison->legs[i].as_expected;
    return agrees;
}

static bool compare(struct snarl_comparison *comparison)
{
    for (int kind = 0; kind < SNARL_COMPARED; kind++) {
        struct snarl_compared_leg *leg = &comparison->legs[kind];
        struct snarl_leg_plan plan = {.scenario = comparison->scenario,
                                      .kind = (enum snarl_leg_kind)kind,
                                      .time_limit_s = LIMIT_S};
        leg->as_expected = true;
        if (!comparison->scenario->expect.legs[kind].given)
            continue;
        /* A child's peak memory begins with what fork copies of ours. */
        malloc_trim(0);
        snarl_leg_run(&plan, &leg->outcome);
        if (kind == SNARL_LEG_RACES && leg->outcome.kind == SNARL_OUTCOME_SKIPPED)
            continue;
        if (leg->outcome.kind != SNARL_OUTCOME_RAN) {
            snarl_complain(SNARL_EXIT_TROUBLE, "%s: %s", comparison->scenario->name,
                           leg->outcome.reason);
            return false;
        }
        leg->ran = true;
        leg->as_expected = snarl_outcome_judge(comparison->scenario, (enum snarl_leg_kind)kind,
                                               &leg->outcome, leg->why, sizeof leg->why);
    }
    return true;
}

static int compare_all(const struct settings *settings, struct snarl_comparison *comparisons,
                       size_t count)
{
    bool agrees = true;
    for (size_t i = 0; i < count; i++) {
        if (!compare(&comparisons[i]))
            return SNARL_EXIT_TROUBLE;
        agrees = agrees && snarl_comparison_agrees(&comparisons[i]);
    }
    struct snarl_print_settings print = {.output = settings->output};
    FILE *stream = snarl_print_open(&print, stdout);
    if (!stream)
        return SNARL_EXIT_TROUBLE;
    if (strcmp(settings->format, "json") == 0)
        snarl_compare_write_json(stream, comparisons, count);
    else
        snarl_compare_write_table(stream, comparisons, count);
    bool written = fflush(stream) == 0 && !ferror(stream);
    if (stream != stdout)
        fclose(stream);
    if (!written)
        return snarl_complain(SNARL_EXIT_TROUBLE, "the table could not be written");
    return agrees ? 0 : 1;
}

int snarl_command_compare(int argc, char **argv)
{
    struct settings settings = {.format = "text"};
    int first, status;
    if (!snarl_usage_parse(&usage, argc, argv, &settings, &first, &status))
        return status;
    struct snarl_manifest *manifest = snarl_scenarios_load();
    if (!manifest)
        return SNARL_EXIT_TROUBLE;
    size_t count;
    const struct snarl_scenario **scenarios =
        snarl_scenarios_choose(manifest, argv + first, (size_t)(argc - first), &count);
    status = SNARL_EXIT_TROUBLE;
    if (scenarios) {
        struct snarl_comparison *comparisons = snarl_memory_zeroed(count, sizeof *comparisons);
        for (size_t i = 0; i < count; i++)
            comparisons[i].scenario = scenarios[i];
        status = compare_all(&settings, comparisons, count);
        free(comparisons);
    }
    free(scenarios);
    snarl_manifest_free(manifest);
    return status;
}
