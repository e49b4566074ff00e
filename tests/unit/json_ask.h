/* Reports as JSON, read back and compared. All of it fails the test at hand rather than return an
 * error. */
#ifndef SNARL_JSON_ASK_H
#define SNARL_JSON_ASK_H

#include <jansson.h>
#include <stddef.h>

#include "report/format.h"

extern const struct snarl_format_options json_usual; /* no peculiarities */

/* What the format writes for the report, which is freed; the caller frees the object. */
json_t *json_read_back(struct snarl_report *report, const struct snarl_format_options *options);

/* Compares with JSON written in place; the strings in it are quoted by '. */
void json_is(const json_t *value, const char *expected);

/* An object has these keys, in this order, and no others. */
#define JSON_KEYS(object, ...)                                                                     \
    json_keys_are(object, (const char *const[]){__VA_ARGS__},                                      \
                  sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))
void json_keys_are(json_t *object, const char *const *keys, size_t count);

#endif
