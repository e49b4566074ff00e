#include "known.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "memory.h"
#include "recorded.h"
#include "recording/layout.h"
#include "text_file.h"

static bool add_recordings(struct snarl_baseline *known, struct snarl_judge *judge, bool by_class,
                           char *const *paths, size_t count)
{
    struct snarl_report *report =
        snarl_recorded_report(paths, count, &(struct snarl_analysis_options){.by_class = by_class});
    bool good = report && snarl_judge_apply(judge, report);
    if (good)
        snarl_baseline_add_report(known, report);
    for (size_t i = 0; good && i < report->loss_count; i++)
        fprintf(stderr, "snarl: not seen: %s\n", report->losses[i]);
    snarl_report_free(report);
    return good;
}

static bool is_directory(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

/* Looks at files only: what is read from a pipe is gone. */
static bool is_recording(const char *path)
{
    struct stat status;
    if (stat(path, &status) != 0 || !S_ISREG(status.st_mode))
        return false;
    char magic[sizeof SNARL_RECORDING_MAGIC - 1];
    FILE *stream = fopen(path, "re");
    bool whole = stream && fread(magic, sizeof magic, 1, stream) == 1;
    if (stream)
        fclose(stream);
    return whole && memcmp(magic, SNARL_RECORDING_MAGIC, sizeof magic) == 0;
}

static bool add_text(struct snarl_baseline *known, const char *path)
{
    size_t size;
    struct snarl_file_error error;
    char *text = snarl_text_file_read(path, &size);
    if (!text)
        return false;
    bool good = text[strspn(text, " \t\r\n")] == '{'
                    ? snarl_baseline_parse_json(known, text, size, &error)
                    : snarl_baseline_parse(known, text, size, &error);
    if (!good)
        snarl_text_file_complain(path, &error);
    free(text);
    return good;
}

bool snarl_known_add(struct snarl_baseline *known, struct snarl_judge *judge, bool by_class,
                     char *const *paths, size_t count)
{
    char **recordings = snarl_memory_zeroed(count, sizeof *recordings);
    size_t recording_count = 0;
    bool good = true;
    for (size_t i = 0; good && i < count; i++) {
        if (is_directory(paths[i]))
            good = add_recordings(known, judge, by_class, &paths[i], 1);
        else if (is_recording(paths[i]))
            recordings[recording_count++] = paths[i];
        else
            good = add_text(known, paths[i]);
    }
    if (good && recording_count)
        good = add_recordings(known, judge, by_class, recordings, recording_count);
    free(recordings);
    snarl_baseline_sort(known);
    return good;
}
