#include "rerun.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "memory.h"
#include "recording/reader.h"

static const struct snarl_fact_process *process_of(struct snarl_reader *reader)
{
    const struct snarl_fact_header *fact;
    while ((fact = snarl_reader_next(reader)))
        if (fact->kind == SNARL_FACT_PROCESS)
            return (const void *)fact;
    return NULL;
}

/* LD_PRELOAD as it was before the command put its own library in front. */
static void remove_library(struct snarl_environment *environment)
{
    const char *libraries = snarl_environment_get(environment, "LD_PRELOAD");
    char *others = snarl_memory_string("%s", "");
    for (size_t length; libraries && *libraries; libraries += length) {
        libraries += strspn(libraries, " :");
        length = strcspn(libraries, " :");
        static const char own[] = "libsnarl.so";
        bool is_own = length >= sizeof own - 1 &&
                      memcmp(libraries + length - (sizeof own - 1), own, sizeof own - 1) == 0;
        if (length == 0 || is_own)
            continue;
        char *longer =
            snarl_memory_string("%s%s%.*s", others, *others ? ":" : "", (int)length, libraries);
        free(others);
        others = longer;
    }
    if (*others)
        snarl_environment_set(environment, "LD_PRELOAD", others);
    else
        snarl_environment_unset(environment, "LD_PRELOAD");
    free(others);
}

static void take(struct snarl_rerun *rerun, const struct snarl_fact_process *process)
{
    const char *string = process->strings;
    rerun->path = snarl_memory_string("%s", string);
    string = snarl_reader_string_after(string);
    rerun->directory = snarl_memory_string("%s", string);
    rerun->arguments = snarl_memory_zeroed(process->argument_count + 1, sizeof(char *));
    for (uint32_t i = 0; i < process->argument_count; i++) {
        string = snarl_reader_string_after(string);
        rerun->arguments[i] = snarl_memory_string("%s", string);
    }
    rerun->has_environment = process->environment_count > 0;
    char **variables = snarl_memory_zeroed(process->environment_count + 1, sizeof(char *));
    for (uint32_t i = 0; i < process->environment_count; i++)
        variables[i] = (char *)(uintptr_t)(string = snarl_reader_string_after(string));
    rerun->environment = snarl_environment_copy(rerun->has_environment ? variables : environ);
    free(variables);
    remove_library(&rerun->environment);
}

bool snarl_rerun_read(struct snarl_rerun *rerun, const char *recording, char *error,
                      size_t error_size)
{
    struct snarl_reader reader;
    *rerun = (struct snarl_rerun){0};
    if (!snarl_reader_open(&reader, recording, error, error_size))
        return false;
    const struct snarl_fact_process *process = process_of(&reader);
    if (process && process->argument_count > 0 && *process->strings)
        take(rerun, process);
    else
        snprintf(error, error_size,
                 "%s: does not say which program it is of (what is merged does not)", recording);
    snarl_reader_close(&reader);
    return rerun->arguments;
}

void snarl_rerun_free(struct snarl_rerun *rerun)
{
    free(rerun->path);
    free(rerun->directory);
    for (size_t i = 0; rerun->arguments && rerun->arguments[i]; i++)
        free(rerun->arguments[i]);
    free(rerun->arguments);
    snarl_environment_free(&rerun->environment);
}
