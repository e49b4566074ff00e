#include "schedule_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"

char *snarl_schedule_file_parse(struct snarl_schedule *schedule, const char *text)
{
    struct snarl_schedule_error error;
    char *copy = snarl_memory_string("%s", text);
    if (snarl_schedule_parse(schedule, copy, strlen(copy), &error))
        return copy;
    free(copy);
    return NULL;
}

bool snarl_schedule_file_write(const struct snarl_schedule *schedule, const char *path, char *error,
                               size_t error_size)
{
    char *buffer = snarl_memory_zeroed(SNARL_SCHEDULE_SIZE, 1);
    struct snarl_text text = snarl_text_over(buffer, SNARL_SCHEDULE_SIZE);
    snarl_schedule_write(schedule, &text);
    FILE *file = fopen(path, "we");
    bool written = file && fwrite(buffer, 1, text.length, file) == text.length;
    written = file && fclose(file) == 0 && written;
    if (!written)
        snprintf(error, error_size, "the schedule \"%s\" cannot be written: %s", path,
                 strerror(errno));
    free(buffer);
    return written;
}

/* Up to the most that a schedule may have, and one byte more. */
static char *read_all(const char *path, size_t *size)
{
    FILE *file = fopen(path, "re");
    if (!file)
        return NULL;
    char *text = snarl_memory_zeroed(SNARL_SCHEDULE_SIZE + 2, 1);
    *size = fread(text, 1, SNARL_SCHEDULE_SIZE + 1, file);
    bool good = !ferror(file);
    fclose(file);
    if (good)
        return text;
    free(text);
    return NULL;
}

/* What is wrong with the text of a schedule, with its line; NULL for nothing. To be freed. */
static char *wrong_with(char *text, size_t size)
{
    struct snarl_schedule_error error;
    if (size > SNARL_SCHEDULE_SIZE)
        return snarl_memory_string("1: too long for a schedule");
    struct snarl_schedule *schedule = snarl_memory_zeroed(1, sizeof *schedule);
    bool good = snarl_schedule_parse(schedule, text, size, &error);
    free(schedule);
    if (good)
        return NULL;
    return error.line ? snarl_memory_string("%u: %s", error.line, error.what)
                      : snarl_memory_string(" %s", error.what);
}

char *snarl_schedule_file_check(const char *path, char *error, size_t error_size)
{
    size_t size = 0;
    char *text = read_all(path, &size);
    char *absolute = text ? realpath(path, NULL) : NULL;
    if (!absolute) {
        snprintf(error, error_size, "the schedule \"%s\" cannot be read: %s", path,
                 strerror(errno));
        free(text);
        return NULL;
    }
    char *wrong = wrong_with(text, size);
    if (wrong)
        snprintf(error, error_size, "%s:%s", path, wrong);
    else if (strchr(absolute, ':'))
        snprintf(error, error_size, "\"%s\": a schedule cannot lie in a path with a colon", path);
    if (wrong || strchr(absolute, ':')) {
        free(absolute);
        absolute = NULL;
    }
    free(wrong);
    free(text);
    return absolute;
}
