#include "recording/reader.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Whether `count` items of `item_size` fit behind the fixed part of a fact. */
static bool array_fits(const struct snarl_fact_header *fact, size_t fixed, uint64_t count,
                       size_t item_size)
{
    return count <= (fact->size - fixed) / item_size;
}

/* Whether `size` bytes behind the fixed part hold at least `count` terminated strings. */
static bool strings_fit(const struct snarl_fact_header *fact, size_t fixed, uint64_t size,
                        uint64_t count)
{
    if (!array_fits(fact, fixed, size, 1))
        return false;
    const char *strings = (const char *)fact + fixed;
    uint64_t found = 0;
    for (uint64_t i = 0; i < size; i++)
        found += strings[i] == '\0';
    return found >= count && (size == 0 || strings[size - 1] == '\0');
}

static bool check_process(const struct snarl_fact_process *fact)
{
    uint64_t strings = 2 + (uint64_t)fact->argument_count + fact->environment_count;
    return strings_fit(&fact->header, sizeof *fact, fact->strings_size, strings);
}

static bool check_calls(const struct snarl_fact_calls *fact)
{
    return strings_fit(&fact->header, sizeof *fact, fact->strings_size, fact->count);
}

static bool check_module(const struct snarl_fact_module *fact)
{
    return fact->build_id_size <= sizeof fact->build_id && fact->start <= fact->end &&
           strings_fit(&fact->header, offsetof(struct snarl_fact_module, path), fact->path_size, 1);
}

static bool check_stack(const struct snarl_fact_stack *fact)
{
    return array_fits(&fact->header, sizeof *fact, fact->count, sizeof fact->address[0]);
}

static bool check_thread(const struct snarl_fact_thread *fact)
{
    return array_fits(&fact->header, sizeof *fact, fact->held_count, sizeof fact->held[0]);
}

static bool check_thread_name(const struct snarl_fact_thread_name *fact)
{
    return memchr(fact->name, '\0', sizeof fact->name) != NULL;
}

static bool check_dependency(const struct snarl_fact_dependency *fact)
{
    return fact->held_count >= 1 &&
           array_fits(&fact->header, sizeof *fact, fact->held_count, sizeof fact->held[0]);
}

static bool check_deadlock(const struct snarl_fact_deadlock *fact)
{
    size_t left = fact->header.size - sizeof *fact;
    const char *next = (const char *)fact->steps;
    for (uint32_t i = 0; i < fact->count; i++) {
        const struct snarl_deadlock_step *step = (const void *)next;
        if (left < sizeof *step)
            return false;
        left -= sizeof *step;
        if (step->held_count > left / sizeof step->held[0])
            return false;
        left -= step->held_count * sizeof step->held[0];
        next += sizeof *step + step->held_count * sizeof step->held[0];
    }
    return fact->count >= 1;
}

static bool check_table(const struct snarl_fact_table *fact)
{
    if (fact->rows_offset < sizeof *fact || fact->rows_offset % 8 != 0 ||
        fact->rows_offset > fact->header.size)
        return false;
    return array_fits(&fact->header, fact->rows_offset, fact->row_count,
                      sizeof(struct snarl_thread_row));
}

static bool check_join_held(const struct snarl_fact_join_held *fact)
{
    return array_fits(&fact->header, sizeof *fact, fact->count, sizeof fact->held[0]);
}

static bool check_start(const struct snarl_fact_start *fact)
{
    return strings_fit(&fact->header, offsetof(struct snarl_fact_start, path), fact->path_size, 1);
}

static bool check_lock_name(const struct snarl_fact_lock_name *fact)
{
    return strings_fit(&fact->header, sizeof *fact, fact->name_size, 1);
}

static bool check_thread_stack(const struct snarl_fact_thread_stack *fact)
{
    return array_fits(&fact->header, sizeof *fact, fact->count, sizeof fact->address[0]);
}

/* Facts of fixed size: nothing more to check. */
#define check_thread_end(fact) ((void)(fact), true)
#define check_join(fact) ((void)(fact), true)
#define check_lock(fact) ((void)(fact), true)
#define check_segment(fact) ((void)(fact), true)
#define check_start_failed(fact) ((void)(fact), true)
#define check_loss(fact) ((void)(fact), true)
#define check_end(fact) ((void)(fact), true)
#define check_lock_change(fact) ((void)(fact), true)
#define check_wake(fact) ((void)(fact), true)
#define check_misuse(fact) ((void)(fact), true)
#define check_asleep(fact) ((void)(fact), true)
#define check_like(fact) ((void)(fact), true)
#define check_arrival(fact) ((void)(fact), true)
#define check_found_done(fact) ((void)(fact), true)
#define check_hand_off(fact) ((void)(fact), true)
#define check_shape(fact) ((void)(fact), true)
#define check_run(fact) ((void)(fact), true)
#define check_identity(fact) ((void)(fact), true)
#define check_chaos(fact) ((void)(fact), true)
#define check_steered(fact) ((void)(fact), true)
#define check_event(fact) ((void)(fact), true)

