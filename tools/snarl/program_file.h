/*
 * What kind of file a program is: as much of it as decides whether a preload reaches it.
 *
 * Reads the first bytes and, for ELF, the program headers; believes none of them.
 */
#ifndef SNARL_PROGRAM_FILE_H
#define SNARL_PROGRAM_FILE_H

#include <stdbool.h>

enum snarl_program_kind {
    SNARL_PROGRAM_ELF,    /* dynamically linked, for this machine */
    SNARL_PROGRAM_SCRIPT, /* begins with #! */
    SNARL_PROGRAM_TEXT,   /* anything else: execvp(3) hands it to /bin/sh */
};

enum {
    SNARL_SCRIPT_LINE = 256, /* as much of a #! line as the kernel reads */
};

struct snarl_program_file {
    enum snarl_program_kind kind;
    char interpreter[SNARL_SCRIPT_LINE]; /* of a script */
    char argument[SNARL_SCRIPT_LINE];    /* the rest of its #! line; may be empty */
    const char *trouble;                 /* why it cannot be watched; a static string */
};

/* Returns false, with `trouble`, where the file cannot be watched. */
bool snarl_program_file_read(const char *path, struct snarl_program_file *file);

#endif
