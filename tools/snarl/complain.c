#include "complain.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "exit_status.h"

int snarl_complain(int status, const char *format, ...)
{
    char line[4096];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    fflush(stdout);
    fprintf(stderr, "snarl: error: %s\n", line);
    return status;
}

int snarl_complain_unknown(const char *what, const struct snarl_nearest *nearest,
                           const char *otherwise)
{
    if (nearest->best)
        return snarl_complain(SNARL_EXIT_TROUBLE, "unknown %s \"%s\" (did you mean \"%s\"?)", what,
                              nearest->word, nearest->best);
    return snarl_complain(SNARL_EXIT_TROUBLE, "unknown %s \"%s\" (%s)", what, nearest->word,
                          otherwise);
}
