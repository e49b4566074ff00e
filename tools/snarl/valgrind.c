#include "valgrind.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "environment.h"
#include "exit_status.h"
#include "memory.h"
#include "program.h"
#include "recordings.h"
#include "suite/valgrind_errors.h"
#include "text_file.h"

enum {
    OURS = 8, /* words before the program's */
};

char *snarl_valgrind_find(void)
{
    struct snarl_program program;
    snarl_program_find("valgrind", &program);
    /* That it could not be watched is all right. */
    return program.status == SNARL_EXIT_NOT_FOUND ? NULL : snarl_memory_string("%s", program.path);
}

/* "valgrind --tool=... PROGRAM ARGUMENTS...", the words that are ours to be freed. */
static char **compose(const struct snarl_valgrind_plan *plan, const char *valgrind,
                      const char *directory)
{
    size_t count = 0;
    while (plan->arguments[count])
        count++;
    char **arguments = snarl_memory_zeroed(count + OURS + 1, sizeof *arguments);
    arguments[0] = snarl_memory_string("%s", valgrind);
    arguments[1] = snarl_memory_string("--tool=%s", plan->tool);
    arguments[2] = snarl_memory_string("--xml=yes");
    arguments[3] = snarl_memory_string("--xml-file=%s/report.xml", directory);
    arguments[4] = snarl_memory_string("--quiet");
    /* Its pipes for debuggers would stay behind where a program is killed. */
    arguments[5] = snarl_memory_string("--vgdb=no");
    /* A child would write into the same file. */
    arguments[6] = snarl_memory_string("--child-silent-after-fork=yes");
    arguments[7] = snarl_memory_string("--command-line-only=yes");
    for (size_t i = 0; i <= count; i++)
        arguments[OURS + i] = plan->arguments[i];
    return arguments;
}

static void free_composed(char **arguments)
{
    for (int i = 0; i < OURS; i++)
        free(arguments[i]);
    free(arguments);
}

/* False where the program has ended by itself, and the report has no end. */
static bool read_report(const char *directory, struct snarl_valgrind *valgrind)
{
    char *path = snarl_memory_string("%s/report.xml", directory);
    size_t size = 0;
    char *xml = snarl_text_file_read(path, &size);
    valgrind->found = xml ? snarl_valgrind_errors(xml, size) : 0;
    bool whole = xml && (valgrind->end.signal || snarl_valgrind_is_whole(xml, size));
    free(xml);
    free(path);
    return whole;
}

bool snarl_valgrind_run(const struct snarl_valgrind_plan *plan, struct snarl_valgrind *valgrind,
                        char *reason, size_t reason_size)
{
    *valgrind = (struct snarl_valgrind){.found = 0};
    struct snarl_recordings directory;
    char *path = snarl_valgrind_find();
    if (!path)
        snprintf(reason, reason_size, "valgrind is not installed");
    if (!path || !snarl_recordings_open(&directory, NULL, reason, reason_size)) {
        free(path);
        return false;
    }
    char **arguments = compose(plan, path, directory.directory);
    int nowhere = open("/dev/null", O_RDWR | O_CLOEXEC);
    struct snarl_environment environment = snarl_environment_bare();
    struct snarl_child_plan child = {.path = path,
                                     .arguments = arguments,
                                     .environment = environment.variables,
                                     .descriptors = {nowhere, plan->output, nowhere},
                                     .time_limit_s = plan->time_limit_s,
                                     .tick = plan->tick,
                                     .tick_ms = plan->tick_ms,
                                     .context = plan->context};
    bool started = snarl_child_run(&child, &valgrind->end);
    bool whole = started && read_report(directory.directory, valgrind);
    if (started && !whole)
        snprintf(reason, reason_size, "valgrind has left no whole report");
    else if (!started)
        snprintf(reason, reason_size, "\"%s\" cannot be started: %s", path,
                 strerror(valgrind->end.start_error));
    snarl_environment_free(&environment);
    close(nowhere);
    free_composed(arguments);
    snarl_recordings_close(&directory);
    free(path);
    return whole;
}
