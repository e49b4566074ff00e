#include "report/lines.h"

#include <string.h>

static bool is_blank(char character)
{
    return character == ' ' || character == '\t' || character == '\r';
}

bool snarl_file_error_set(struct snarl_file_error *error, unsigned line, const char *what,
                          struct snarl_line word, const char *const *right)
{
    *error = (struct snarl_file_error){.line = line, .what = what, .right = right};
    size_t length = word.length < sizeof error->word ? word.length : sizeof error->word - 1;
    if (length > 0)
        memcpy(error->word, word.text, length);
    for (size_t index = 0; index < length; index++)
        if ((unsigned char)error->word[index] < ' ' || error->word[index] == '\177')
            error->word[index] = '?';
    return false;
}

bool snarl_lines_open(struct snarl_lines *lines, const char *text, size_t size,
                      struct snarl_file_error *error)
{
    *lines = (struct snarl_lines){.next = text, .end = text + size};
    unsigned number = 1;
    for (size_t index = 0; index < size; index++) {
        if (text[index] == '\0')
            return snarl_file_error_set(error, number, "this is no text", (struct snarl_line){0},
                                        NULL);
        number += text[index] == '\n';
    }
    if (size > 0 && text[size - 1] != '\n')
        return snarl_file_error_set(
            error, number,
            "the file ends in the middle of a line (was it cut short? else end the line)",
            (struct snarl_line){0}, NULL);
    return true;
}

bool snarl_lines_next(struct snarl_lines *lines, struct snarl_line *line)
{
    while (lines->next < lines->end) {
        const char *first = lines->next;
        const char *last = memchr(first, '\n', (size_t)(lines->end - first));
        lines->next = last + 1;
        lines->number++;
        while (first < last && is_blank(*first))
            first++;
        while (first < last && is_blank(last[-1]))
            last--;
        if (first == last || *first == '#')
            continue;
        *line = (struct snarl_line){first, (size_t)(last - first)};
        return true;
    }
    return false;
}

struct snarl_line snarl_line_take_word(struct snarl_line *line)
{
    struct snarl_line word = {line->text, 0};
    while (word.length < line->length && !is_blank(line->text[word.length]))
        word.length++;
    size_t taken = word.length;
    while (taken < line->length && is_blank(line->text[taken]))
        taken++;
    line->text += taken;
    line->length -= taken;
    return word;
}

bool snarl_line_is(struct snarl_line line, const char *text)
{
    return strlen(text) == line.length && memcmp(line.text, text, line.length) == 0;
}
