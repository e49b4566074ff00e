#include "json_ask.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "report_sample.h"

json_t *json_read_back(struct snarl_report *report, const struct snarl_format_options *options)
{
    char *text = sample_written("json", report, options);
    snarl_report_free(report);
    json_error_t error;
    json_t *object = json_loads(text, JSON_REJECT_DUPLICATES, &error);
    if (object == NULL)
        fail_msg("line %d: %s in\n%s", error.line, error.text, text);
    free(text);
    return object;
}

const struct snarl_format_options json_usual;

void json_is(const json_t *value, const char *expected)
{
    char *quoted = strdup(expected);
    for (char *at = quoted; *at != '\0'; at++)
        if (*at == '\'')
            *at = '"';
    json_error_t error;
    json_t *wanted = json_loads(quoted, JSON_DECODE_ANY, &error);
    if (wanted == NULL)
        fail_msg("%s in %s", error.text, quoted);
    if (!json_equal(value, wanted)) {
        char *actual = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
        fail_msg("expected %s\n but got %s", quoted, actual);
    }
    json_decref(wanted);
    free(quoted);
}

void json_keys_are(json_t *object, const char *const *keys, size_t count)
{
    assert_int_equal(json_object_size(object), count);
    size_t index = 0;
    const char *key;
    json_t *value;
    json_object_foreach(object, key, value) assert_string_equal(key, keys[index++]);
}
