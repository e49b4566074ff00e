/* snarl compare: the demonstrations natively, under snarl and under ThreadSanitizer. */
#include "compare.h"

#include <fcntl.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "complain.h"
#include "environment.h"
#include "exit_status.h"
#include "memory.h"
#include "print.h"
#include "sanitized.h"
#include "scenarios.h"
#include "usage.h"
#include "watch.h"

#define NATIVE_LIMIT_S 2.0
#define WATCHED_LIMIT_S 5.0

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
        "Runs scenarios (all of them, if none is named) three times: natively, under snarl, and "
        "built with ThreadSanitizer, without snarl. Prints what each found, and its time and peak "
        "memory as a ratio to native. One that hangs is ended, natively after 2 seconds, else "
        "after 5. Exits with 0 where all went as the scenarios' manifest expects, 1 where not, "
        "125 where something could not be run.",
    .options = options,
    .option_count = sizeof options / sizeof *options,
};

const char *snarl_leg_name(enum snarl_leg_name leg)
{
    static const char *const names[] = {"native", "snarl", "thread_sanitizer"};
    return names[leg];
}

bool snarl_comparison_agrees(const struct snarl_comparison *comparison)
{
    bool agrees = true;
    for (size_t i = 0; i < SNARL_LEGS; i++)
        agrees = agrees && comparison->legs[i].as_expected;
    return agrees;
}

static bool run_native(struct snarl_comparison *comparison, char **arguments, int nowhere)
{
    struct snarl_leg *leg = &comparison->legs[SNARL_LEG_NATIVE];
    struct snarl_environment environment = snarl_environment_bare();
    struct snarl_child_plan plan = {.path = arguments[0],
                                    .arguments = arguments,
                                    .environment = environment.variables,
                                    .descriptors = {nowhere, nowhere, nowhere},
                                    .time_limit_s = NATIVE_LIMIT_S};
    bool started = snarl_child_run(&plan, &leg->end);
    snarl_environment_free(&environment);
    if (!started)
        snarl_complain(SNARL_EXIT_TROUBLE, "\"%s\" cannot be started: %s", arguments[0],
                       strerror(leg->end.start_error));
    bool ends = comparison->scenario->expect.ends;
    leg->as_expected =
        leg->end.timed_out == !ends &&
        (!ends || snarl_child_status(&leg->end) == comparison->scenario->expect.exit_code);
    return started;
}

/* Reads the leg off a parsed report, which is freed. */
static void judge(struct snarl_leg *leg, const struct snarl_scenario_kinds *expected,
                  struct snarl_report *report)
{
    leg->found = snarl_kinds_found(report);
    leg->expected = snarl_kinds_expected(expected);
    leg->as_expected = leg->found == leg->expected;
    snarl_report_free(report);
}

static bool run_snarl(struct snarl_comparison *comparison, char **arguments, int nowhere)
{
    struct snarl_leg *leg = &comparison->legs[SNARL_LEG_SNARL];
    struct snarl_watch_plan plan = {.arguments = arguments,
                                    .options = "",
                                    .time_limit_s = WATCHED_LIMIT_S,
                                    .descriptors = {nowhere, nowhere, nowhere}};
    struct snarl_watched watched;
    snarl_watch(&plan, &watched);
    if (watched.status) {
        snarl_complain(SNARL_EXIT_TROUBLE, "%s", watched.reason);
        return false;
    }
    leg->end = watched.end;
    judge(leg, &comparison->scenario->expect.snarl, watched.report);
    return true;
}

static bool run_thread_sanitizer(struct snarl_comparison *comparison)
{
    struct snarl_leg *leg = &comparison->legs[SNARL_LEG_THREAD_SANITIZER];
    struct snarl_sanitized sanitized;
    char reason[1024] = "it was not built with ThreadSanitizer";
    char **arguments = snarl_scenarios_arguments(comparison->scenario, ".tsan");
    bool fine = arguments &&
                snarl_sanitized_run(arguments, WATCHED_LIMIT_S, &sanitized, reason, sizeof reason);
    snarl_scenarios_free_arguments(arguments);
    if (fine && sanitized.broken) {
        snarl_report_free(sanitized.report);
        strcpy(reason, "ThreadSanitizer does not work here (see: snarl doctor)");
        fine = false;
    }
    if (!fine) {
        snarl_complain(SNARL_EXIT_TROUBLE, "%s: %s", comparison->scenario->name, reason);
        return false;
    }
    leg->end = sanitized.end;
    comparison->fixed_addresses = sanitized.fixed_addresses;
    judge(leg, &comparison->scenario->expect.thread_sanitizer, sanitized.report);
    return true;
}

static bool compare(struct snarl_comparison *comparison)
{
    char **arguments = snarl_scenarios_arguments(comparison->scenario, "");
    int nowhere = open("/dev/null", O_RDWR | O_CLOEXEC);
    /* A child's peak memory begins with what fork copies of ours. */
    malloc_trim(0);
    bool fine = arguments && nowhere >= 0;
    if (!fine)
        snarl_complain(SNARL_EXIT_TROUBLE, "the program of scenario %s is missing",
                       comparison->scenario->name);
    fine = fine && run_native(comparison, arguments, nowhere) &&
           run_snarl(comparison, arguments, nowhere) && run_thread_sanitizer(comparison);
    close(nowhere);
    snarl_scenarios_free_arguments(arguments);
    return fine;
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
