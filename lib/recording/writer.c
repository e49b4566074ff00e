#include "recording/writer.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/system.h"
#include "base/text.h"

enum {
    HIGHEST_DESCRIPTOR = 4000, /* out of the way of the host's, yet no large descriptor table */
    DESCRIPTORS_ABOVE = 24,
    TRIES = 16,
};

static bool fail(struct snarl_writer *writer, int error)
{
    writer->error = error != 0 ? error : EIO;
    return false;
}

int snarl_writer_move_away(int descriptor)
{
    struct rlimit limit = {0, 0};
    getrlimit(RLIMIT_NOFILE, &limit);
    rlim_t highest = limit.rlim_cur < HIGHEST_DESCRIPTOR ? limit.rlim_cur : HIGHEST_DESCRIPTOR;
    if (highest <= 2 * DESCRIPTORS_ABOVE)
        return descriptor;
    int moved = fcntl(descriptor, F_DUPFD_CLOEXEC, (int)highest - DESCRIPTORS_ABOVE);
    if (moved < 0)
        return descriptor;
    snarl_close(descriptor);
    return moved;
}

static bool remember(struct snarl_writer *writer)
{
    struct stat status;
    if (fstat(writer->descriptor, &status) != 0)
        return false;
    writer->device = status.st_dev;
    writer->inode = status.st_ino;
    writer->size = (uint64_t)status.st_size;
    return true;
}

static void compose_path(struct snarl_writer *writer, const char *directory, const char *prefix)
{
    uint32_t unique = 0;
    if (getrandom(&unique, sizeof unique, GRND_NONBLOCK) != (ssize_t)sizeof unique)
        unique = (uint32_t)snarl_clock_monotonic();

    struct snarl_text path = snarl_text_over(writer->path, sizeof writer->path);
    char current[SNARL_PATH_SIZE];
    if (prefix[0] != '/' && directory == NULL)
        directory = getcwd(current, sizeof current);
    if (prefix[0] != '/' && directory != NULL) {
        snarl_text_add(&path, directory);
        snarl_text_add_char(&path, '/');
    }
    snarl_text_add(&path, prefix);
    snarl_text_add_char(&path, '.');
    snarl_text_add_decimal(&path, (uint64_t)getpid());
    snarl_text_add_char(&path, '.');
    snarl_text_add_hex(&path, unique, 8);
    snarl_text_add(&path, ".rec");
}

static bool create(struct snarl_writer *writer, const char *directory, const char *prefix)
{
    for (int i = 0; i < TRIES; i++) {
        compose_path(writer, directory, prefix);
        int descriptor = snarl_open(writer->path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        if (descriptor >= 0) {
            fchmod(descriptor, 0600); /* whatever the host's umask takes away */
            writer->descriptor = snarl_writer_move_away(descriptor);
            return remember(writer) || fail(writer, errno);
        }
        if (errno != EEXIST)
            return fail(writer, errno);
    }
    return fail(writer, EEXIST);
}

/* Whether the next `size` bytes at `writer->size` may be written without a signal. */
static bool fits(const struct snarl_writer *writer, uint64_t size)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_FSIZE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY)
        return true;
    return writer->size + size <= limit.rlim_cur;
}

static bool is_ours(const struct snarl_writer *writer, int descriptor)
{
    struct stat status;
    return fstat(descriptor, &status) == 0 && status.st_dev == writer->device &&
           status.st_ino == writer->inode;
}

/* The host may have closed our descriptor, or have a file of its own under that number. */
static bool ensure_open(struct snarl_writer *writer)
{
    if (writer->descriptor >= 0 && is_ours(writer, writer->descriptor))
        return true;
    int descriptor = snarl_open(writer->path, O_RDWR | O_CLOEXEC, 0);
    if (descriptor < 0)
        return fail(writer, errno);
    if (!is_ours(writer, descriptor)) {
        snarl_close(descriptor);
        return fail(writer, ESTALE);
    }
    writer->descriptor = snarl_writer_move_away(descriptor);
    return true;
}

static bool write_parts(struct snarl_writer *writer, struct iovec *parts, int count, size_t size)
{
    if (!fits(writer, size))
        return fail(writer, EFBIG);
    ssize_t written = snarl_write_at(writer->descriptor, parts, count, (off_t)writer->size);
    if (written != (ssize_t)size)
        return fail(writer, written < 0 ? errno : ENOSPC);
    writer->size += size;
    return true;
}

bool snarl_writer_open(struct snarl_writer *writer, const char *prefix, const char *temporary)
{
    memset(writer, 0, sizeof *writer);
    writer->descriptor = -1;
    if (!create(writer, NULL, prefix)) {
        if (strchr(prefix, '/') != NULL)
            return false;
        writer->error = 0;
        if (!create(writer, temporary != NULL && temporary[0] == '/' ? temporary : "/tmp", prefix))
            return false;
    }
    struct snarl_file_header header = {
        .version = SNARL_RECORDING_VERSION,
        .size = sizeof header,
        .pid = (uint64_t)getpid(),
        .started_real = snarl_clock_real(),
        .started_monotonic = snarl_clock_monotonic(),
    };
    memcpy(header.magic, SNARL_RECORDING_MAGIC, sizeof header.magic);
    struct iovec part = {&header, sizeof header};
    if (write_parts(writer, &part, 1, sizeof header))
        return true;
    unlink(writer->path);
    snarl_writer_close(writer);
    return false;
}

