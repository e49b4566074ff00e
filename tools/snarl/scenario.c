/* snarl scenario: the demonstrations. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "complain.h"
#include "exit_status.h"
#include "kinds.h"
#include "layout.h"
#include "print.h"
#include "scenarios.h"
#include "usage.h"
#include "usage_help.h"
#include "watch.h"

struct settings {
    double timeout_s;
};

static const struct snarl_option options[] = {
    {"timeout", 't', "SECONDS", "run: end a scenario that hangs after so long (10)",
     SNARL_OPTION_SECONDS, offsetof(struct settings, timeout_s)},
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

static int list(const struct snarl_manifest *manifest)
{
    const char *lesson = "";
    for (size_t i = 0; i < manifest->count; i++) {
        const struct snarl_scenario *scenario = &manifest->scenarios[i];
        if (strcmp(lesson, scenario->lesson) != 0)
            printf("%s%s\n", i ? "\n" : "", scenario->lesson);
        lesson = scenario->lesson;
        printf("  %s\n    ", scenario->name);
        snarl_help_fill(scenario->summary, 4, 4);
    }
    return 0;
}

static void show_command(const char *text, const char *const *arguments)
{
    printf("%s", text);
    for (; *arguments; arguments++)
        printf(" %s", *arguments);
    putchar('\n');
}

static int show(const struct snarl_scenario *scenario)
{
    char words[256];
    char *source = snarl_layout_find(SNARL_LAYOUT_SOURCES, scenario->source);
    char *program = snarl_layout_find(SNARL_LAYOUT_SCENARIOS, scenario->name);
    printf("%s: %s\n\n", scenario->name, scenario->lesson);
    for (size_t i = 0; i < scenario->explanation_count; i++)
        snarl_help_fill(scenario->explanation[i], 0, 0);
    printf("\nSource:       %s\n", source ? source : scenario->source);
    printf("Run it:       ");
    show_command(program ? program : scenario->name, scenario->arguments);
    printf("Under snarl:  snarl scenario run %s\n", scenario->name);
    snarl_kinds_words(snarl_kinds_expected(&scenario->expect.snarl), words, sizeof words);
    printf("Snarl finds:  %s\n", words);
    snarl_kinds_words(snarl_kinds_expected(&scenario->expect.thread_sanitizer), words,
                      sizeof words);
    printf("TSan finds:   %s (ThreadSanitizer; snarl compare %s)\n", words, scenario->name);
    if (!scenario->expect.ends)
        printf("Left alone:   it hangs for ever\n");
    if (scenario->fixed_by)
        printf("Mended in:    %s (snarl scenario show %s)\n", scenario->fixed_by,
               scenario->fixed_by);
    free(source);
    free(program);
    return 0;
}

/* A scenario that hangs is ended at once where its deadlock is found, else by the time limit. */
static bool ended_as_expected(const struct snarl_scenario *scenario,
                              const struct snarl_child_end *end)
{
    if (scenario->expect.ends)
        return !end->timed_out && !end->signal && end->exit_code == scenario->expect.exit_code;
    return scenario->expect.snarl.count > 0 ? !end->timed_out : end->timed_out;
}

static bool judge(const struct snarl_scenario *scenario, const struct snarl_watched *watched)
{
    char found_words[256], expected_words[256];
    snarl_kinds found = snarl_kinds_found(watched->report);
    snarl_kinds expected = snarl_kinds_expected(&scenario->expect.snarl);
    snarl_kinds_words(found, found_words, sizeof found_words);
    snarl_kinds_words(expected, expected_words, sizeof expected_words);
    const char *hung = watched->end.timed_out ? "; it hung and was ended" : "";
    bool as_expected = found == expected && ended_as_expected(scenario, &watched->end);
    if (as_expected)
        printf("%s: found %s, as expected%s\n", scenario->name, found_words, hung);
    else
        printf("%s: found %s, but %s was expected%s\n", scenario->name, found_words, expected_words,
               hung);
    fflush(stdout);
    return as_expected;
}

static int run_one(const struct snarl_scenario *scenario, const struct settings *settings)
{
    char **arguments = snarl_scenarios_arguments(scenario, "");
    if (!arguments)
        return snarl_complain(SNARL_EXIT_TROUBLE, "the program of scenario %s is missing",
                              scenario->name);
    struct snarl_print_settings print = SNARL_PRINT_DEFAULTS;
    struct snarl_watch_plan plan = {.arguments = arguments,
                                    .options = "",
                                    .time_limit_s = settings->timeout_s,
                                    .descriptors = {-1, -1, -1}};
    struct snarl_watched watched;
    snarl_watch(&plan, &watched);
    snarl_scenarios_free_arguments(arguments);
    if (watched.status)
        return snarl_complain(SNARL_EXIT_TROUBLE, "%s", watched.reason);
    int status = SNARL_EXIT_TROUBLE;
    if (snarl_print_report(&print, stderr, watched.report))
        status = judge(scenario, &watched) ? 0 : 1;
    snarl_report_free(watched.report);
    return status;
}

/* The worst status of all: trouble, then what was not as expected. */
static int run(const struct snarl_scenario *const *scenarios, size_t count,
               const struct settings *settings)
{
    int worst = 0;
    for (size_t i = 0; i < count; i++) {
        int status = run_one(scenarios[i], settings);
        worst = status > worst ? status : worst;
    }
    return worst;
}

static int act(const struct snarl_manifest *manifest, const struct settings *settings, int count,
               char **words)
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
        return list(manifest);
    size_t found;
    const struct snarl_scenario **scenarios =
        snarl_scenarios_choose(manifest, words + 1, (size_t)count - 1, &found);
    if (!scenarios)
        return SNARL_EXIT_TROUBLE;
    int status = shows ? show(scenarios[0]) : run(scenarios, found, settings);
    free(scenarios);
    return status;
}

int snarl_command_scenario(int argc, char **argv)
{
    struct settings settings = {.timeout_s = 10};
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
