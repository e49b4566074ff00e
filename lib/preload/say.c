#include "preload/say.h"

#include <errno.h>
#include <stddef.h>
#include <unistd.h>

#include "base/text.h"

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
    ssize_t written = write(STDERR_FILENO, buffer, text.length + 1);
    (void)written;
    errno = saved;
}
