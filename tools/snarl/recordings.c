#include "recordings.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "memory.h"
#include "recording/writer.h"

static char *make_temporary(void)
{
    const char *parent = getenv("TMPDIR");
    bool usable = parent && *parent == '/' && !strchr(parent, ':');
    char *name = snarl_memory_string("%s/snarl.XXXXXX", usable ? parent : "/tmp");
    if (mkdtemp(name))
        return name;
    free(name);
    return NULL;
}

bool snarl_recordings_open(struct snarl_recordings *recordings, const char *keep, char *error,
                           size_t error_size)
{
    *recordings =
        (struct snarl_recordings){.temporary = !keep, .since = keep ? snarl_clock_real() : 0};
    if (!keep)
        recordings->directory = make_temporary();
    else if (mkdir(keep, 0700) == 0 || errno == EEXIST)
        recordings->directory = realpath(keep, NULL);
    if (recordings->directory && access(recordings->directory, W_OK | X_OK) == 0)
        return true;
    snprintf(error, error_size, "cannot keep recordings in \"%s\": %s",
             keep ? keep : "a temporary directory", strerror(errno));
    snarl_recordings_close(recordings);
    return false;
}

/* Reads the header only; what is wrong with a recording is for the analysis to say. */
static void read_header(struct snarl_recording *recording)
{
    struct snarl_file_header header = {0};
    struct stat status;
    int descriptor = open(recording->path, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0)
        return;
    if (read(descriptor, &header, sizeof header) == sizeof header) {
        recording->pid = header.pid;
        recording->started = header.started_real;
    } else if (fstat(descriptor, &status) == 0) {
        recording->started =
            (uint64_t)status.st_mtim.tv_sec * 1000000000u + (uint64_t)status.st_mtim.tv_nsec;
        recording->silent = true;
    }
    close(descriptor);
}

static int by_start(const void *left, const void *right)
{
    const struct snarl_recording *first = left, *second = right;
    if (first->started != second->started)
        return first->started < second->started ? -1 : 1;
    return strcmp(first->path, second->path);
}

static void add(struct snarl_recordings *recordings, struct snarl_recording recording)
{
    recordings->items =
        snarl_memory_resize(recordings->items, recordings->count + 1, sizeof recording);
    recordings->items[recordings->count++] = recording;
}

void snarl_recordings_add(struct snarl_recordings *recordings, const char *path)
{
    add(recordings, (struct snarl_recording){.path = snarl_memory_string("%s", path)});
}

static void add_entry(struct snarl_recordings *recordings, const char *directory, const char *name)
{
    const char *end = strrchr(name, '.');
    if (!end || strcmp(end, ".rec") != 0)
        return;
    struct snarl_recording recording = {.path = snarl_memory_string("%s/%s", directory, name)};
    sscanf(name, SNARL_RECORDINGS_STEM ".%" SCNu64, &recording.pid);
    read_header(&recording);
    if (recording.started >= recordings->since)
        add(recordings, recording);
    else
        free(recording.path);
}

bool snarl_recordings_add_directory(struct snarl_recordings *recordings, const char *directory,
                                    char *error, size_t error_size)
{
    size_t before = recordings->count;
    DIR *entries = opendir(directory);
    if (!entries) {
        snprintf(error, error_size, "\"%s\": %s", directory, strerror(errno));
        return false;
    }
    for (struct dirent *entry; (entry = readdir(entries));)
        add_entry(recordings, directory, entry->d_name);
    closedir(entries);
    size_t found = recordings->count - before;
    if (found)
        qsort(recordings->items + before, found, sizeof *recordings->items, by_start);
    else
        snprintf(error, error_size, "\"%s\": no recordings (*.rec) in this directory", directory);
    return found > 0;
}

/* The program's own recordings, in order, before all others. */
static bool put_first(struct snarl_recordings *recordings, pid_t program)
{
    size_t own = 0;
    bool speaks = false;
    for (size_t i = 0; i < recordings->count; i++) {
        struct snarl_recording recording = recordings->items[i];
        if (recording.pid != (uint64_t)program)
            continue;
        memmove(&recordings->items[own + 1], &recordings->items[own], (i - own) * sizeof recording);
        recordings->items[own++] = recording;
        speaks = speaks || !recording.silent;
    }
    return speaks;
}

bool snarl_recordings_collect(struct snarl_recordings *recordings, pid_t program)
{
    char error[1024];
    return snarl_recordings_add_directory(recordings, recordings->directory, error, sizeof error) &&
           put_first(recordings, program);
}

static bool copy_bytes(int from, int to)
{
    char bytes[16 * 1024];
    ssize_t count;
    while ((count = read(from, bytes, sizeof bytes)) > 0)
        if (write(to, bytes, (size_t)count) != count)
            return false;
    return count == 0;
}

static bool replace_by_copy(struct snarl_recording *recording)
{
    int original = open(recording->path, O_RDONLY | O_CLOEXEC);
    int copy = memfd_create("recording", MFD_CLOEXEC);
    bool good = original >= 0 && copy > 0 && copy_bytes(original, copy);
    if (original >= 0)
        close(original);
    if (good) {
        free(recording->path);
        recording->path = snarl_memory_string("/proc/self/fd/%d", copy);
        recording->copy = copy;
    } else if (copy >= 0) {
        close(copy);
    }
    return good;
}

void snarl_recording_add_fact(struct snarl_recording *recording, void *fact, size_t size,
                              bool alive)
{
    struct snarl_writer writer;
    if ((alive && !recording->copy && !replace_by_copy(recording)) ||
        !snarl_writer_reopen(&writer, recording->path))
        return;
    snarl_writer_append(&writer, &(struct iovec){fact, size}, 1);
    snarl_writer_close(&writer);
}

static void remove_directory(const char *path)
{
    DIR *directory = opendir(path);
    if (!directory)
        return;
    for (struct dirent *entry; (entry = readdir(directory));)
        unlinkat(dirfd(directory), entry->d_name, 0);
    closedir(directory);
    rmdir(path);
}

void snarl_recordings_close(struct snarl_recordings *recordings)
{
    for (size_t i = 0; i < recordings->count; i++) {
        free(recordings->items[i].path);
        if (recordings->items[i].copy)
            close(recordings->items[i].copy);
    }
    free(recordings->items);
    if (recordings->temporary && recordings->directory)
        remove_directory(recordings->directory);
    free(recordings->directory);
    *recordings = (struct snarl_recordings){0};
}
