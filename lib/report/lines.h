/*
 * Text files that people write and keep under version control, read line by line: where the next
 * line is that says something, and what is wrong with one.
 *
 * Pure; any thread. Costs one pass over the text.
 */
#ifndef SNARL_REPORT_LINES_H
#define SNARL_REPORT_LINES_H

#include <stdbool.h>
#include <stddef.h>

struct snarl_lines {
    const char *next; /* where the next line begins */
    const char *end;  /* of the text */
    unsigned number;  /* of the line that was read last, from 1 */
};

/* One line without the blanks at both of its ends; not terminated. */
struct snarl_line {
    const char *text;
    size_t length;
};

/* What is wrong with a file, for a complaint "FILE:LINE: WHAT "WORD"". */
struct snarl_file_error {
    unsigned line;            /* 0 where it is the file as a whole */
    const char *what;         /* static */
    char word[64];            /* what stands there; "" where that says nothing, cut where long */
    const char *const *right; /* what could stand there, ended by NULL; NULL where that is open */
};

/* Begins to read `size` bytes, which must stay. Returns false with `*error` set where they are no
 * text, or end in the middle of a line: such a file was cut short, and half a pattern matches more
 * than a whole one. */
bool snarl_lines_open(struct snarl_lines *lines, const char *text, size_t size,
                      struct snarl_file_error *error);

/* Reads the next line that is neither blank nor a comment, which begins with '#'. Returns false at
 * the end. */
bool snarl_lines_next(struct snarl_lines *lines, struct snarl_line *line);

/* Takes the first word off a line, and the blanks behind it. The word is empty at the end. */
struct snarl_line snarl_line_take_word(struct snarl_line *line);

bool snarl_line_is(struct snarl_line line, const char *text);

/* Fills in the error; `word` may be empty. Returns false, so that a parser can return it. */
bool snarl_file_error_set(struct snarl_file_error *error, unsigned line, const char *what,
                          struct snarl_line word, const char *const *right);

#endif
