/* snarl report: the report again, from recordings. */
#include <stdio.h>

#include "command.h"
#include "complain.h"
#include "exit_status.h"
#include "judge.h"
#include "print.h"
#include "recorded.h"
#include "usage.h"

struct settings {
    struct snarl_print_settings print;
    struct snarl_judge_settings judge;
};

#define PRINT_OPTION(name, letter, value, help, kind, member)                                      \
    {name, letter, value, help, SNARL_OPTION_##kind, offsetof(struct settings, print.member)},
#define JUDGE_OPTION(name, letter, value, help, kind, member)                                      \
    {name, letter, value, help, SNARL_OPTION_##kind, offsetof(struct settings, judge.member)},

static const struct snarl_option options[] = {SNARL_PRINT_OPTIONS(PRINT_OPTION)
                                                  SNARL_JUDGE_OPTIONS(JUDGE_OPTION)};

static const struct snarl_usage usage = {
    .name = "report",
    .arguments = "[options] RECORDING...",
    .description =
        "Makes one report of the recordings of one run, the program's own first. A "
        "directory stands for all the recordings in it. A process that still runs is "
        "looked at, whether all of its threads are asleep. Exits with 0, or 125 where "
        "there is nothing to be read.",
    .options = options,
    .option_count = sizeof options / sizeof *options,
};

static int report(const struct settings *settings, char *const *paths, size_t count)
{
    const char *output = settings->print.output ? settings->print.output : "-";
    struct snarl_judge judge;
    if (!snarl_judge_check_output(&settings->judge, output) ||
        !snarl_judge_open(&judge, &settings->judge))
        return SNARL_EXIT_TROUBLE;
    struct snarl_analysis_options analysis = snarl_print_analysis(&settings->print);
    struct snarl_report *made = snarl_recorded_report(paths, count, &analysis);
    bool written = made && snarl_judge_apply(&judge, made);
    FILE *stream = written ? snarl_print_open(&settings->print, stdout) : NULL;
    written = stream && snarl_print_report(&settings->print, stream, made);
    snarl_report_free(made);
    snarl_judge_close(&judge);
    return written ? 0 : SNARL_EXIT_TROUBLE;
}

int snarl_command_report(int argc, char **argv)
{
    struct settings settings = {.print = SNARL_PRINT_DEFAULTS};
    int first, status;
    if (!snarl_usage_parse(&usage, argc, argv, &settings, &first, &status))
        return status;
    if (first == argc)
        return snarl_complain(SNARL_EXIT_TROUBLE,
                              "report: no recording given (usage: snarl report %s)",
                              usage.arguments);
    return report(&settings, argv + first, (size_t)(argc - first));
}
