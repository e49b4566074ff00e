#include "analysis/manifest.h"

#include <jansson.h>
#include <regex.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SCHEMA "snarl-manifest/1"

/* Where the reader stands, for the one line that tells what is wrong. The first error is kept, and
 * whoever reads on after it reads nothing but zeros. */
struct reading {
    const char *path;
    size_t scenario; /* as people count; 0 outside of any */
    char *error;
    size_t error_size;
    bool failed;
};

__attribute__((format(printf, 2, 3))) static void fail(struct reading *reading, const char *format,
                                                       ...)
{
    if (reading->failed)
        return;
    reading->failed = true;

    char place[32] = "";
    if (reading->scenario > 0)
        snprintf(place, sizeof place, "scenario %zu: ", reading->scenario);
    char what[256];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(what, sizeof what, format, arguments);
    va_end(arguments);
    snprintf(reading->error, reading->error_size, "%s: %s%s", reading->path, place, what);
}

static void *allocate(struct reading *reading, size_t count, size_t size)
{
    void *memory = calloc(count, size);
    if (memory == NULL)
        fail(reading, "out of memory");
    return memory;
}

/* The member `key` of the object that is called `within` ("" or "expect."); NULL, with an error,
 * where it is missing. */
static json_t *member(struct reading *reading, const json_t *object, const char *within,
                      const char *key)
{
    json_t *value = json_object_get(object, key);
    if (value == NULL)
        fail(reading, "\"%s%s\" is missing", within, key);
    return value;
}

static void expect_type(struct reading *reading, bool right, const char *within, const char *key,
                        const char *type)
{
    if (!right)
        fail(reading, "\"%s%s\" must be %s", within, key, type);
}

static const char *read_string(struct reading *reading, const json_t *object, const char *within,
                               const char *key)
{
    const json_t *value = member(reading, object, within, key);
    expect_type(reading, json_string_length(value) > 0, within, key, "a string that is not empty");
    return json_string_value(value);
}

static const char *read_string_or_null(struct reading *reading, const json_t *object,
                                       const char *within, const char *key)
{
    const json_t *value = member(reading, object, within, key);
    if (json_is_null(value))
        return NULL;
    expect_type(reading, json_string_length(value) > 0, within, key, "a string or null");
    return json_string_value(value);
}

static bool read_flag(struct reading *reading, const json_t *object, const char *within,
                      const char *key)
{
    const json_t *value = member(reading, object, within, key);
    expect_type(reading, json_is_boolean(value), within, key, "true or false");
    return json_is_true(value);
}

static int read_exit_code(struct reading *reading, const json_t *object, const char *within,
                          const char *key)
{
    const json_t *value = member(reading, object, within, key);
    json_int_t code = json_integer_value(value);
    expect_type(reading, json_is_integer(value) && code >= 0 && code <= UINT8_MAX, within, key,
                "a number from 0 to 255");
    return (int)code;
}

/* A list of strings, ended by NULL. */
static const char **read_strings(struct reading *reading, const json_t *object, const char *within,
                                 const char *key, size_t *count)
{
    const json_t *list = member(reading, object, within, key);
    expect_type(reading, json_is_array(list), within, key, "a list of strings");
    size_t size = json_array_size(list);
    const char **strings = allocate(reading, size + 1, sizeof *strings);
    if (strings == NULL)
        return NULL;
    for (size_t index = 0; index < size; index++) {
        strings[index] = json_string_value(json_array_get(list, index));
        expect_type(reading, strings[index] != NULL, within, key, "a list of strings");
    }
    *count = size;
    return strings;
}

static enum snarl_finding_kind kind_by_name(const char *name)
{
    enum snarl_finding_kind kind = 0;
    while (kind < SNARL_FINDING_KINDS && strcmp(snarl_finding_name(kind), name) != 0)
        kind++;
    return kind;
}

static struct snarl_scenario_kinds read_kinds(struct reading *reading, const json_t *object,
                                              const char *within, const char *key)
{
    struct snarl_scenario_kinds kinds = {0};
    size_t count = 0;
    const char **names = read_strings(reading, object, within, key, &count);
    kinds.kinds = allocate(reading, count + 1, sizeof *kinds.kinds);
    for (size_t index = 0; index < count && !reading->failed; index++) {
        enum snarl_finding_kind kind = kind_by_name(names[index]);
        if (kind == SNARL_FINDING_KINDS)
            fail(reading, "\"%s%s\" has an unknown kind \"%s\"", within, key, names[index]);
        for (size_t earlier = 0; earlier < kinds.count; earlier++)
            if (kinds.kinds[earlier] == kind)
                fail(reading, "\"%s%s\" has \"%s\" twice", within, key, names[index]);
        kinds.kinds[kinds.count++] = kind;
    }
    free(names);
    return kinds;
}

static void check_expression(struct reading *reading, const char *expression)
{
    regex_t compiled;
    if (expression == NULL)
        return;
    int trouble = regcomp(&compiled, expression, REG_EXTENDED | REG_NOSUB);
    if (trouble == 0) {
        regfree(&compiled);
        return;
    }
    char reason[128];
    regerror(trouble, &compiled, reason, sizeof reason);
    fail(reading, "\"expect.output\" is no regular expression: %s", reason);
}

