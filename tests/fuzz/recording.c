/* Any bytes as a recording. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "analysis/analysis.h"
#include "formats.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static int file = -1;
    static char path[64];
    if (file < 0) {
        file = memfd_create("recording", MFD_CLOEXEC);
        snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    }
    if (file < 0 || ftruncate(file, 0) != 0 || pwrite(file, data, size, 0) != (ssize_t)size)
        abort();

    const char *const paths[] = {path, path}; /* so that findings are folded too */
    char error[256] = "";
    struct snarl_report *report =
        snarl_analyse(paths, 2, &(struct snarl_analysis_options){.all = true, .edges = true}, error,
                      sizeof error);
    if (report != NULL)
        write_all_formats(report);
    else if (error[0] == '\0' || strchr(error, '\n') != NULL)
        abort();
    return 0;
}
