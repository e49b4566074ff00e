#include "base/text.h"

#include <string.h>

struct snarl_text snarl_text_over(char *buffer, size_t size)
{
    buffer[0] = '\0';
    return (struct snarl_text){.buffer = buffer, .size = size, .length = 0, .truncated = false};
}

void snarl_text_add_bytes(struct snarl_text *text, const char *bytes, size_t count)
{
    size_t room = text->size - 1 - text->length;
    if (count > room) {
        count = room;
        text->truncated = true;
    }
    memcpy(text->buffer + text->length, bytes, count);
    text->length += count;
    text->buffer[text->length] = '\0';
}

void snarl_text_add(struct snarl_text *text, const char *string)
{
    snarl_text_add_bytes(text, string, strlen(string));
}

void snarl_text_add_char(struct snarl_text *text, char character)
{
    snarl_text_add_bytes(text, &character, 1);
}

static void add_number(struct snarl_text *text, uint64_t number, unsigned base, unsigned digits)
{
    char reversed[64];
    unsigned count = 0;
    do {
        reversed[count++] = "0123456789abcdef"[number % base];
        number /= base;
    } while (number != 0 || count < digits);
    while (count > 0)
        snarl_text_add_char(text, reversed[--count]);
}

void snarl_text_add_decimal(struct snarl_text *text, uint64_t number)
{
    add_number(text, number, 10, 1);
}

void snarl_text_add_hex(struct snarl_text *text, uint64_t number, unsigned digits)
{
    add_number(text, number, 16, digits > 64 ? 64 : digits);
}
