/* snarl merge: many recordings as one. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "command.h"
#include "complain.h"
#include "exit_status.h"
#include "memory.h"
#include "merge/merge.h"
#include "recordings.h"
#include "usage.h"

struct settings {
    const char *output;
};

static const struct snarl_option options[] = {
    {"output", 'o', "RECORDING", "write the merged recording to RECORDING; - is standard output",
     SNARL_OPTION_TEXT, offsetof(struct settings, output)},
};

static const struct snarl_usage usage = {
    .name = "merge",
    .arguments = "-o RECORDING RECORDING...",
    .description =
        "Makes one recording of many, of any number of runs and machines, so that snarl report "
        "finds an order that one run has shown and its reverse that another has. A directory "
        "stands for all the recordings in it. What was merged can be merged again, in any order "
        "and in any tree, with the same result. Exits with 0, or 125 where something cannot be "
        "read or written.",
    .options = options,
    .option_count = sizeof options / sizeof *options,
};

static bool add_recordings(struct snarl_merge *merge, const struct snarl_recordings *recordings)
{
    char error[8192];
    for (size_t i = 0; i < recordings->count; i++)
        if (!recordings->items[i].silent &&
            !snarl_merge_add(merge, recordings->items[i].path, error, sizeof error))
            return snarl_complain(SNARL_EXIT_TROUBLE, "%s", error), false;
    return true;
}

static bool add_operand(struct snarl_merge *merge, const char *path)
{
    char error[1024];
    struct stat status;
    struct snarl_recordings recordings = {0};
    bool good = true;
    if (stat(path, &status) < 0 || !S_ISDIR(status.st_mode))
        snarl_recordings_add(&recordings, path);
    else
        good = snarl_recordings_add_directory(&recordings, path, error, sizeof error);
    if (!good)
        snarl_complain(SNARL_EXIT_TROUBLE, "%s", error);
    good = good && add_recordings(merge, &recordings);
    snarl_recordings_close(&recordings);
    return good;
}

static bool write_and_close(struct snarl_merge *merge, FILE *stream)
{
    bool good = stream != NULL && snarl_merge_write(merge, stream);
    int error = errno;
    if (stream != NULL && fclose(stream) != 0 && good) {
        good = false;
        error = errno;
    }
    errno = error;
    return good;
}

/* Beside its place, and then there at once: what is merged may be what is written to, and a batch
 * system never sees half a file. */
static bool write_beside(struct snarl_merge *merge, const char *path)
{
    char *temporary = snarl_memory_string("%s.XXXXXX", path);
    int descriptor = mkostemp(temporary, O_CLOEXEC); /* mode 0600 */
    bool good = descriptor >= 0 && write_and_close(merge, fdopen(descriptor, "w")) &&
                rename(temporary, path) == 0;
    int error = errno;
    if (!good && descriptor >= 0)
        unlink(temporary);
    free(temporary);
    errno = error;
    return good;
}

/* A device, a pipe or a link stays what it is. */
static bool write_out(struct snarl_merge *merge, const char *path)
{
    struct stat status;
    bool good;
    if (strcmp(path, "-") == 0)
        good = write_and_close(merge, fdopen(dup(STDOUT_FILENO), "w"));
    else if (lstat(path, &status) == 0 && !S_ISREG(status.st_mode))
        good = write_and_close(merge, fopen(path, "we"));
    else
        good = write_beside(merge, path);
    if (!good)
        snarl_complain(SNARL_EXIT_TROUBLE, "cannot write \"%s\": %s", path, strerror(errno));
    return good;
}

int snarl_command_merge(int argc, char **argv)
{
    struct settings settings = {0};
    int first, status;
    if (!snarl_usage_parse(&usage, argc, argv, &settings, &first, &status))
        return status;
    if (first == argc || settings.output == NULL)
        return snarl_complain(SNARL_EXIT_TROUBLE, "merge: no %s given (usage: snarl merge %s)",
                              first == argc ? "recording" : "output (-o)", usage.arguments);
    struct snarl_merge *merge = snarl_merge_create();
    bool good = true;
    for (int i = first; good && i < argc; i++)
        good = add_operand(merge, argv[i]);
    good = good && write_out(merge, settings.output);
    snarl_merge_free(merge);
    return good ? 0 : SNARL_EXIT_TROUBLE;
}
