/* snarl confirm: what was predicted for a program, made to happen. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "command.h"
#include "complain.h"
#include "exit_status.h"
#include "judge.h"
#include "memory.h"
#include "print.h"
#include "recording/layout.h"
#include "recordings_report.h"
#include "rerun.h"
#include "trials.h"
#include "usage.h"
#include "watch.h"

struct settings {
    struct snarl_print_settings print;
    struct snarl_judge_settings judge;
    const char *runs, *seed;
    double timeout_s;
    const char *schedules;
};

#define FIELD(member) offsetof(struct settings, member)
#define PRINT_OPTION(name, letter, value, help, kind, member)                                      \
    {name, letter, value, help, SNARL_OPTION_##kind, FIELD(print.member)},
#define JUDGE_OPTION(name, letter, value, help, kind, member)                                      \
    {name, letter, value, help, SNARL_OPTION_##kind, FIELD(judge.member)},

static const struct snarl_option options[] = {
    SNARL_PRINT_OPTIONS(PRINT_OPTION) SNARL_SUPPRESSION_OPTIONS(JUDGE_OPTION){
        "runs", 'n', "COUNT", "steer so many runs at most into each finding (10)",
        SNARL_OPTION_NUMBER, FIELD(runs)},
    {"timeout", 't', "SECONDS", "end each run after so long (30)", SNARL_OPTION_SECONDS,
     FIELD(timeout_s)},
    {"seed", 0, "NUMBER", "vary where threads are held, and who goes first, by NUMBER (1)",
     SNARL_OPTION_NUMBER, FIELD(seed)},
    {"schedules", 0, "DIR", "write the schedules that led there to DIR (.)", SNARL_OPTION_TEXT,
     FIELD(schedules)},
};

static const struct snarl_usage usage = {
    .name = "confirm",
    .arguments = "[options] RECORDING|DIRECTORY|[--] PROGRAM [ARGUMENT...]",
    .description =
        "Runs PROGRAM once and watches it; then, for each lock-order cycle that this run predicts, "
        "runs it again and holds every thread of the cycle at its place until all are there. Where "
        "they then hang in that very deadlock, the finding is confirmed, and the schedule that led "
        "there is written down, for snarl run --replay. Else the report says what kept the threads "
        "apart. A RECORDING, or a DIRECTORY of one run's, stands for the first run: what it holds "
        "of the program, its directory and its environment is used again. What the program writes "
        "in the steered runs is thrown away. Exits with 66 where something was confirmed or hung "
        "by itself, 0 where nothing was, 125 where snarl failed, 126 where PROGRAM cannot be "
        "watched, 127 where there is none.",
    .options = options,
    .option_count = sizeof options / sizeof *options,
    .program_follows = true,
};

/* Whether the operand is what an earlier run left, if only by its name, and no program. */
static bool is_recording(const char *path)
{
    struct stat status;
    const char *ending = strrchr(path, '.');
    char magic[sizeof SNARL_RECORDING_MAGIC - 1];
    if ((ending && strcmp(ending, ".rec") == 0) ||
        (stat(path, &status) == 0 && S_ISDIR(status.st_mode)))
        return true;
    FILE *file = fopen(path, "re");
    bool is = file && fread(magic, 1, sizeof magic, file) == sizeof magic &&
              memcmp(magic, SNARL_RECORDING_MAGIC, sizeof magic) == 0;
    if (file)
        fclose(file);
    return is;
}

static int exit_status(const struct snarl_report *report)
{
    for (size_t i = 0; i < report->finding_count; i++) {
        const struct snarl_report_finding *finding = &report->findings[i];
        if (finding->status == SNARL_CONFIRMED ||
            (finding->status == SNARL_OCCURRED && finding->severity == SNARL_ERROR &&
             snarl_finding_stands_still(finding)))
            return SNARL_EXIT_FINDINGS;
    }
    return 0;
}

/* What is suppressed is not tried. */
static int try_and_print(const struct settings *settings, struct snarl_judge *judge,
                         const struct snarl_trials *trials, struct snarl_report *report,
                         FILE *stream)
{
    static struct snarl_watched trouble;
    snarl_judge_apply(judge, report); /* which writes nothing here, and so cannot fail */
    bool fine = snarl_trials_run(trials, report, &trouble);
    int status = fine ? exit_status(report) : trouble.status;
    if (!fine)
        snarl_complain(status, "%s", trouble.reason);
    if (!snarl_print_report(&settings->print, stream, report))
        status = SNARL_EXIT_TROUBLE;
    snarl_report_free(report);
    return status;
}

