/*
 * What the source of a scenario teaches: the comment at its head, and its lines, of which some are
 * marked as those that matter.
 *
 * The comment is a block comment that the file begins with: its first line is the title, paragraphs
 * follow. A line matters that ends in a comment of the form "<-- why", in C's way or C++'s.
 *
 * Pure; any thread. What is made lives in the pool.
 */
#ifndef SNARL_SUITE_LESSON_H
#define SNARL_SUITE_LESSON_H

#include <stddef.h>

#include "report/pool.h"

/* Lines that belong together, as one; a point of a list is a paragraph that begins at a deeper
 * column than its text's later lines would be filled to. */
struct snarl_lesson_paragraph {
    const char *text;
    unsigned indent;  /* columns before its first line */
    unsigned hanging; /* ... and before the others */
};

struct snarl_lesson_line {
    unsigned number;  /* in the file, from 1 */
    const char *code; /* without the mark, and without blanks at its end */
    const char *why;  /* it matters; NULL where it does not */
};

struct snarl_lesson {
    const char *title; /* "" where the file begins with no comment */
    struct snarl_lesson_paragraph *paragraphs;
    size_t paragraph_count;
    struct snarl_lesson_line *lines; /* what follows the comment; no empty ones at either end */
    size_t line_count;
};

/* Reads the text of a source, terminated. */
void snarl_lesson_read(struct snarl_lesson *lesson, const char *text, struct snarl_pool *pool);

#endif
