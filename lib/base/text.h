/*
 * A bounded text buffer: what printf would do, without stdio, malloc or locale.
 *
 * The text is always terminated; what does not fit is cut off and `truncated` says so.
 * Async-signal-safe: no state but the caller's buffer.
 */
#ifndef SNARL_BASE_TEXT_H
#define SNARL_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct snarl_text {
    char *buffer;
    size_t size;   /* of the buffer, terminator included; at least 1 */
    size_t length; /* of the text, terminator excluded */
    bool truncated;
};

/* Makes an empty text over the caller's buffer of `size` >= 1 bytes. */
struct snarl_text snarl_text_over(char *buffer, size_t size);

void snarl_text_add(struct snarl_text *text, const char *string);
void snarl_text_add_bytes(struct snarl_text *text, const char *bytes, size_t count);
void snarl_text_add_char(struct snarl_text *text, char character);
void snarl_text_add_decimal(struct snarl_text *text, uint64_t number);

/* Lower-case hexadecimal without prefix, padded with zeros to at least `digits`. */
void snarl_text_add_hex(struct snarl_text *text, uint64_t number, unsigned digits);

#endif
