#include "recorded.h"

#include <sys/stat.h>

#include "complain.h"
#include "exit_status.h"
#include "recordings_report.h"
#include "sleepers.h"

static bool add_operand(struct snarl_recordings *recordings, const char *path, char *error,
                        size_t error_size)
{
    struct stat status;
    if (stat(path, &status) == 0 && S_ISDIR(status.st_mode))
        return snarl_recordings_add_directory(recordings, path, error, error_size);
    snarl_recordings_add(recordings, path);
    return true;
}

struct snarl_report *snarl_recorded_report(char *const *paths, size_t count,
                                           const struct snarl_analysis_options *options)
{
    char error[8192] = "";
    struct snarl_recordings recordings = {0};
    struct snarl_report *report = NULL;
    bool found = true;
    for (size_t i = 0; found && i < count; i++)
        found = add_operand(&recordings, paths[i], error, sizeof error);
    if (found) {
        snarl_sleepers_judge(&recordings);
        report = snarl_recordings_report(&recordings, options, error, sizeof error);
    }
    snarl_recordings_close(&recordings);
    if (!report)
        snarl_complain(SNARL_EXIT_TROUBLE, "%s", error);
    return report;
}
