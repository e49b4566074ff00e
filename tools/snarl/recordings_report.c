#include "recordings_report.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"
#include "program.h"

static void add_loss(struct snarl_report *report, const struct snarl_recording *recording)
{
    const char **losses = snarl_report_allocate(report, report->loss_count + 1, sizeof *losses);
    if (report->loss_count)
        memcpy(losses, report->losses, report->loss_count * sizeof *losses);
    losses[report->loss_count++] = snarl_report_string(
        report, "process %" PRIu64 " was ended before it could record anything", recording->pid);
    report->losses = losses;
}

/* Says why a child left no recording, as far as the program that it ran tells. */
static void explain(struct snarl_report *report, struct snarl_report_process *process)
{
    struct snarl_program program;
    snarl_program_find(process->argc > 0 ? process->argv[0] : "", &program);
    process->unwatched_reason =
        program.status != 0
            ? snarl_report_string(report, "%s", program.reason)
            : "it left no recording (was it started without LD_PRELOAD in its environment?)";
}

struct snarl_report *snarl_recordings_report(const struct snarl_recordings *recordings,
                                             const struct snarl_analysis_options *options,
                                             char *error, size_t error_size)
{
    const char **paths = snarl_memory_zeroed(recordings->count, sizeof *paths);
    size_t count = 0;
    for (size_t i = 0; i < recordings->count; i++)
        if (!recordings->items[i].silent)
            paths[count++] = recordings->items[i].path;
    struct snarl_report *report = NULL;
    if (count)
        report = snarl_analyse(paths, count, options, error, error_size);
    else
        snprintf(error, error_size, "all of the recordings are empty");
    for (size_t i = 0; report && i < recordings->count; i++)
        if (recordings->items[i].silent)
            add_loss(report, &recordings->items[i]);
    for (size_t i = 0; report && i < report->process_count; i++)
        if (!report->processes[i].watched)
            explain(report, &report->processes[i]);
    free(paths);
    return report;
}