static void read_expectation(struct reading *reading, struct snarl_scenario *scenario,
                             const json_t *row)
{
    const json_t *expect = member(reading, row, "", "expect");
    expect_type(reading, json_is_object(expect), "", "expect", "an object");
    scenario->expect.snarl = read_kinds(reading, expect, "expect.", "snarl");
    scenario->expect.thread_sanitizer = read_kinds(reading, expect, "expect.", "thread_sanitizer");
    scenario->expect.output = read_string_or_null(reading, expect, "expect.", "output");
    scenario->expect.ends = read_flag(reading, expect, "expect.", "ends");
    scenario->expect.exit_code = read_exit_code(reading, expect, "expect.", "exit_code");
    check_expression(reading, scenario->expect.output);
}

static void read_scenario(struct reading *reading, struct snarl_scenario *scenario,
                          const json_t *row)
{
    if (!json_is_object(row)) {
        fail(reading, "must be an object");
        return;
    }
    scenario->name = read_string(reading, row, "", "name");
    scenario->lesson = read_string(reading, row, "", "lesson");
    scenario->source = read_string(reading, row, "", "source");
    scenario->summary = read_string(reading, row, "", "summary");
    scenario->explanation =
        read_strings(reading, row, "", "explanation", &scenario->explanation_count);
    expect_type(reading, scenario->explanation_count > 0, "", "explanation",
                "a list of one sentence or more");
    scenario->arguments = read_strings(reading, row, "", "arguments", &scenario->argument_count);
    read_expectation(reading, scenario, row);
    scenario->deterministic = read_flag(reading, row, "", "deterministic");
    scenario->fixed_by = read_string_or_null(reading, row, "", "fixed_by");
}

/* What can be checked only once all rows are known. */
static void check_names(struct reading *reading, const struct snarl_manifest *manifest)
{
    for (size_t index = 0; index < manifest->count && !reading->failed; index++) {
        const struct snarl_scenario *scenario = &manifest->scenarios[index];
        reading->scenario = index + 1;
        if (snarl_manifest_find(manifest, scenario->name) != scenario)
            fail(reading, "there is another \"%s\" before it", scenario->name);
        if (scenario->fixed_by != NULL && snarl_manifest_find(manifest, scenario->fixed_by) == NULL)
            fail(reading, "\"fixed_by\" names \"%s\", which is no scenario", scenario->fixed_by);
    }
}

static void read_document(struct reading *reading, struct snarl_manifest *manifest)
{
    const char *schema = read_string(reading, manifest->document, "", "schema");
    if (schema != NULL && strcmp(schema, SCHEMA) != 0)
        fail(reading, "the schema is \"%s\", not \"" SCHEMA "\"", schema);

    const json_t *rows = member(reading, manifest->document, "", "scenarios");
    expect_type(reading, json_is_array(rows), "", "scenarios", "a list");
    if (reading->failed)
        return;

    manifest->scenarios = allocate(reading, json_array_size(rows) + 1, sizeof *manifest->scenarios);
    while (manifest->count < json_array_size(rows) && !reading->failed) {
        size_t index = manifest->count++;
        reading->scenario = index + 1;
        read_scenario(reading, &manifest->scenarios[index], json_array_get(rows, index));
    }
    check_names(reading, manifest);
}

struct snarl_manifest *snarl_manifest_load(const char *path, char *error, size_t error_size)
{
    struct reading reading = {.path = path, .error = error, .error_size = error_size};
    struct snarl_manifest *manifest = allocate(&reading, 1, sizeof *manifest);
    if (manifest == NULL)
        return NULL;

    json_error_t trouble;
    manifest->document = json_load_file(path, JSON_REJECT_DUPLICATES, &trouble);
    if (manifest->document == NULL && trouble.line > 0)
        fail(&reading, "line %d, column %d: %s", trouble.line, trouble.column, trouble.text);
    else if (manifest->document == NULL)
        fail(&reading, "%s", trouble.text);
    else
        read_document(&reading, manifest);

    if (!reading.failed)
        return manifest;
    snarl_manifest_free(manifest);
    return NULL;
}

void snarl_manifest_free(struct snarl_manifest *manifest)
{
    if (manifest == NULL)
        return;
    for (size_t index = 0; index < manifest->count; index++) {
        struct snarl_scenario *scenario = &manifest->scenarios[index];
        free(scenario->explanation);
        free(scenario->arguments);
        free(scenario->expect.snarl.kinds);
        free(scenario->expect.thread_sanitizer.kinds);
    }
    free(manifest->scenarios);
    json_decref(manifest->document);
    free(manifest);
}

const struct snarl_scenario *snarl_manifest_find(const struct snarl_manifest *manifest,
                                                 const char *name)
{
    for (size_t index = 0; index < manifest->count; index++)
        if (strcmp(manifest->scenarios[index].name, name) == 0)
            return &manifest->scenarios[index];
    return NULL;
}
