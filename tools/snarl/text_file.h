/* Files that users write or keep: read whole, and complained of by file and line. */
#ifndef SNARL_TEXT_FILE_H
#define SNARL_TEXT_FILE_H

#include <stddef.h>

#include "report/lines.h"

/* All of a file, terminated, to be freed; its size without the terminator. "-" is standard input.
 * NULL after a complaint. */
char *snarl_text_file_read(const char *path, size_t *size);

/* Says what is wrong with the file, where, and what could be meant. Returns 125. */
int snarl_text_file_complain(const char *path, const struct snarl_file_error *error);

#endif