static int confirm_program(const struct settings *settings, struct snarl_judge *judge,
                           struct snarl_trials *trials, FILE *stream)
{
    static struct snarl_watched watched;
    trials->input = snarl_trials_input();
    snarl_watch(&trials->plan, &watched);
    if (watched.status)
        return snarl_complain(watched.status, "%s", watched.reason);
    return try_and_print(settings, judge, trials, watched.report, stream);
}

static int confirm_recordings(const struct settings *settings, struct snarl_judge *judge,
                              struct snarl_trials *trials,
                              const struct snarl_recordings *recordings, FILE *stream)
{
    char error[8192];
    struct snarl_rerun rerun;
    struct snarl_analysis_options wanted = trials->plan.analysis;
    size_t first = 0;
    while (first + 1 < recordings->count && recordings->items[first].silent)
        first++;
    if (!snarl_rerun_read(&rerun, recordings->items[first].path, error, sizeof error))
        return snarl_complain(SNARL_EXIT_TROUBLE, "%s", error);
    struct snarl_report *report = snarl_recordings_report(recordings, &wanted, error, sizeof error);
    int status = SNARL_EXIT_TROUBLE;
    if (report) {
        if (!rerun.has_environment)
            fprintf(stderr, "snarl: %s holds no environment: the one of now is used\n",
                    recordings->items[first].path);
        trials->plan.path = rerun.path;
        trials->plan.directory = rerun.directory;
        trials->plan.arguments = rerun.arguments;
        trials->plan.environment = rerun.environment.variables;
        trials->input = snarl_trials_input();
        status = try_and_print(settings, judge, trials, report, stream);
    } else {
        snarl_complain(SNARL_EXIT_TROUBLE, "%s", error);
    }
    snarl_rerun_free(&rerun);
    return status;
}

static int confirm_recorded(const struct settings *settings, struct snarl_judge *judge,
                            struct snarl_trials *trials, const char *path, FILE *stream)
{
    char error[8192];
    struct stat status;
    struct snarl_recordings recordings = {0};
    if (stat(path, &status) != 0 || !S_ISDIR(status.st_mode))
        snarl_recordings_add(&recordings, path);
    else if (!snarl_recordings_add_directory(&recordings, path, error, sizeof error))
        return snarl_complain(SNARL_EXIT_TROUBLE, "%s", error);
    int result = confirm_recordings(settings, judge, trials, &recordings, stream);
    snarl_recordings_close(&recordings);
    return result;
}

int snarl_command_confirm(int argc, char **argv)
{
    struct settings settings = {.print = SNARL_PRINT_DEFAULTS,
                                .runs = "10",
                                .seed = "1",
                                .timeout_s = 30,
                                .schedules = "."};
    int first, status;
    if (!snarl_usage_parse(&usage, argc, argv, &settings, &first, &status))
        return status;
    if (first == argc)
        return snarl_complain(SNARL_EXIT_TROUBLE,
                              "confirm: no program given (usage: snarl confirm %s)",
                              usage.arguments);
    if (strspn(settings.runs, "0") == strlen(settings.runs) || strlen(settings.runs) > 6)
        return snarl_complain(SNARL_EXIT_TROUBLE, "--runs \"%s\": is not a number from 1 to 999999",
                              settings.runs);
    struct snarl_trials trials = {
        .plan = {.arguments = argv + first,
                 .options = "",
                 .time_limit_s = settings.timeout_s,
                 .descriptors = {-1, -1, -1},
                 .analysis = snarl_print_analysis(&settings.print)},
        .runs = (unsigned)strtoul(settings.runs, NULL, 10),
        .seed = strtoull(settings.seed, NULL, 10),
        .schedules = settings.schedules,
    };
    trials.plan.analysis.schedules = true;
    bool recorded =
        first + 1 == argc && strcmp(argv[first - 1], "--") != 0 && is_recording(argv[first]);
    struct snarl_judge judge;
    if (!snarl_judge_open(&judge, &settings.judge))
        return SNARL_EXIT_TROUBLE;
    FILE *stream = snarl_print_open(&settings.print, stderr);
    if (!stream)
        status = SNARL_EXIT_TROUBLE;
    else if (recorded)
        status = confirm_recorded(&settings, &judge, &trials, argv[first], stream);
    else
        status = confirm_program(&settings, &judge, &trials, stream);
    snarl_judge_close(&judge);
    return status;
}
