/* snarl suite: runs scenarios in every way that their manifest has expectations for. */
#include <fnmatch.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "complain.h"
#include "exit_status.h"
#include "memory.h"
#include "output.h"
#include "scenarios.h"
#include "suite/suite.h"
#include "suite_workers.h"
#include "usage.h"
#include "valgrind.h"

struct settings {
    const char *directory, *programs;
    const char *with;
    const char *repeat, *jobs, *shard;
    double timeout_s;
    const char *junit, *json;
};

static const struct snarl_option options[] = {
    {"dir", 'd', "DIR", "run the scenarios of DIR/manifest.json instead of snarl's own",
     SNARL_OPTION_TEXT, offsetof(struct settings, directory)},
    {"programs", 'p', "DIR", "where their programs are (the DIR of --dir)", SNARL_OPTION_TEXT,
     offsetof(struct settings, programs)},
    {"with", 'w', "TOOLS", "also run them under helgrind, drd, or helgrind,drd", SNARL_OPTION_TEXT,
     offsetof(struct settings, with)},
    {"repeat", 'n', "N", "run each leg N times; all have to be as expected", SNARL_OPTION_NUMBER,
     offsetof(struct settings, repeat)},
    {"shard", 's', "I/N", "run part I of N, so that N machines share the suite", SNARL_OPTION_TEXT,
     offsetof(struct settings, shard)},
    {"jobs", 'j', "N", "run N legs at the same time (as many as there are cores)",
     SNARL_OPTION_NUMBER, offsetof(struct settings, jobs)},
    {"timeout", 't', "SECONDS", "end a run that takes longer (20; under valgrind 10 times that)",
     SNARL_OPTION_SECONDS, offsetof(struct settings, timeout_s)},
    {"junit", 0, "FILE", "write the results as JUnit's report", SNARL_OPTION_TEXT,
     offsetof(struct settings, junit)},
    {"json", 0, "FILE", "write the results as one object of JSON", SNARL_OPTION_TEXT,
     offsetof(struct settings, json)},
};

static const struct snarl_usage usage = {
    .name = "suite",
    .arguments = "[options] [PATTERN...]",
    .description =
        "Runs scenarios in every way that their manifest has expectations for: natively, under "
        "snarl, and built with ThreadSanitizer; several at a time. A PATTERN chooses scenarios by "
        "their names (*, ? and [] as in the shell). What a scenario leaves to chance is run 10 "
        "times and has to come at least once. Exits with 0 where all went as expected, 1 where "
        "not, 125 where something could not be run. With --dir a project runs scenarios of its "
        "own; snarl(1) tells of the manifest.",
    .options = options,
    .option_count = sizeof options / sizeof *options,
};

/* A whole number from 1 on; `usual` where none is given. 0 after a complaint. */
static unsigned read_number(const char *name, const char *text, unsigned usual)
{
    enum {
        MOST = 100000,
    };
    unsigned long number = text ? strtoul(text, NULL, 10) : usual;
    if (number >= 1 && number <= MOST)
        return (unsigned)number;
    snarl_complain(SNARL_EXIT_TROUBLE, "--%s \"%s\": is not a number from 1 to %d", name, text,
                   MOST);
    return 0;
}

static unsigned cores(void)
{
    cpu_set_t set;
    return sched_getaffinity(0, sizeof set, &set) == 0 ? (unsigned)CPU_COUNT(&set) : 1;
}

static bool read_shard(const char *text, struct snarl_suite_choice *choice)
{
    int end = 0;
    if (!text)
        return true;
    return (sscanf(text, "%9u/%9u%n", &choice->shard, &choice->shards, &end) == 2 && !text[end] &&
            choice->shard >= 1 && choice->shard <= choice->shards) ||
           snarl_complain(SNARL_EXIT_TROUBLE, "--shard \"%s\": is not a part such as 2/3", text) ==
               0;
}

/* Adds the legs that are named, split by ','. */
static bool read_tools(const char *text, struct snarl_suite_choice *choice)
{
    size_t length;
    for (const char *word = text; word; word = word[length] ? word + length + 1 : NULL) {
        length = strcspn(word, ",");
        int leg = SNARL_LEG_HELGRIND;
        while (leg < SNARL_LEG_KINDS && (strlen(snarl_leg_name(leg)) != length ||
                                         strncmp(snarl_leg_name(leg), word, length) != 0))
            leg++;
        if (leg == SNARL_LEG_KINDS) {
            snarl_complain(SNARL_EXIT_TROUBLE,
                           "--with \"%s\": is not helgrind, drd, or helgrind,drd", text);
            return false;
        }
        choice->legs[leg] = true;
    }
    char *valgrind = text ? snarl_valgrind_find() : NULL;
    if (text && !valgrind)
        snarl_complain(SNARL_EXIT_TROUBLE, "--with \"%s\": valgrind is not installed", text);
    bool fine = !text || valgrind;
    free(valgrind);
    return fine;
}