bool snarl_writer_append(struct snarl_writer *writer, const struct iovec *parts, size_t count)
{
    if (writer->error != 0 || count == 0 || count > SNARL_FACT_PARTS || !ensure_open(writer))
        return false;

    static const char zeros[8];
    struct iovec all[SNARL_FACT_PARTS + 1];
    size_t size = 0;
    for (size_t i = 0; i < count; i++) {
        all[i] = parts[i];
        size += parts[i].iov_len;
    }
    size_t padding = (8 - size % 8) % 8;
    all[count] = (struct iovec){(void *)(uintptr_t)zeros, padding};
    ((struct snarl_fact_header *)parts[0].iov_base)->size = (uint32_t)(size + padding);
    return write_parts(writer, all, (int)count + (padding > 0), size + padding);
}

static bool reserve(struct snarl_writer *writer, uint64_t offset, uint64_t size)
{
    if (snarl_reserve(writer->descriptor, (off_t)offset, (off_t)size) == 0)
        return true;
    if (errno != EOPNOTSUPP && errno != ENOSYS)
        return false;
    static const char zeros[SNARL_TABLE_ALIGN];
    for (uint64_t done = 0; done < size;) {
        size_t part = size - done < sizeof zeros ? (size_t)(size - done) : sizeof zeros;
        struct iovec some = {(void *)(uintptr_t)zeros, part};
        ssize_t written = snarl_write_at(writer->descriptor, &some, 1, (off_t)(offset + done));
        if (written <= 0)
            return false;
        done += (uint64_t)written;
    }
    return true;
}

struct snarl_fact_table *snarl_writer_table(struct snarl_writer *writer)
{
    if (writer->error != 0 || !ensure_open(writer))
        return NULL;
    uint64_t begin = writer->size;
    uint64_t mapped = begin & ~(uint64_t)(SNARL_TABLE_ALIGN - 1);
    uint64_t rows = (begin + sizeof(struct snarl_fact_table) + SNARL_TABLE_ALIGN - 1) &
                    ~(uint64_t)(SNARL_TABLE_ALIGN - 1);
    uint64_t end = rows + SNARL_TABLE_ROWS * sizeof(struct snarl_thread_row);
    if (!fits(writer, end - begin))
        return NULL;
    char *memory = MAP_FAILED;
    if (reserve(writer, begin, end - begin))
        memory = mmap(NULL, (size_t)(end - mapped), PROT_READ | PROT_WRITE, MAP_SHARED,
                      writer->descriptor, (off_t)mapped);
    if (memory == MAP_FAILED) {
        /* What was reserved would read as damage. */
        if (ftruncate(writer->descriptor, (off_t)begin) != 0)
            fail(writer, errno);
        return NULL;
    }
    struct snarl_fact_table *table = (struct snarl_fact_table *)(memory + (begin - mapped));
    table->rows_offset = (uint32_t)(rows - begin);
    table->row_count = SNARL_TABLE_ROWS;
    table->header.size = (uint32_t)(end - begin);
    table->header.kind = SNARL_FACT_TABLE;
    writer->size = end;
    return table;
}

void snarl_writer_close(struct snarl_writer *writer)
{
    if (writer->descriptor >= 0 && is_ours(writer, writer->descriptor))
        snarl_close(writer->descriptor);
    writer->descriptor = -1;
}

/* Gives up a file that could be opened but not made use of. */
static bool abandon(struct snarl_writer *writer, int error)
{
    snarl_writer_close(writer);
    return fail(writer, error);
}

/* Where the last whole fact ends; 0 if this is no recording. */
static uint64_t end_of_facts(int descriptor, uint64_t size)
{
    struct snarl_file_header file;
    if (pread(descriptor, &file, sizeof file, 0) != (ssize_t)sizeof file ||
        memcmp(file.magic, SNARL_RECORDING_MAGIC, sizeof file.magic) != 0 ||
        file.version != SNARL_RECORDING_VERSION || file.size < sizeof file || file.size > size)
        return 0;
    struct snarl_fact_header fact;
    uint64_t end = file.size;
    while (pread(descriptor, &fact, sizeof fact, (off_t)end) == (ssize_t)sizeof fact &&
           fact.size >= sizeof fact && fact.size % 8 == 0 && fact.size <= size - end)
        end += fact.size;
    return end;
}

bool snarl_writer_reopen(struct snarl_writer *writer, const char *path)
{
    memset(writer, 0, sizeof *writer);
    struct snarl_text text = snarl_text_over(writer->path, sizeof writer->path);
    snarl_text_add(&text, path);
    writer->descriptor = open(path, O_RDWR | O_CLOEXEC | O_NONBLOCK);
    if (writer->descriptor < 0)
        return fail(writer, errno);
    if (text.truncated || !remember(writer))
        return abandon(writer, text.truncated ? ENAMETOOLONG : errno);
    /* Nobody would read what stood behind a fact that the process was killed in the middle of. */
    uint64_t end = end_of_facts(writer->descriptor, writer->size);
    if (end == 0 || (end < writer->size && ftruncate(writer->descriptor, (off_t)end) != 0))
        return abandon(writer, end == 0 ? EINVAL : errno);
    writer->size = end;
    return true;
}
