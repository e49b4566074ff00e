#include "tasks.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "memory.h"

enum {
    STATUS_SIZE = 8192, /* with long lists of groups and processors; what counts is found or not */
    GLIBCS_FIRST = 32,  /* the signals that glibc keeps for itself: cancellation, set*id */
    GLIBCS_LAST = 33,
};

static bool read_text(int directory, const char *path, char *text, size_t size)
{
    int descriptor = openat(directory, path, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0)
        return false;
    size_t length = 0;
    ssize_t count;
    while (length < size - 1 && (count = read(descriptor, text + length, size - 1 - length)) > 0)
        length += (size_t)count;
    close(descriptor);
    text[length] = '\0';
    return length > 0;
}

/* What follows "NAME:\t" at the beginning of a line; "" where there is no such line. */
static const char *field(const char *status, const char *name)
{
    size_t length = strlen(name);
    for (const char *line = status; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strncmp(line, name, length) == 0 && line[length] == ':')
            return line + length + 1 + strspn(line + length + 1, "\t ");
    }
    return "";
}

static bool number(const char *text, int base, uint64_t *value)
{
    char *end;
    *value = strtoull(text, &end, base);
    return end != text;
}

static void add(struct snarl_tasks *tasks, struct snarl_asleep_task task)
{
    if (tasks->count == tasks->room) {
        tasks->room = tasks->room ? 2 * tasks->room : 16;
        tasks->items = snarl_memory_resize(tasks->items, tasks->room, sizeof *tasks->items);
    }
    tasks->items[tasks->count++] = task;
}

static bool read_status(int directory, const char *tid, char status[STATUS_SIZE])
{
    char path[96];
    snprintf(path, sizeof path, "%.20s/status", tid);
    return read_text(directory, path, status, STATUS_SIZE);
}

static bool is_dead(const char *status)
{
    char state = *field(status, "State");
    return state == 'Z' || state == 'X';
}

/* False where it cannot be read. One that is dead is passed over. */
static bool read_task(struct snarl_tasks *tasks, int directory, const char *tid)
{
    char status[STATUS_SIZE];
    uint64_t voluntary, involuntary;
    if (!read_status(directory, tid, status))
        return false;
    if (is_dead(status))
        return true;
    if (!number(field(status, "voluntary_ctxt_switches"), 10, &voluntary) ||
        !number(field(status, "nonvoluntary_ctxt_switches"), 10, &involuntary))
        return false;
    add(tasks, (struct snarl_asleep_task){.tid = (uint32_t)strtoul(tid, NULL, 10),
                                          .switches = voluntary + involuntary,
                                          .sleeping = *field(status, "State") == 'S'});
    return true;
}

static bool last_sleeps(const struct snarl_tasks *tasks)
{
    return tasks->count == 0 || tasks->items[tasks->count - 1].sleeping;
}

static DIR *open_tasks(pid_t pid)
{
    char path[96];
    snprintf(path, sizeof path, "/proc/%d/task", (int)pid);
    return opendir(path);
}

bool snarl_tasks_alive(pid_t pid)
{
    char status[STATUS_SIZE];
    DIR *directory = open_tasks(pid);
    if (!directory)
        return false;
    bool alive = false;
    for (struct dirent *entry; !alive && (entry = readdir(directory));)
        alive = isdigit((unsigned char)*entry->d_name) &&
                read_status(dirfd(directory), entry->d_name, status) && !is_dead(status);
    closedir(directory);
    return alive;
}

bool snarl_tasks_read(struct snarl_tasks *tasks, pid_t pid, size_t expected)
{
    tasks->count = 0;
    DIR *directory = open_tasks(pid);
    if (!directory)
        return false;
    bool sleeping = true;
    for (struct dirent *entry; sleeping && (entry = readdir(directory));)
        if (isdigit((unsigned char)*entry->d_name))
            sleeping = read_task(tasks, dirfd(directory), entry->d_name) && last_sleeps(tasks) &&
                       tasks->count <= expected;
    closedir(directory);
    return sleeping && tasks->count == expected;
}

