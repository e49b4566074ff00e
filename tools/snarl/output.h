/* What a subcommand writes to the file that --output names. */
#ifndef SNARL_OUTPUT_H
#define SNARL_OUTPUT_H

#include <stdbool.h>
#include <stdio.h>

/* Calls `write` with the file at `path`, truncated; NULL and "-" are standard output. `write`
 * returns false where the stream failed. Returns false after a complaint. */
bool snarl_output_write(const char *path, bool (*write)(const void *what, FILE *stream),
                        const void *what);

#endif
