#include "layout.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "memory.h"

/* Relative ones are taken from the command's own directory. */
static const struct {
    enum snarl_layout_place place;
    const char *directory;
} candidates[] = {
    {SNARL_LAYOUT_LIBRARY, "../lib"},
    {SNARL_LAYOUT_LIBRARY, "../" SNARL_INSTALL_LIBDIR},
    {SNARL_LAYOUT_LIBRARY, SNARL_INSTALL_FULL_LIBDIR},
    {SNARL_LAYOUT_SCENARIOS, "../libexec/snarl/scenarios"},
    {SNARL_LAYOUT_SCENARIOS, SNARL_INSTALL_FULL_LIBEXECDIR "/snarl/scenarios"},
    {SNARL_LAYOUT_SOURCES, "../share/snarl/scenarios"},
    {SNARL_LAYOUT_SOURCES, SNARL_INSTALL_FULL_DATADIR "/snarl/scenarios"},
};

/* The command's directory with a '/' behind it, or "" where /proc does not say. */
static const char *own_directory(void)
{
    static char path[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", path, sizeof path - 1);
    path[length > 0 ? length : 0] = '\0';
    char *slash = strrchr(path, '/');
    path[slash ? slash + 1 - path : 0] = '\0';
    return path;
}

char *snarl_layout_find(enum snarl_layout_place place, const char *name)
{
    for (size_t i = 0; i < sizeof candidates / sizeof *candidates; i++) {
        if (candidates[i].place != place)
            continue;
        const char *directory = candidates[i].directory;
        char *path = snarl_memory_string("%s%s/%s", *directory == '/' ? "" : own_directory(),
                                         directory, name);
        char *real = realpath(path, NULL);
        free(path);
        if (real)
            return real;
    }
    return NULL;
}
