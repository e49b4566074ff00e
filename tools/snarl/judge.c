#include "judge.h"

#include <stdlib.h>
#include <string.h>

#include "complain.h"
#include "exit_status.h"
#include "memory.h"
#include "output.h"
#include "text_file.h"

static bool read_suppressions(struct snarl_judge *judge, const char *path)
{
    size_t size;
    struct snarl_file_error error;
    char *text = snarl_text_file_read(path, &size);
    bool good = text && snarl_suppressions_parse(&judge->suppressions, path, text, size, &error);
    if (text && !good)
        snarl_text_file_complain(path, &error);
    free(text);
    return good;
}

static bool read_baseline(struct snarl_judge *judge, const char *path)
{
    size_t size;
    struct snarl_file_error error;
    char *text = snarl_text_file_read(path, &size);
    bool good = text && snarl_baseline_parse(&judge->baseline, text, size, &error);
    if (text && !good)
        snarl_text_file_complain(path, &error);
    free(text);
    snarl_baseline_sort(&judge->baseline);
    return good;
}

/* The value that "key=value:key=value" of the environment has for suppressions, to be freed; NULL
 * where it has none. The last one counts. */
static char *suppressions_of_environment(void)
{
    static const char key[] = "suppressions=";
    const char *pair = getenv("SNARL_OPTIONS");
    char *path = NULL;
    while (pair && *pair) {
        size_t length = strcspn(pair, ":");
        if (length >= sizeof key && strncmp(pair, key, sizeof key - 1) == 0) {
            free(path);
            path = snarl_memory_string("%.*s", (int)(length - (sizeof key - 1)),
                                       pair + sizeof key - 1);
        }
        pair += length + (pair[length] == ':');
    }
    return path;
}

static bool read_files(struct snarl_judge *judge)
{
    const struct snarl_judge_settings *settings = judge->settings;
    char *inherited = suppressions_of_environment();
    bool good = !inherited || read_suppressions(judge, inherited);
    free(inherited);
    for (size_t i = 0; good && i < settings->suppressions.count; i++)
        good = read_suppressions(judge, settings->suppressions.items[i]);
    return good && (!settings->baseline || read_baseline(judge, settings->baseline));
}

bool snarl_judge_open(struct snarl_judge *judge, const struct snarl_judge_settings *settings)
{
    *judge = (struct snarl_judge){.settings = settings};
    bool good = read_files(judge);
    if (!good)
        snarl_judge_close(judge);
    return good;
}

bool snarl_judge_check_output(const struct snarl_judge_settings *settings, const char *report)
{
    if (!settings->proposal || strcmp(settings->proposal, "-") != 0 || !report ||
        strcmp(report, "-") != 0)
        return true;
    snarl_complain(SNARL_EXIT_TROUBLE,
                   "--gen-suppressions: the report goes to standard output, too (write one of them "
                   "to a file: --gen-suppressions=FILE or --output FILE)");
    return false;
}

static bool write_proposal(const void *report, FILE *stream)
{
    return snarl_suppressions_propose(stream, report);
}

/* The first process, which is the program, stood still, and why is set aside. */
static bool is_excused(const struct snarl_report *report)
{
    if (report->process_count == 0 || !report->processes[0].ended)
        return false;
    for (size_t i = 0; i < report->finding_count; i++) {
        const struct snarl_report_finding *finding = &report->findings[i];
        const struct snarl_report_thread *thread =
            finding->thread_count > 0 ? snarl_report_thread_by_id(report, finding->threads[0])
                                      : NULL;
        if (finding->news == SNARL_NEWS_KNOWN && snarl_finding_stands_still(finding) && thread &&
            thread->process == 0)
            return true;
    }
    return report->processes[0].explained;
}

bool snarl_judge_apply(struct snarl_judge *judge, struct snarl_report *report)
{
    if (judge->suppressions.count)
        snarl_suppressions_apply(&judge->suppressions, report);
    if (judge->settings->baseline)
        snarl_baseline_mark(&judge->baseline, judge->settings->baseline, report);
    judge->excused = is_excused(report);
    const char *proposal = judge->settings->proposal;
    return !proposal || snarl_output_write(proposal, write_proposal, report);
}

void snarl_judge_close(struct snarl_judge *judge)
{
    snarl_suppressions_free(&judge->suppressions);
    snarl_baseline_free(&judge->baseline);
}
