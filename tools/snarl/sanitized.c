#include "sanitized.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analysis/thread_sanitizer.h"
#include "environment.h"
#include "memory.h"
#include "recordings.h"

struct text {
    char *bytes;
    size_t size;
};

static void add_file(struct text *text, int descriptor)
{
    char part[65536];
    for (ssize_t size; (size = read(descriptor, part, sizeof part)) > 0;) {
        text->bytes = snarl_memory_resize(text->bytes, text->size + (size_t)size, 1);
        memcpy(text->bytes + text->size, part, (size_t)size);
        text->size += (size_t)size;
    }
}

/* All that ThreadSanitizer said: its log files, one per process, and standard error. */
static struct text read_all(const char *path)
{
    struct text text = {0};
    DIR *directory = opendir(path);
    if (!directory)
        return text;
    for (struct dirent *entry; (entry = readdir(directory));) {
        int descriptor = openat(dirfd(directory), entry->d_name, O_RDONLY | O_CLOEXEC);
        if (descriptor < 0)
            continue;
        add_file(&text, descriptor);
        close(descriptor);
    }
    closedir(directory);
    return text;
}

static bool contains(const struct text *text, const char *words)
{
    return text->size && memmem(text->bytes, text->size, words, strlen(words));
}

/* Once; what ThreadSanitizer says goes to `directory`, or where the output goes. */
static bool run(const struct snarl_sanitized_plan *plan, const char *directory,
                struct snarl_sanitized *sanitized)
{
    struct snarl_environment environment = snarl_environment_bare();
    char *log =
        plan->together ? snarl_memory_string("stderr") : snarl_memory_string("'%s/log'", directory);
    char *options =
        snarl_memory_string("log_path=%s:exitcode=0:second_deadlock_stack=1:color=never", log);
    char *errors = snarl_memory_string("%s/stderr", directory);
    snarl_environment_set(&environment, "TSAN_OPTIONS", options);
    int nowhere = open("/dev/null", O_RDWR | O_CLOEXEC);
    int error = open(errors, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    int output = plan->output < 0 ? nowhere : plan->output;
    struct snarl_child_plan child = {
        .path = plan->arguments[0],
        .arguments = plan->arguments,
        .environment = environment.variables,
        .descriptors = {nowhere, output, plan->together ? output : error},
        .time_limit_s = plan->time_limit_s,
        .tick = plan->tick,
        .tick_ms = plan->tick_ms,
        .context = plan->context,
        .fixed_addresses = sanitized->fixed_addresses};
    bool started = snarl_child_run(&child, &sanitized->end);
    close(nowhere);
    close(error);
    free(errors);
    free(options);
    free(log);
    snarl_environment_free(&environment);
    return started;
}

/* What it said: in `directory`, or together with the output. */
static struct text read_said(const struct snarl_sanitized_plan *plan, const char *directory)
{
    struct text text = {0};
    if (!plan->together)
        return read_all(directory);
    lseek(plan->output, 0, SEEK_SET);
    add_file(&text, plan->output);
    return text;
}

/* Once as it is, and where ThreadSanitizer finds its addresses taken, once more without
 * randomisation. */
bool snarl_sanitized_run(const struct snarl_sanitized_plan *plan, struct snarl_sanitized *sanitized,
                         char *reason, size_t reason_size)
{
    *sanitized = (struct snarl_sanitized){0};
    static const char mapping[] = "FATAL: ThreadSanitizer: unexpected memory mapping";
    for (;; sanitized->fixed_addresses = true) {
        struct snarl_recordings directory;
        if (!snarl_recordings_open(&directory, NULL, reason, reason_size))
            return false;
        bool started = run(plan, directory.directory, sanitized);
        struct text text = read_said(plan, directory.directory);
        snarl_recordings_close(&directory);
        if (!started)
            snprintf(reason, reason_size, "\"%s\" cannot be started: %s", plan->arguments[0],
                     strerror(sanitized->end.start_error));
        bool again = started && contains(&text, mapping) && !sanitized->fixed_addresses;
        if (again && plan->output >= 0 && ftruncate(plan->output, 0) == 0)
            lseek(plan->output, 0, SEEK_SET);
        sanitized->broken = contains(&text, "FATAL: ThreadSanitizer");
        if (started && !again)
            sanitized->report = snarl_thread_sanitizer_parse(text.bytes, text.size);
        free(text.bytes);
        if (!again)
            return started;
    }
}
