/* snarl baseline: the findings of recordings, as a file that makes them known. */
#include "report/baseline.h"

#include "command.h"
#include "complain.h"
#include "exit_status.h"
#include "known.h"
#include "output.h"
#include "usage.h"

struct settings {
    const char *output;
    bool by_class;
    struct snarl_judge_settings judge;
};

#define JUDGE_OPTION(name, letter, value, help, kind, member)                                      \
    {name, letter, value, help, SNARL_OPTION_##kind, offsetof(struct settings, judge.member)},

static const struct snarl_option options[] = {
    {"output", 'o', "FILE", "write the baseline to FILE; - is standard output", SNARL_OPTION_TEXT,
     offsetof(struct settings, output)},
    {"by_class", 0, NULL, "also list orders of locks made at the same place", SNARL_OPTION_FLAG,
     offsetof(struct settings, by_class)},
    SNARL_SUPPRESSION_OPTIONS(JUDGE_OPTION)};

static const struct snarl_usage usage = {
    .name = "baseline",
    .arguments = "[options] RECORDING...",
    .description =
        "Lists the findings of recordings, one line each, for version control: with --baseline "
        "FILE, snarl run then fails for other findings only. A directory stands for the "
        "recordings of one run. Reports in json and baselines are taken, too: a baseline and a new "
        "recording make a longer baseline. Exits with 0, or 125 where there is nothing to be "
        "read.",
    .options = options,
    .option_count = sizeof options / sizeof *options,
};

static bool write_list(const void *list, FILE *stream)
{
    return snarl_baseline_write(list, stream);
}

int snarl_command_baseline(int argc, char **argv)
{
    struct settings settings = {0};
    struct snarl_baseline known = {0};
    struct snarl_judge judge;
    int first, status;
    if (!snarl_usage_parse(&usage, argc, argv, &settings, &first, &status))
        return status;
    if (first == argc)
        return snarl_complain(SNARL_EXIT_TROUBLE,
                              "baseline: no recording given (usage: snarl baseline %s)",
                              usage.arguments);
    if (!snarl_judge_open(&judge, &settings.judge))
        return SNARL_EXIT_TROUBLE;
    bool good =
        snarl_known_add(&known, &judge, settings.by_class, argv + first, (size_t)(argc - first)) &&
        snarl_output_write(settings.output, write_list, &known);
    snarl_judge_close(&judge);
    snarl_baseline_free(&known);
    return good ? 0 : SNARL_EXIT_TROUBLE;
}
