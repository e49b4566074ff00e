#include "report/page.h"

#include <stdint.h>
#include <string.h>

#include "report/utf8.h"

struct snarl_page snarl_page_over(FILE *stream, unsigned width, bool colour,
                                  struct snarl_pool *pool)
{
    if (width == 0)
        width = SNARL_PAGE_USUAL_WIDTH;
    if (width < SNARL_PAGE_LEAST_WIDTH)
        width = SNARL_PAGE_LEAST_WIDTH;
    return (struct snarl_page){stream, width, colour, pool};
}

static void put_spaces(struct snarl_page *page, size_t count)
{
    for (; count > 0; count--)
        fputc(' ', page->stream);
}

static void put_styled(struct snarl_page *page, enum snarl_page_style style, const char *text,
                       size_t bytes)
{
    static const char *const escapes[] = {
        [SNARL_STYLE_PLAIN] = "",
        [SNARL_STYLE_BOLD] = "\033[1m",
        [SNARL_STYLE_BOLD_RED] = "\033[1;31m",
        [SNARL_STYLE_BOLD_YELLOW] = "\033[1;33m",
        [SNARL_STYLE_GREEN] = "\033[32m",
    };
    bool styled = page->colour && style != SNARL_STYLE_PLAIN;
    if (styled)
        fputs(escapes[style], page->stream);
    fwrite(text, 1, bytes, page->stream);
    if (styled)
        fputs("\033[0m", page->stream);
}

void snarl_page_gap(struct snarl_page *page)
{
    fputc('\n', page->stream);
}

/* Between a number and its unit: 21 ms stays in one piece. */
static bool is_before_unit(const char *text, const char *space)
{
    static const char *const units[] = {"ms", "s", "min", "h"};
    if (space == text || space[-1] < '0' || space[-1] > '9')
        return false;
    size_t length = 0;
    while (space[1 + length] >= 'a' && space[1 + length] <= 'z')
        length++;
    for (size_t index = 0; index < sizeof units / sizeof units[0]; index++)
        if (strlen(units[index]) == length && strncmp(space + 1, units[index], length) == 0)
            return true;
    return false;
}

/* The bytes of `text` that fit into `room` columns, broken at a space; at least one word. */
static size_t line_bytes(const char *text, size_t room)
{
    size_t fitting = 0;
    const char *limit = snarl_utf8_skip(text, room);
    for (const char *end = text;; end++) {
        end += strcspn(end, " ");
        if (*end == ' ' && is_before_unit(text, end))
            continue;
        if (end > limit && fitting > 0)
            return fitting;
        fitting = (size_t)(end - text);
        if (*end == '\0')
            return fitting;
    }
}

void snarl_page_paragraph(struct snarl_page *page, unsigned indent, unsigned hanging,
                          enum snarl_page_style style, const char *text)
{
    text = snarl_utf8_printable(page->pool, text);
    for (text += strspn(text, " "); *text != '\0'; text += strspn(text, " ")) {
        size_t bytes = line_bytes(text, page->width - indent);
        put_spaces(page, indent);
        put_styled(page, style, text, bytes);
        fputc('\n', page->stream);
        text += bytes;
        indent = hanging;
    }
}

void snarl_page_command(struct snarl_page *page, const char *what, const char *command)
{
    command = snarl_utf8_printable(page->pool, command);
    size_t columns = snarl_utf8_count(what) + 1 + snarl_utf8_count(command);
    put_spaces(page, SNARL_PAGE_MARGIN);
    fputs(what, page->stream);
    if (SNARL_PAGE_MARGIN + columns <= page->width) {
        fputc(' ', page->stream);
    } else {
        fputc('\n', page->stream);
        put_spaces(page, 2 * SNARL_PAGE_MARGIN);
    }
    fprintf(page->stream, "%s\n", command);
}

void snarl_page_headline(struct snarl_page *page, enum snarl_page_style style, const char *title,
                         const char *sentence, const char *tag)
{
    title = snarl_utf8_printable(page->pool, title);
    sentence = snarl_utf8_printable(page->pool, sentence);
    tag = tag != NULL ? snarl_utf8_printable(page->pool, tag) : "";
    size_t title_width = snarl_utf8_count(title);
    size_t tag_width = snarl_utf8_count(tag);
    size_t used = title_width + 2 + snarl_utf8_count(sentence);
    bool fits = used + (tag_width > 0 ? 2 + tag_width : 0) <= page->width;

    put_styled(page, style, title, strlen(title));
    if (fits) {
        put_spaces(page, 2);
        put_styled(page, SNARL_STYLE_BOLD, sentence, strlen(sentence));
    } else {
        used = title_width;
    }
    if (tag_width > 0) {
        put_spaces(page, used + 2 + tag_width <= page->width ? page->width - used - tag_width : 2);
        put_styled(page, SNARL_STYLE_PLAIN, tag, strlen(tag));
    }
    fputc('\n', page->stream);
    if (!fits)
        snarl_page_paragraph(page, SNARL_PAGE_MARGIN, SNARL_PAGE_MARGIN, SNARL_STYLE_BOLD,
                             sentence);
}
