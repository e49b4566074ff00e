#include "process_tree.h"

#include <ctype.h>
#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Reads "PID (name) STATE PARENT ..."; a name may hold anything, so the last ')' counts. */
static bool is_living_child(const char *pid, pid_t parent)
{
    char path[64], line[512], state;
    int found;
    snprintf(path, sizeof path, "/proc/%.20s/stat", pid);
    FILE *file = fopen(path, "re");
    if (!file)
        return false;
    line[fread(line, 1, sizeof line - 1, file)] = '\0';
    fclose(file);
    const char *rest = strrchr(line, ')');
    return rest && sscanf(rest + 1, " %c %d", &state, &found) == 2 && state != 'Z' &&
           state != 'X' && found == parent;
}

void snarl_process_children(pid_t parent, void (*each)(pid_t pid, void *context), void *context)
{
    DIR *processes = opendir("/proc");
    if (!processes)
        return;
    for (struct dirent *entry; (entry = readdir(processes));)
        if (isdigit((unsigned char)*entry->d_name) && is_living_child(entry->d_name, parent))
            each((pid_t)atoi(entry->d_name), context);
    closedir(processes);
}

struct descent {
    void (*each)(pid_t pid, void *context);
    void *context;
};

static void descend(pid_t pid, void *context)
{
    const struct descent *descent = context;
    descent->each(pid, descent->context);
    snarl_process_children(pid, descend, context);
}

void snarl_process_descendants(pid_t ancestor, void (*each)(pid_t pid, void *context),
                               void *context)
{
    struct descent descent = {each, context};
    snarl_process_children(ancestor, descend, &descent);
}
