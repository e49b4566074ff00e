#include "output.h"

#include <errno.h>
#include <string.h>

#include "complain.h"
#include "exit_status.h"

bool snarl_output_write(const char *path, bool (*write)(const void *what, FILE *stream),
                        const void *what)
{
    bool standard = !path || strcmp(path, "-") == 0;
    errno = 0;
    FILE *stream = standard ? stdout : fopen(path, "we");
    bool written = stream && write(what, stream);
    int error = errno;
    if (stream && !standard && fclose(stream) != 0) {
        written = false;
        error = errno;
    }
    if (!written)
        snarl_complain(SNARL_EXIT_TROUBLE, "cannot write \"%s\": %s",
                       standard ? "standard output" : path, strerror(error ? error : EIO));
    return written;
}
