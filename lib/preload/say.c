#include "preload/say.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/system.h"
#include "base/text.h"

static struct stat standard_error; /* as it was at the start */
static bool usable;

void snarl_say_start(void)
{
    int saved = errno;
    usable = fstat(STDERR_FILENO, &standard_error) == 0;
    errno = saved;
}

static bool is_still_there(void)
{
    struct stat now;
    return usable && fstat(STDERR_FILENO, &now) == 0 && now.st_dev == standard_error.st_dev &&
           now.st_ino == standard_error.st_ino;
}

void snarl_say(const char *first, const char *second, const char *third)
{
    const char *parts[] = {"snarl: ", first, second, third};
    char buffer[1024];
    struct snarl_text text = snarl_text_over(buffer, sizeof buffer - 1);
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        if (parts[i] != NULL)
            snarl_text_add(&text, parts[i]);
    buffer[text.length] = '\n'; /* in the byte kept back; no terminator needed */

    int saved = errno;
    ssize_t written = is_still_there() ? snarl_write(STDERR_FILENO, buffer, text.length + 1) : 0;
    (void)written;
    errno = saved;
}