static bool check_race(const struct snarl_fact_race *fact)
{
    return fact->size >= 1 && fact->size <= 8 && fact->sides[0].held_count <= SNARL_RACE_HELD &&
           fact->sides[1].held_count <= SNARL_RACE_HELD;
}

enum verdict {
    GOOD,
    DAMAGED,
    UNKNOWN
};

static enum verdict check(const struct snarl_fact_header *fact)
{
    switch (fact->kind) {
#define FACT(identifier, number, name)                                                             \
    case SNARL_FACT_##identifier: {                                                                \
        size_t least = sizeof(struct snarl_fact_##name);                                           \
        const struct snarl_fact_##name *whole = (const void *)fact;                                \
        return fact->size >= least && check_##name(whole) ? GOOD : DAMAGED;                        \
    }
        SNARL_FACTS(FACT)
#undef FACT
    default:
        return UNKNOWN;
    }
}

static bool complain(struct snarl_reader *reader, char *error, size_t error_size, const char *path,
                     const char *reason)
{
    snprintf(error, error_size, "%s: %s", path, reason);
    snarl_reader_close(reader);
    return false;
}

static const char *read_all(struct snarl_reader *reader, const char *path)
{
    int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    struct stat status;
    if (descriptor < 0)
        return strerror(errno);
    const char *trouble = NULL;
    if (fstat(descriptor, &status) != 0)
        trouble = strerror(errno);
    else if (!S_ISREG(status.st_mode))
        trouble = "not a file";
    else if ((reader->memory = malloc((size_t)status.st_size + 8)) == NULL)
        trouble = "too large for memory";
    while (trouble == NULL && reader->size < (size_t)status.st_size) {
        ssize_t count = read(descriptor, (char *)reader->memory + reader->size,
                             (size_t)status.st_size - reader->size);
        if (count < 0)
            trouble = strerror(errno);
        if (count <= 0)
            break;
        reader->size += (size_t)count;
    }
    close(descriptor);
    return trouble;
}

bool snarl_reader_open(struct snarl_reader *reader, const char *path, char *error,
                       size_t error_size)
{
    memset(reader, 0, sizeof *reader);
    const char *trouble = read_all(reader, path);
    if (trouble != NULL)
        return complain(reader, error, error_size, path, trouble);
    if (reader->size == 0)
        return complain(reader, error, error_size, path, "empty, not a recording");

    const struct snarl_file_header *header = reader->memory;
    size_t magic = sizeof header->magic;
    if (memcmp(header->magic, SNARL_RECORDING_MAGIC, reader->size < magic ? reader->size : magic))
        return complain(reader, error, error_size, path, "not a recording of snarl's");
    if (reader->size < sizeof *header)
        return complain(reader, error, error_size, path, "cut off within its header");
    if (header->version != SNARL_RECORDING_VERSION) {
        snprintf(error, error_size,
                 "%s: a recording of version %u, by %s snarl; this one reads version %u", path,
                 header->version,
                 header->version < SNARL_RECORDING_VERSION ? "an older" : "a newer",
                 (unsigned)SNARL_RECORDING_VERSION);
        snarl_reader_close(reader);
        return false;
    }
    if (header->size < sizeof *header || header->size % 8 != 0 || header->size > reader->size)
        return complain(reader, error, error_size, path, "damaged header");
    reader->header = header;
    snarl_reader_rewind(reader);
    return true;
}

void snarl_reader_rewind(struct snarl_reader *reader)
{
    reader->position = reader->header->size;
    reader->lost = 0;
}

const struct snarl_fact_header *snarl_reader_next(struct snarl_reader *reader)
{
    for (;;) {
        size_t left = reader->size - reader->position;
        const struct snarl_fact_header *fact =
            (const void *)((const char *)reader->memory + reader->position);
        enum verdict verdict = DAMAGED;
        if (left >= sizeof *fact && fact->size >= sizeof *fact && fact->size % 8 == 0 &&
            fact->size <= left)
            verdict = check(fact);
        if (verdict == DAMAGED) {
            reader->lost = left;
            return NULL;
        }
        reader->position += fact->size;
        if (verdict == GOOD)
            return fact;
    }
}

void snarl_reader_close(struct snarl_reader *reader)
{
    free(reader->memory);
    memset(reader, 0, sizeof *reader);
}

const struct snarl_thread_row *snarl_reader_row(const struct snarl_fact_table *table,
                                                uint32_t index)
{
    const char *rows = (const char *)table + table->rows_offset;
    return (const struct snarl_thread_row *)(const void *)rows + index;
}

const char *snarl_reader_string_after(const char *string)
{
    return string + strlen(string) + 1;
}

const struct snarl_deadlock_step *
snarl_reader_first_step(const struct snarl_fact_deadlock *deadlock)
{
    return (const void *)deadlock->steps;
}

const struct snarl_deadlock_step *snarl_reader_step_after(const struct snarl_deadlock_step *step)
{
    return (const void *)&step->held[step->held_count];
}

const char *snarl_loss_words(uint32_t loss)
{
    static const char *const words[] = {
#define LOSS(identifier, text) text,
        SNARL_LOSSES(LOSS)
#undef LOSS
    };
    return loss < SNARL_LOSS_KINDS ? words[loss] : "something that this snarl has no word for";
}
