/*
 * Text from the program under watch: it may hold any bytes at all. Pure functions; any thread.
 */
#ifndef SNARL_REPORT_UTF8_H
#define SNARL_REPORT_UTF8_H

#include <stddef.h>
#include <stdint.h>

#include "report/pool.h"

enum {
    SNARL_UTF8_ILL_FORMED = -1,
};

/* The code point that `text` (not empty) begins with and, in `length`, its bytes; for an
 * ill-formed sequence SNARL_UTF8_ILL_FORMED and the bytes that a decoder skips as one (Unicode's
 * "maximal subpart"). */
int32_t snarl_utf8_next(const char *text, size_t *length);

/* How many code points; ill-formed sequences count as one each. */
size_t snarl_utf8_count(const char *text);

/* Where the code point with this index begins, or the end of the text if it has fewer. */
const char *snarl_utf8_skip(const char *text, size_t count);

/* A copy in which ill-formed sequences are U+FFFD: what JSON can carry. */
const char *snarl_utf8_repair(struct snarl_pool *pool, const char *text);

/* A copy that is safe on a terminal: ill-formed sequences, control characters (escapes, newlines)
 * and those that turn the direction of writing are '?'. */
const char *snarl_utf8_printable(struct snarl_pool *pool, const char *text);

#endif
