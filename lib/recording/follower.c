#include "recording/follower.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    WINDOW = 64 * 1024, /* read at once, to skip many small facts */
};

struct snarl_followed_table {
    uint64_t offset; /* of its rows in the file */
    uint32_t count;
};

/* A part of the file. */
struct window {
    int descriptor;
    uint64_t begin;
    size_t size;
    char bytes[WINDOW];
};

static bool read_part(struct window *window, uint64_t offset, void *part, size_t size)
{
    if (offset < window->begin || offset + size > window->begin + window->size) {
        ssize_t count = pread(window->descriptor, window->bytes, WINDOW, (off_t)offset);
        window->begin = offset;
        window->size = count > 0 ? (size_t)count : 0;
    }
    if (size > window->size)
        return false;
    memcpy(part, window->bytes + (offset - window->begin), size);
    return true;
}

static bool grow(void **array, size_t count, size_t size)
{
    void *larger = realloc(*array, count * size);
    if (larger != NULL)
        *array = larger;
    return larger != NULL;
}

static bool add_table(struct snarl_follower *follower, struct window *window, uint32_t size)
{
    struct snarl_fact_table table;
    if (size < sizeof table || !read_part(window, follower->position, &table, sizeof table) ||
        table.rows_offset < sizeof table || table.rows_offset % 8 != 0 ||
        table.rows_offset > size ||
        table.row_count > (size - table.rows_offset) / sizeof(struct snarl_thread_row) ||
        !grow((void **)&follower->tables, follower->table_count + 1, sizeof *follower->tables))
        return false;
    follower->tables[follower->table_count++] = (struct snarl_followed_table){
        .offset = follower->position + table.rows_offset, .count = table.row_count};
    return true;
}

/* Takes up the facts that are whole by now: a table reserves its place first, and says what it is
 * last. False where there is damage. */
static bool go_on(struct snarl_follower *follower, int descriptor, uint64_t size)
{
    struct window window;
    window.descriptor = descriptor;
    window.begin = window.size = 0;
    struct snarl_fact_header fact;
    while (size - follower->position >= sizeof fact &&
           read_part(&window, follower->position, &fact, sizeof fact) && fact.kind != 0 &&
           fact.size != 0 && fact.size <= size - follower->position) {
        if (fact.size < sizeof fact || fact.size % 8 != 0 ||
            (fact.kind == SNARL_FACT_TABLE && !add_table(follower, &window, fact.size)))
            return false;
        follower->position += fact.size;
    }
    return true;
}

/* Appends the rows of a table, and keeps those of threads that are alive. */
static bool read_rows(struct snarl_follower *follower, int descriptor,
                      const struct snarl_followed_table *table)
{
    size_t most = follower->row_count + table->count;
    size_t bytes = table->count * sizeof *follower->rows;
    if (most > follower->room) {
        if (!grow((void **)&follower->rows, most, sizeof *follower->rows))
            return false;
        follower->room = most;
    }
    struct snarl_thread_row *rows = follower->rows + follower->row_count;
    if (pread(descriptor, rows, bytes, (off_t)table->offset) != (ssize_t)bytes)
        return false;
    for (uint32_t i = 0; i < table->count; i++)
        if (rows[i].state == SNARL_ROW_ALIVE)
            follower->rows[follower->row_count++] = rows[i];
    return true;
}

static bool look(struct snarl_follower *follower, int descriptor)
{
    struct stat status;
    if (fstat(descriptor, &status) != 0 || status.st_dev != follower->device ||
        status.st_ino != follower->inode || (uint64_t)status.st_size < follower->position ||
        !go_on(follower, descriptor, (uint64_t)status.st_size))
        return false;
    for (size_t i = 0; i < follower->table_count; i++)
        if (!read_rows(follower, descriptor, &follower->tables[i]))
            return false;
    return true;
}

static int open_recording(const char *path)
{
    return open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
}

bool snarl_follower_look(struct snarl_follower *follower)
{
    follower->row_count = 0;
    int descriptor = open_recording(follower->path);
    if (descriptor < 0)
        return false;
    bool good = look(follower, descriptor);
    close(descriptor);
    if (!good)
        follower->row_count = 0;
    return good;
}

static bool read_header(struct snarl_follower *follower, int descriptor)
{
    struct snarl_file_header header;
    struct stat status;
    if (fstat(descriptor, &status) != 0 || !S_ISREG(status.st_mode) ||
        pread(descriptor, &header, sizeof header, 0) != (ssize_t)sizeof header ||
        memcmp(header.magic, SNARL_RECORDING_MAGIC, sizeof header.magic) != 0 ||
        header.version != SNARL_RECORDING_VERSION || header.size < sizeof header ||
        header.size % 8 != 0 || header.size > (uint64_t)status.st_size)
        return false;
    follower->pid = header.pid;
    follower->started_real = header.started_real;
    follower->device = status.st_dev;
    follower->inode = status.st_ino;
    follower->position = header.size;
    return true;
}

bool snarl_follower_open(struct snarl_follower *follower, const char *path)
{
    *follower = (struct snarl_follower){.path = NULL};
    int descriptor = open_recording(path);
    if (descriptor < 0)
        return false;
    bool good = read_header(follower, descriptor) && (follower->path = strdup(path)) != NULL;
    close(descriptor);
    return good;
}

void snarl_follower_close(struct snarl_follower *follower)
{
    free(follower->path);
    free(follower->tables);
    free(follower->rows);
    *follower = (struct snarl_follower){.path = NULL};
}
