/* snarl diff: what is new, gone and the same between two runs. */
#include <string.h>

#include "command.h"
#include "exit_status.h"
#include "known.h"
#include "output.h"
#include "report/difference.h"
#include "usage.h"

struct settings {
    const char *format;
    const char *output;
    bool by_class;
    struct snarl_judge_settings judge;
};

enum {
    STATUS_NEW = 1,
};

#define JUDGE_OPTION(name, letter, value, help, kind, member)                                      \
    {name, letter, value, help, SNARL_OPTION_##kind, offsetof(struct settings, judge.member)},

static const struct snarl_option options[] = {
    {"format", 'f', "text|json", "how to write it", SNARL_OPTION_CHOICE,
     offsetof(struct settings, format)},
    {"output", 'o', "FILE", "write it to FILE; - is standard output", SNARL_OPTION_TEXT,
     offsetof(struct settings, output)},
    {"by_class", 0, NULL, "also compare orders of locks made at the same place", SNARL_OPTION_FLAG,
     offsetof(struct settings, by_class)},
    SNARL_SUPPRESSION_OPTIONS(JUDGE_OPTION)};

static const struct snarl_usage usage = {
    .name = "diff",
    .arguments = "[options] OLD NEW",
    .description =
        "Compares the findings of OLD and NEW by their ids: which are new, which are gone, which "
        "are the same. Each of the two is a recording, a directory with the recordings of one run, "
        "a report in json, or a baseline. Exits with 0 where nothing is new, 1 where something is, "
        "125 where one cannot be read.",
    .options = options,
    .option_count = sizeof options / sizeof *options,
};

static bool write_text(const void *difference, FILE *stream)
{
    return snarl_difference_write_text(difference, stream);
}

static bool write_json(const void *difference, FILE *stream)
{
    return snarl_difference_write_json(difference, stream);
}

static int compare(const struct settings *settings, const struct snarl_baseline *old,
                   const struct snarl_baseline *now)
{
    struct snarl_difference difference = snarl_difference_of(old, now);
    bool text = strcmp(settings->format, "text") == 0;
    bool written =
        snarl_output_write(settings->output, text ? write_text : write_json, &difference);
    int status = difference.changes[SNARL_CHANGE_NEW].count ? STATUS_NEW : 0;
    snarl_difference_free(&difference);
    return written ? status : SNARL_EXIT_TROUBLE;
}

int snarl_command_diff(int argc, char **argv)
{
    struct settings settings = {.format = "text"};
    struct snarl_baseline old = {0}, now = {0};
    struct snarl_judge judge;
    int first, status;
    if (!snarl_usage_parse(&usage, argc, argv, &settings, &first, &status))
        return status;
    if (!snarl_usage_operands(&usage, argc, first, 2, 2) ||
        !snarl_judge_open(&judge, &settings.judge))
        return SNARL_EXIT_TROUBLE;
    bool good = snarl_known_add(&old, &judge, settings.by_class, argv + first, 1) &&
                snarl_known_add(&now, &judge, settings.by_class, argv + first + 1, 1);
    status = good ? compare(&settings, &old, &now) : SNARL_EXIT_TROUBLE;
    snarl_judge_close(&judge);
    snarl_baseline_free(&old);
    snarl_baseline_free(&now);
    return status;
}
