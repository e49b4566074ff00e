#include "suite/lesson.h"

#include <stdbool.h>
#include <string.h>

#define MARK "<-- "

/* One line of text, not terminated. */
struct line {
    const char *text;
    size_t length;
};

static struct line without_end_blanks(struct line line)
{
    while (line.length > 0 && strchr(" \t\r", line.text[line.length - 1]))
        line.length--;
    return line;
}

static struct line next_line(const char **text)
{
    struct line line = {*text, strcspn(*text, "\n")};
    *text += line.length + ((*text)[line.length] == '\n');
    return without_end_blanks(line);
}

static size_t count_lines(const char *text)
{
    size_t count = 0;
    while (*text)
        next_line(&text), count++;
    return count;
}

static const char *copy(struct snarl_pool *pool, struct line line)
{
    return snarl_pool_format(pool, "%.*s", (int)line.length, line.text);
}

static unsigned blanks_of(struct line line)
{
    unsigned blanks = 0;
    while (blanks < line.length && line.text[blanks] == ' ')
        blanks++;
    return blanks;
}

/* A line of a block comment without what makes it one: "/", "*" and the blank behind that. */
static struct line bare_line(struct line line)
{
    size_t from = blanks_of(line);
    if (from < line.length && line.text[from] == '/')
        from++;
    while (from < line.length && line.text[from] == '*')
        from++;
    if (from < line.length && line.text[from] == ' ')
        from++;
    return (struct line){line.text + from, line.length - from};
}

/* Whether a paragraph's line begins a point of a list: "- ", or "1. ". */
static unsigned bullet_of(struct line line, unsigned blanks)
{
    const char *text = line.text + blanks;
    size_t length = line.length - blanks;
    if (length > 2 && (*text == '-' || *text == '*') && text[1] == ' ')
        return 2;
    size_t digits = 0;
    while (digits < length && text[digits] >= '0' && text[digits] <= '9')
        digits++;
    return digits && digits + 1 < length && text[digits] == '.' && text[digits + 1] == ' '
               ? (unsigned)digits + 2
               : 0;
}

/* The paragraph that is being read; none where `open` is false. */
struct paragraph {
    struct snarl_lesson *lesson;
    struct snarl_pool *pool;
    bool open;
};

static void add_to_comment(struct paragraph *paragraph, struct line line)
{
    struct snarl_lesson *lesson = paragraph->lesson;
    unsigned blanks = blanks_of(line), bullet = bullet_of(line, blanks);
    struct line words = {line.text + blanks, line.length - blanks};
    if (words.length == 0) {
        paragraph->open = false;
    } else if (!*lesson->title) {
        lesson->title = copy(paragraph->pool, words);
    } else if (paragraph->open && !bullet) {
        struct snarl_lesson_paragraph *last = &lesson->paragraphs[lesson->paragraph_count - 1];
        last->text = snarl_pool_format(paragraph->pool, "%s %.*s", last->text, (int)words.length,
                                       words.text);
    } else {
        lesson->paragraphs[lesson->paragraph_count++] =
            (struct snarl_lesson_paragraph){copy(paragraph->pool, words), blanks, blanks + bullet};
        paragraph->open = true;
    }
}

/* Reads the comment at the head. Returns how many lines it has, and where the text goes on. */
static size_t read_comment(struct snarl_lesson *lesson, const char **text, struct snarl_pool *pool)
{
    struct paragraph paragraph = {.lesson = lesson, .pool = pool};
    size_t lines = 0;
    if (strncmp(*text, "/*", 2) != 0)
        return 0;
    for (bool over = false; !over && **text; lines++) {
        struct line line = next_line(text);
        const char *end = memmem(line.text, line.length, "*/", 2);
        over = end != NULL;
        if (over)
            line.length = (size_t)(end - line.text);
        add_to_comment(&paragraph, bare_line(without_end_blanks(line)));
    }
    return lines;
}

static struct snarl_lesson_line read_line(struct line line, unsigned number,
                                          struct snarl_pool *pool)
{
    static const char *const openings[] = {"/* " MARK, "// " MARK};
    struct snarl_lesson_line read = {.number = number};
    for (size_t i = 0; i < sizeof openings / sizeof *openings && read.why == NULL; i++) {
        const char *mark = memmem(line.text, line.length, openings[i], strlen(openings[i]));
        if (mark == NULL)
            continue;
        struct line why = {mark + strlen(openings[i]), 0};
        why.length = (size_t)(line.text + line.length - why.text);
        const char *end = memmem(why.text, why.length, "*/", 2);
        why.length = end ? (size_t)(end - why.text) : why.length;
        read.why = copy(pool, without_end_blanks(why));
        line.length = (size_t)(mark - line.text);
        line = without_end_blanks(line);
    }
    read.code = copy(pool, line);
    return read;
}

void snarl_lesson_read(struct snarl_lesson *lesson, const char *text, struct snarl_pool *pool)
{
    *lesson = (struct snarl_lesson){.title = ""};
    size_t count = count_lines(text);
    lesson->paragraphs = snarl_pool_allocate(pool, count, sizeof *lesson->paragraphs);
    lesson->lines = snarl_pool_allocate(pool, count, sizeof *lesson->lines);
    unsigned number = (unsigned)read_comment(lesson, &text, pool);
    while (*text) {
        struct snarl_lesson_line line = read_line(next_line(&text), ++number, pool);
        if (*line.code || line.why || lesson->line_count > 0)
            lesson->lines[lesson->line_count++] = line;
    }
    while (lesson->line_count > 0 && !*lesson->lines[lesson->line_count - 1].code)
        lesson->line_count--;
}