void snarl_tasks_list(struct snarl_tasks *tasks, pid_t pid)
{
    tasks->count = 0;
    DIR *directory = open_tasks(pid);
    if (!directory)
        return;
    for (struct dirent *entry; (entry = readdir(directory));)
        if (isdigit((unsigned char)*entry->d_name))
            read_task(tasks, dirfd(directory), entry->d_name);
    closedir(directory);
}

void snarl_tasks_free(struct snarl_tasks *tasks)
{
    free(tasks->items);
    *tasks = (struct snarl_tasks){0};
}

static FILE *open_proc(pid_t pid, const char *name)
{
    char path[96];
    snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, name);
    return fopen(path, "re");
}

/* Timers of timer_create(2) that tell somebody. False where the kernel does not list them.
 * (The clocks that count time on the processor have negative numbers: while all sleep they stand.)
 */
static bool find_timers(pid_t pid, bool *armed)
{
    FILE *timers = open_proc(pid, "timers");
    if (!timers)
        return false;
    char *line = NULL;
    size_t size = 0;
    bool tells = false;
    while (getline(&line, &size, timers) > 0)
        if (strncmp(line, "notify:", 7) == 0)
            tells = !strstr(line, " none/");
        else if (strncmp(line, "ClockID: ", 9) == 0)
            *armed = *armed || (tells && line[9] != '-');
    free(line);
    fclose(timers);
    return true;
}

static uint64_t mask_of(int signal)
{
    return (uint64_t)1 << (signal - 1);
}

struct snarl_asleep_surroundings snarl_tasks_surroundings(pid_t pid)
{
    struct snarl_asleep_surroundings surroundings = {.timer_armed = false};
    char path[64], status[STATUS_SIZE];
    uint64_t caught = UINT64_MAX;
    snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
    if (!read_text(AT_FDCWD, path, status, sizeof status) ||
        !number(field(status, "SigCgt"), 16, &caught))
        caught = UINT64_MAX;
    caught &= ~(mask_of(GLIBCS_FIRST) | mask_of(GLIBCS_LAST));
    caught &= ~(mask_of(SIGPROF) | mask_of(SIGTRAP)); /* which come to those that run */
    surroundings.handler_installed = caught != 0;
    surroundings.timers_unknown =
        !find_timers(pid, &surroundings.timer_armed) || (caught & mask_of(SIGALRM));
    return surroundings;
}

static bool ends_in(const char *line, const char *name)
{
    size_t line_length = strcspn(line, "\n"), length = strlen(name);
    return line_length > length && line[line_length - length - 1] == '/' &&
           memcmp(line + line_length - length, name, length) == 0;
}

bool snarl_tasks_map(pid_t pid, pid_t tid, ino_t inode, const char *path)
{
    /* The task's own list: a main thread that has left shows none. */
    char list[64];
    snprintf(list, sizeof list, "task/%d/maps", (int)tid);
    const char *name = strrchr(path, '/');
    name = name ? name + 1 : path;
    FILE *maps = open_proc(pid, list);
    if (!maps)
        return false;
    char *line = NULL;
    size_t size = 0;
    bool found = false;
    uintmax_t number_there;
    while (!found && getline(&line, &size, maps) > 0)
        found = ends_in(line, name) && sscanf(line, "%*s %*s %*s %*s %ju", &number_there) == 1 &&
                number_there == inode;
    free(line);
    fclose(maps);
    return found;
}

void snarl_tasks_name(pid_t pid, char *name, size_t size)
{
    char path[96];
    snprintf(path, sizeof path, "/proc/%d/cmdline", (int)pid);
    if (!read_text(AT_FDCWD, path, name, size))
        snprintf(name, size, "a program");
}
