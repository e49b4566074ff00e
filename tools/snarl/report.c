/* snarl report: the report again, from recordings. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "analysis/analysis.h"
#include "command.h"
#include "complain.h"
#include "exit_status.h"
#include "memory.h"
#include "print.h"
#include "recordings.h"
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
        "directory stands for all the recordings in it. Exits with 0, or 125 where "
        "there is nothing to be read.",
    .options = options,
    .option_count = sizeof options / sizeof *options,
};

struct paths {
    const char **items;
    size_t count;
};

static void add(struct paths *paths, const char *path)
{
    paths->items = snarl_memory_resize(paths->items, paths->count + 1, sizeof *paths->items);
    paths->items[paths->count++] = snarl_memory_string("%s", path);
}

static bool add_directory(struct paths *paths, const char *path)
{
    struct snarl_recordings recordings;
    char error[1024];
    if (!snarl_recordings_read(&recordings, path, error, sizeof error)) {
        snarl_complain(SNARL_EXIT_TROUBLE, "%s", error);
        return false;
    }
    for (size_t i = 0; i < recordings.count; i++)
        add(paths, recordings.items[i].path);
    bool found = recordings.count > 0;
    snarl_recordings_close(&recordings);
    if (!found)
        snarl_complain(SNARL_EXIT_TROUBLE, "\"%s\": no recordings (*.rec) in this directory", path);
    return found;
}

static bool add_operand(struct paths *paths, const char *path)
{
    struct stat status;
    if (stat(path, &status) == 0 && S_ISDIR(status.st_mode))
        return add_directory(paths, path);
    add(paths, path);
    return true;
}

static int report(const struct settings *settings, const struct paths *paths)
{
    char error[1024] = "";
    struct snarl_analysis_options analysis = {.all = settings->print.all};
    struct snarl_report *made =
        snarl_analyse(paths->items, paths->count, &analysis, error, sizeof error);
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
    struct paths paths = {0};
    bool found = true;
    for (int i = first; found && i < argc; i++)
        found = add_operand(&paths, argv[i]);
    status = found ? report(&settings, &paths) : SNARL_EXIT_TROUBLE;
    for (size_t i = 0; i < paths.count; i++)
        free((char *)paths.items[i]);
    free(paths.items);
    return status;
}
