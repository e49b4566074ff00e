/*
 * Layout for a terminal: paragraphs wrapped at the width, and blocks of rows in aligned columns,
 * two of them side by side where they fit. Knows of text and columns only, nothing of reports.
 *
 * Every string handed in is made safe to print first, so columns are counted in what is shown: one
 * for each code point. Escapes are written here only, and only if `colour`; without them the text
 * is the same. Not thread-safe: one page per writer.
 */
#ifndef SNARL_REPORT_PAGE_H
#define SNARL_REPORT_PAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "report/pool.h"

enum {
    SNARL_PAGE_USUAL_WIDTH = 80,
    SNARL_PAGE_LEAST_WIDTH = 60,
    SNARL_PAGE_MARGIN = 2, /* columns left of a block */
    SNARL_ROW_CELLS = 3,
};

enum snarl_page_style {
    SNARL_STYLE_PLAIN,
    SNARL_STYLE_BOLD,
    SNARL_STYLE_BOLD_RED,
    SNARL_STYLE_BOLD_YELLOW,
    SNARL_STYLE_GREEN,
};

struct snarl_page {
    FILE *stream;
    unsigned width; /* columns */
    bool colour;
    struct snarl_pool *pool; /* for what is being laid out */
};

/* Rows of one cell are headings; rows of two cells align with each other, and so do rows of three.
 */
struct snarl_row {
    const char *cells[SNARL_ROW_CELLS];
    size_t cell_count;
    unsigned indent; /* columns */
};

/* Zeros are an empty block. */
struct snarl_block {
    struct snarl_row *rows;
    size_t count;
    size_t capacity;
};

/* `width` 0 is the usual one; a narrower one than the least becomes the least. */
struct snarl_page snarl_page_over(FILE *stream, unsigned width, bool colour,
                                  struct snarl_pool *pool);

/* An empty line. */
void snarl_page_gap(struct snarl_page *page);

/* Words wrapped at the width; the first line starts at column `indent`, later ones at `hanging`. A
 * word that is wider than the page stays whole, so that a long path can be copied. */
void snarl_page_paragraph(struct snarl_page *page, unsigned indent, unsigned hanging,
                          enum snarl_page_style style, const char *text);

/* "What it does: command" on one line at the margin; where that is too much the command stands
 * whole on the next one, however long it is, so that it can be copied. */
void snarl_page_command(struct snarl_page *page, const char *what, const char *command);

/* "TITLE  sentence      tag" on one line with the tag to the right, or where that is too much, the
 * sentence below. `tag` may be NULL. */
void snarl_page_headline(struct snarl_page *page, enum snarl_page_style style, const char *title,
                         const char *sentence, const char *tag);

/* Adds a row of as many cells as come before the first NULL; an empty cell is one, too. The block's
 * memory is the page's pool's. */
void snarl_block_add(struct snarl_page *page, struct snarl_block *block, unsigned indent,
                     const char *first, const char *second, const char *third);

/* Writes the blocks two by two, 0 beside 1, 2 beside 3, with empty lines between the pairs; a pair
 * that is too wide, one below the other. An empty block leaves its place empty. All of them share
 * their columns. What is too wide even so is shortened in its middle. */
void snarl_page_blocks(struct snarl_page *page, const struct snarl_block *blocks, size_t count);

#endif
