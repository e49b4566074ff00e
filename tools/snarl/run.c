/* snarl run: a program, watched, and its report. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "complain.h"
#include "exit_status.h"
#include "judge.h"
#include "memory.h"
#include "print.h"
#include "schedule_file.h"
#include "seed.h"
#include "usage.h"
#include "watch.h"

/* What the user chose among libsnarl.so's options; NULL where nothing. */
struct library_settings {
#define OPTION(field, name, type, preset, value, help, place) const char *field;
#include "preload/options.def"
#undef OPTION
};

struct settings {
    struct snarl_print_settings print;
    struct snarl_judge_settings judge;
    const char *keep;
    double timeout_s;
    int error_exitcode;
    bool races;
    const char *race_budget;
    struct library_settings library;
};

#define FIELD(member) offsetof(struct settings, member)
#define PRINT_OPTION(name, letter, value, help, kind, member)                                      \
    {name, letter, value, help, SNARL_OPTION_##kind, FIELD(print.member)},
#define JUDGE_OPTION(name, letter, value, help, kind, member)                                      \
    {name, letter, value, help, SNARL_OPTION_##kind, FIELD(judge.member)},

/* In SNARL_OPTIONS a flag is given as 0 or 1, which makes it a choice here. */
#define KIND_FLAG SNARL_OPTION_CHOICE
#define KIND_CHOICE SNARL_OPTION_CHOICE
#define KIND_NUMBER SNARL_OPTION_NUMBER
#define KIND_SEED SNARL_OPTION_SEED
#define KIND_STRING SNARL_OPTION_TEXT
#define PLACE_COMMAND(...) __VA_ARGS__,
#define PLACE_ENVIRONMENT(...)

static const struct snarl_option options[] = {
    SNARL_PRINT_OPTIONS(PRINT_OPTION) SNARL_JUDGE_OPTIONS(JUDGE_OPTION){
        "keep", 'k', "DIR", "leave the recordings in DIR", SNARL_OPTION_TEXT, FIELD(keep)},
    {"timeout", 't', "SECONDS", "end the program after so long, and say what every thread did",
     SNARL_OPTION_SECONDS, FIELD(timeout_s)},
    {"races", 'r', NULL, "look for data races, too", SNARL_OPTION_FLAG, FIELD(races)},
    {"race-budget", 0, "PERCENT", "of the processor's time to spend on that, 1 to 100 (5)",
     SNARL_OPTION_TEXT, FIELD(race_budget)},
    {"error-exitcode", 'e', "STATUS",
     "exit with STATUS where there is an error (66); 0: with the program's own status",
     SNARL_OPTION_STATUS, FIELD(error_exitcode)},
#define OPTION(field, name, type, preset, value, help, place)                                      \
    PLACE_##place({name, 0, value, help, KIND_##type, FIELD(library.field)})
#include "preload/options.def"
#undef OPTION
};

static const struct snarl_usage usage = {
    .name = "run",
    .arguments = "[options] [--] PROGRAM [ARGUMENT...]",
    .description =
        "Runs PROGRAM with libsnarl.so preloaded and reports, on standard error, the deadlocks "
        "that happened and those that could happen. A deadlock ends the program at once, and so "
        "does it when all threads of a process are asleep for ever, unless --on-deadlock says "
        "otherwise. Exits with 66 where an error was found, 124 where the "
        "time limit ended the program, 125 where snarl failed, 126 where PROGRAM cannot be "
        "watched, 127 where there is none, else as PROGRAM does.",
    .options = options,
    .option_count = sizeof options / sizeof *options,
    .program_follows = true,
};

/* "key=value:key=value" of what the user chose; to be freed. */
static char *library_options(const struct library_settings *library)
{
    char *text = snarl_memory_string("%s", "");
#define OPTION(field, name, type, preset, value, help, place)                                      \
    if (library->field) {                                                                          \
        char *longer =                                                                             \
            snarl_memory_string("%s%s%s=%s", text, *text ? ":" : "", name, library->field);        \
        free(text);                                                                                \
        text = longer;                                                                             \
    }
#include "preload/options.def"
#undef OPTION
    return text;
}

/* The order in which one status overrides the next is a contract. Only new findings count: where
 * the program was ended at one that is known or suppressed, its status is of our making. */
static int exit_status(const struct settings *settings, const struct snarl_judge *judge,
                       const struct snarl_watched *watched)
{
    if (settings->error_exitcode && snarl_report_count(watched->report, SNARL_ERROR) > 0)
        return settings->error_exitcode;
    if (judge->excused && !watched->end.signal && watched->end.exit_code == SNARL_EXIT_FINDINGS)
        return 0;
    return watched->end.timed_out ? SNARL_EXIT_TIMEOUT : snarl_child_status(&watched->end);
}

/* A schedule of another program, or one that a run has escaped from, is not passed over in silence.
 */
static void tell_of_replay(const struct settings *settings, const struct snarl_report *report)
{
    bool hung = false;
    for (size_t i = 0; i < report->finding_count; i++)
        hung |= snarl_finding_stands_still(&report->findings[i]);
    if (settings->library.replay && !hung)
        fprintf(stderr, "snarl: %s did not lead this run into its deadlock\n",
                settings->library.replay);
}

static int run(const struct settings *settings, struct snarl_judge *judge, char **arguments,
               FILE *stream)
{
    char *chosen = library_options(&settings->library);
    struct snarl_watch_plan plan = {
        .arguments = arguments,
        .options = chosen,
        .time_limit_s = settings->timeout_s,
        .keep = settings->keep,
        .races = settings->races,
        .descriptors = {-1, -1, -1},
        .analysis = snarl_print_analysis(&settings->print),
    };
    struct snarl_watched watched;
    snarl_watch(&plan, &watched);
    free(chosen);
    if (watched.status)
        return snarl_complain(watched.status, "%s", watched.reason);
    tell_of_replay(settings, watched.report);
    int status = snarl_judge_apply(judge, watched.report) &&
                         snarl_print_report(&settings->print, stream, watched.report)
                     ? exit_status(settings, judge, &watched)
                     : SNARL_EXIT_TROUBLE;
    snarl_report_free(watched.report);
    return status;
}

/* A schedule that cannot be followed is worth a complaint before the run; the program may run in
 * another directory. `*absolute` is to be freed. */
static bool check_schedule(const char **path, char **absolute)
{
    char error[1024];
    if (!*path)
        return true;
    *absolute = snarl_schedule_file_check(*path, error, sizeof error);
    *path = *absolute;
    if (!*absolute)
        snarl_complain(SNARL_EXIT_TROUBLE, "%s", error);
    return *absolute;
}

/* "5" or "5%" becomes the library's option. Who names a budget wants races. */
static bool settle_budget(struct settings *settings, char budget[8])
{
    int percent = 0, end = 0;
    const char *text = settings->race_budget;
    if (!text)
        return true;
    if (sscanf(text, "%3d%n", &percent, &end) != 1 || percent < 1 || percent > 100 ||
        (text[end] && strcmp(text + end, "%") != 0)) {
        snarl_complain(SNARL_EXIT_TROUBLE, "--race-budget \"%s\": is not 1 to 100 percent", text);
        return false;
    }
    snprintf(budget, 8, "%d", percent);
    settings->library.race_budget = budget;
    settings->races = true;
    return true;
}

int snarl_command_run(int argc, char **argv)
{
    struct settings settings = {.print = SNARL_PRINT_DEFAULTS,
                                .error_exitcode = SNARL_EXIT_FINDINGS};
    int first, status;
    if (!snarl_usage_parse(&usage, argc, argv, &settings, &first, &status))
        return status;
    if (first == argc)
        return snarl_complain(SNARL_EXIT_TROUBLE, "run: no program given (usage: snarl run %s)",
                              usage.arguments);
    if (!snarl_judge_check_output(&settings.judge, settings.print.output))
        return SNARL_EXIT_TROUBLE;
    char *schedule = NULL;
    if (!check_schedule(&settings.library.replay, &schedule))
        return SNARL_EXIT_TROUBLE;
    struct snarl_judge judge;
    if (!snarl_judge_open(&judge, &settings.judge))
        return SNARL_EXIT_TROUBLE;
    char budget[8];
    if (!settle_budget(&settings, budget))
        return SNARL_EXIT_TROUBLE;
    char seed[SNARL_SEED_SIZE];
    settings.library.chaos = snarl_seed_settle(settings.library.chaos, seed);
    FILE *stream = snarl_print_open(&settings.print, stderr);
    status = stream ? run(&settings, &judge, argv + first, stream) : SNARL_EXIT_TROUBLE;
    snarl_judge_close(&judge);
    free(schedule);
    return status;
}
