/* snarl report: the report again, from recordings. */
#include <stdio.h>
#include <sys/stat.h>

#include "command.h"
#include "complain.h"
#include "exit_status.h"
#include "print.h"
#include "recordings_report.h"
#include "sleepers.h"
#include "usage.h"

struct settings {
    struct snarl_print_settings print;
};

#define PRINT_OPTION(name, letter, value, help, kind, member)                                      \
    {name, letter, value, help, SNARL_OPTION_##kind, offsetof(struct settings, print.member)},

static const struct snarl_option options[] = {SNARL_PRINT_OPTIONS(PRINT_OPTION)};

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

static bool add_operand(struct snarl_recordings *recordings, const char *path)
{
    char error[1024];
    struct stat status;
    if (stat(path, &status) < 0 || !S_ISDIR(status.st_mode)) {
        snarl_recordings_add(recordings, path);
        return true;
    }
    bool found = snarl_recordings_add_directory(recordings, path, error, sizeof error);
    if (!found)
        snarl_complain(SNARL_EXIT_TROUBLE, "%s", error);
    return found;
}

static int report(const struct settings *settings, struct snarl_recordings *recordings)
{
    char error[8192] = "";
    snarl_sleepers_judge(recordings);
    struct snarl_report *made =
        snarl_recordings_report(recordings, settings->print.all, error, sizeof error);
    if (!made)
        return snarl_complain(SNARL_EXIT_TROUBLE, "%s", error);
    FILE *stream = snarl_print_open(&settings->print, stdout);
    bool written = stream && snarl_print_report(&settings->print, stream, made);
    snarl_report_free(made);
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
    struct snarl_recordings recordings = {0};
    bool found = true;
    for (int i = first; found && i < argc; i++)
        found = add_operand(&recordings, argv[i]);
    status = found ? report(&settings, &recordings) : SNARL_EXIT_TROUBLE;
    snarl_recordings_close(&recordings);
    return status;
}