static bool matches(const struct snarl_scenario *scenario, char **patterns, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (fnmatch(patterns[i], scenario->name, 0) == 0)
            return true;
    return count == 0;
}

/* A pattern that chooses nothing is a mistake of the user's. */
static bool check_patterns(const struct snarl_manifest *manifest, char **patterns, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct snarl_nearest nearest = snarl_nearest_to(patterns[i]);
        bool chooses = false;
        for (size_t j = 0; j < manifest->count; j++) {
            chooses = chooses || matches(&manifest->scenarios[j], &patterns[i], 1);
            snarl_nearest_try(&nearest, manifest->scenarios[j].name);
        }
        if (!chooses) {
            snarl_complain_unknown("scenario", &nearest, "see: snarl scenario list");
            return false;
        }
    }
    return true;
}

static bool write_table(const void *suite, FILE *stream)
{
    return snarl_suite_write_table(suite, stream);
}

static bool write_junit(const void *suite, FILE *stream)
{
    return snarl_suite_write_junit(suite, stream);
}

static bool write_json(const void *suite, FILE *stream)
{
    return snarl_suite_write_json(suite, stream);
}

static bool is_standard(const char *path)
{
    return path && strcmp(path, "-") == 0;
}

/* Whoever reads standard output as JSON or XML has no use for a table there. */
static bool write_all(const struct settings *settings, const struct snarl_suite *suite)
{
    bool taken = is_standard(settings->junit) || is_standard(settings->json);
    bool table = taken ? write_table(suite, stderr) : snarl_output_write("-", write_table, suite);
    bool junit = !settings->junit || snarl_output_write(settings->junit, write_junit, suite);
    bool json = !settings->json || snarl_output_write(settings->json, write_json, suite);
    return table && junit && json;
}

static int run(const struct settings *settings, const struct snarl_suite_choice *choice)
{
    struct snarl_suite suite;
    const char *programs = settings->programs ? settings->programs : settings->directory;
    struct snarl_workers_plan plan = {.at_once = read_number("jobs", settings->jobs, cores()),
                                      .programs = programs,
                                      .time_limit_s = settings->timeout_s};
    if (!plan.at_once)
        return SNARL_EXIT_TROUBLE;
    snarl_suite_make(&suite, choice);
    if (suite.job_count == 0)
        fprintf(stderr, "snarl: there is nothing to run\n");
    int signal = snarl_workers_run(&suite, &plan);
    int status = snarl_suite_count(&suite, SNARL_VERDICT_FAILED)  ? SNARL_EXIT_TROUBLE
                 : snarl_suite_count(&suite, SNARL_VERDICT_UNMET) ? 1
                                                                  : 0;
    if (!write_all(settings, &suite))
        status = SNARL_EXIT_TROUBLE;
    snarl_suite_free(&suite);
    return signal ? SNARL_EXIT_SIGNAL + signal : status;
}

static int choose_and_run(const struct settings *settings, const struct snarl_manifest *manifest,
                          char **patterns, size_t count)
{
    struct snarl_suite_choice choice = {.legs = {[SNARL_LEG_NATIVE] = true,
                                                 [SNARL_LEG_SNARL] = true,
                                                 [SNARL_LEG_RACES] = true,
                                                 [SNARL_LEG_THREAD_SANITIZER] = true},
                                        .repeat = read_number("repeat", settings->repeat, 1),
                                        .shard = 1,
                                        .shards = 1};
    if (!choice.repeat || !read_shard(settings->shard, &choice) ||
        !read_tools(settings->with, &choice) || !check_patterns(manifest, patterns, count))
        return SNARL_EXIT_TROUBLE;
    const struct snarl_scenario **chosen = snarl_memory_zeroed(manifest->count, sizeof *chosen);
    for (size_t i = 0; i < manifest->count; i++)
        if (matches(&manifest->scenarios[i], patterns, count))
            chosen[choice.count++] = &manifest->scenarios[i];
    choice.scenarios = chosen;
    int status = run(settings, &choice);
    free(chosen);
    return status;
}

int snarl_command_suite(int argc, char **argv)
{
    struct settings settings = {.timeout_s = 20};
    int first, status;
    if (!snarl_usage_parse(&usage, argc, argv, &settings, &first, &status))
        return status;
    struct snarl_manifest *manifest =
        settings.directory ? snarl_scenarios_load_from(settings.directory) : snarl_scenarios_load();
    status = manifest ? choose_and_run(&settings, manifest, argv + first, (size_t)(argc - first))
                      : SNARL_EXIT_TROUBLE;
    snarl_manifest_free(manifest);
    return status;
}
