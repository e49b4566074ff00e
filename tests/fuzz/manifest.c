/* Any bytes as a manifest of scenarios; the same as a source, and as what Valgrind reports. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fuzz.h"
#include "suite/lesson.h"
#include "suite/manifest.h"
#include "suite/valgrind_errors.h"

/* What is read is whole; what is not is complained of in one line. */
static void read_manifest(const uint8_t *data, size_t size)
{
    char path[64], error[256] = "";
    int file = memfd_create("manifest", MFD_CLOEXEC);
    if (file < 0 || write(file, data, size) != (ssize_t)size)
        abort();
    snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    struct snarl_manifest *manifest = snarl_manifest_load(path, error, sizeof error);
    for (size_t i = 0; manifest && i < manifest->count; i++)
        if (!manifest->scenarios[i].name || !manifest->scenarios[i].summary ||
            !manifest->scenarios[i].program || !manifest->scenarios[i].arguments.items)
            abort();
    if (!manifest && (!*error || strchr(error, '\n')))
        abort();
    snarl_manifest_free(manifest);
    close(file);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct snarl_pool pool = {0};
    struct snarl_lesson lesson;
    read_manifest(data, size);
    snarl_valgrind_errors((const char *)data, size);
    snarl_lesson_read(&lesson, snarl_pool_format(&pool, "%.*s", (int)size, (const char *)data),
                      &pool);
    snarl_pool_free(&pool);
    return 0;
}
