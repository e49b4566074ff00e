#include "report/page.h"

#include <stdint.h>
#include <string.h>

#include "report/utf8.h"

enum {
    CELL_GAP = 2,
    WIDEST_ALIGNED = 28, /* a wider cell pushes its own neighbour on, not everyone's */
};

/* For each number of cells in a row, how wide its columns are. */
struct columns {
    size_t widths[SNARL_ROW_CELLS + 1][SNARL_ROW_CELLS];
};

void snarl_block_add(struct snarl_page *page, struct snarl_block *block, unsigned indent,
                     const char *first, const char *second, const char *third)
{
    if (block->count == block->capacity) {
        block->capacity = 2 * block->capacity + 8;
        struct snarl_row *more = snarl_pool_allocate(page->pool, block->capacity, sizeof *more);
        for (size_t index = 0; index < block->count; index++)
            more[index] = block->rows[index];
        block->rows = more;
    }
    const char *cells[SNARL_ROW_CELLS] = {first, second, third};
    struct snarl_row *row = &block->rows[block->count++];
    *row = (struct snarl_row){.indent = indent};
    while (row->cell_count < SNARL_ROW_CELLS && cells[row->cell_count] != NULL) {
        row->cells[row->cell_count] = snarl_utf8_printable(page->pool, cells[row->cell_count]);
        row->cell_count++;
    }
}

static struct columns columns_of(const struct snarl_block *blocks, size_t count)
{
    struct columns columns = {0};
    for (size_t block = 0; block < count; block++) {
        for (size_t index = 0; index < blocks[block].count; index++) {
            const struct snarl_row *row = &blocks[block].rows[index];
            for (size_t cell = 0; cell < row->cell_count; cell++) {
                size_t width = snarl_utf8_count(row->cells[cell]);
                size_t *common = &columns.widths[row->cell_count][cell];
                if (width > *common && width <= WIDEST_ALIGNED)
                    *common = width;
            }
        }
    }
    return columns;
}

/* "a_very_long_function_name" in 12 columns: "a_very...ame". Keeps both ends, since the end of a
 * long C++ name says most. */
static const char *shorten(struct snarl_pool *pool, const char *text, size_t room)
{
    enum {
        DOTS = 3
    };
    size_t count = snarl_utf8_count(text);
    if (count <= room)
        return text;
    size_t tail = (room - DOTS) / 2;
    size_t head = room - DOTS - tail;
    return snarl_pool_format(pool, "%.*s...%s", (int)(snarl_utf8_skip(text, head) - text), text,
                             snarl_utf8_skip(text, count - tail));
}

/* The row as one line, its cells padded to the columns, without spaces at its end. */
static const char *row_line(struct snarl_pool *pool, const struct columns *columns,
                            const struct snarl_row *row)
{
    const char *line = "";
    size_t padding = row->indent;
    for (size_t cell = 0; cell < row->cell_count; cell++) {
        size_t width = snarl_utf8_count(row->cells[cell]);
        size_t column = columns->widths[row->cell_count][cell];
        if (width > 0) {
            line = snarl_pool_format(pool, "%s%*s%s", line, (int)padding, "", row->cells[cell]);
            padding = 0;
        }
        padding += (column > width ? column - width : 0) + CELL_GAP;
    }
    return line;
}

static size_t widest_cell(const struct snarl_row *row)
{
    size_t widest = 0;
    for (size_t cell = 1; cell < row->cell_count; cell++)
        if (snarl_utf8_count(row->cells[cell]) > snarl_utf8_count(row->cells[widest]))
            widest = cell;
    return widest;
}

/* The row in `room` columns: where it must, out of line with the others, then with its widest cells
 * shortened, none to less than a quarter. */
static const char *row_line_within(struct snarl_pool *pool, const struct columns *columns,
                                   const struct snarl_row *row, size_t room)
{
    static const struct columns unaligned;
    const char *line = row_line(pool, columns, row);
    if (snarl_utf8_count(line) <= room)
        return line;
    struct snarl_row narrower = *row;
    for (size_t shortened = 0;; shortened++) {
        line = row_line(pool, &unaligned, &narrower);
        size_t width = snarl_utf8_count(line);
        if (width <= room || shortened == row->cell_count)
            return line;
        const char **cell = &narrower.cells[widest_cell(&narrower)];
        size_t kept = snarl_utf8_count(*cell);
        size_t excess = width - room;
        *cell = shorten(pool, *cell, kept > excess + room / 4 ? kept - excess : room / 4);
    }
}

/* The block's lines, and in `widest` the columns that they need. */
static const char **block_lines(struct snarl_pool *pool, const struct columns *columns,
                                const struct snarl_block *block, size_t room, size_t *widest)
{
    const char **lines = snarl_pool_allocate(pool, block->count, sizeof *lines);
    *widest = 0;
    for (size_t index = 0; index < block->count; index++) {
        lines[index] = row_line_within(pool, columns, &block->rows[index], room);
        size_t width = snarl_utf8_count(lines[index]);
        if (width > *widest)
            *widest = width;
    }
    return lines;
}

static void put_block(struct snarl_page *page, const struct columns *columns,
                      const struct snarl_block *block)
{
    size_t widest;
    const char **lines =
        block_lines(page->pool, columns, block, page->width - SNARL_PAGE_MARGIN, &widest);
    for (size_t index = 0; index < block->count; index++)
        fprintf(page->stream, "%*s%s\n", SNARL_PAGE_MARGIN, "", lines[index]);
}

/* Writes both if they fit side by side; else writes nothing and returns false. */
static bool put_pair(struct snarl_page *page, const struct columns *columns,
                     const struct snarl_block *left, const struct snarl_block *right)
{
    size_t left_width, right_width;
    const char **left_lines = block_lines(page->pool, columns, left, SIZE_MAX, &left_width);
    const char **right_lines = block_lines(page->pool, columns, right, SIZE_MAX, &right_width);
    size_t start = page->width / 2 - 1;
    if (start < SNARL_PAGE_MARGIN + left_width + CELL_GAP)
        start = SNARL_PAGE_MARGIN + left_width + CELL_GAP;
    if (start + right_width > page->width)
        return false;
    for (size_t index = 0; index < left->count || index < right->count; index++) {
        const char *text = index < left->count ? left_lines[index] : "";
        fprintf(page->stream, "%*s%s", SNARL_PAGE_MARGIN, "", text);
        if (index < right->count)
            fprintf(page->stream, "%*s%s",
                    (int)(start - SNARL_PAGE_MARGIN - snarl_utf8_count(text)), "",
                    right_lines[index]);
        fputc('\n', page->stream);
    }
    return true;
}

void snarl_page_blocks(struct snarl_page *page, const struct snarl_block *blocks, size_t count)
{
    struct columns columns = columns_of(blocks, count);
    for (size_t index = 0; index < count; index += 2) {
        static const struct snarl_block none;
        const struct snarl_block *left = &blocks[index];
        const struct snarl_block *right = index + 1 < count ? &blocks[index + 1] : &none;
        if (index > 0)
            snarl_page_gap(page);
        if (right->count > 0 && put_pair(page, &columns, left, right))
            continue;
        put_block(page, &columns, left);
        if (left->count > 0 && right->count > 0)
            snarl_page_gap(page);
        put_block(page, &columns, right);
    }
}
