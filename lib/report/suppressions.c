/* Files of suppressions: the parser. */
#include "report/suppressions.h"

#include <string.h>

#include "report/pattern.h"

static const char *const type_names[] = {
#define SUPPRESSION(identifier, name) name,
#include "report/suppressions.def"
#undef SUPPRESSION
    NULL,
};

static void add(struct snarl_suppressions *suppressions, struct snarl_suppression_rule rule)
{
    if (suppressions->count == suppressions->capacity) {
        suppressions->capacity = 2 * suppressions->capacity + 16;
        struct snarl_suppression_rule *more =
            snarl_pool_allocate(&suppressions->pool, suppressions->capacity, sizeof *more);
        if (suppressions->count > 0)
            memcpy(more, suppressions->rules, suppressions->count * sizeof *more);
        suppressions->rules = more;
    }
    suppressions->rules[suppressions->count++] = rule;
}

static bool parse_type(struct snarl_line name, enum snarl_suppression *type)
{
    for (size_t row = 0; type_names[row] != NULL; row++) {
        *type = (enum snarl_suppression)row;
        if (snarl_line_is(name, type_names[row]))
            return true;
    }
    return false;
}

static bool parse_line(struct snarl_suppressions *suppressions, const char *file, unsigned number,
                       struct snarl_line line, struct snarl_file_error *error)
{
    const char *colon = memchr(line.text, ':', line.length);
    if (colon == NULL)
        return snarl_file_error_set(error, number, "expected TYPE:PATTERN, not", line, NULL);
    size_t before = (size_t)(colon - line.text);
    struct snarl_line name = {line.text, before};
    struct snarl_suppression_rule rule = {.file = file, .line = number};
    if (!parse_type(name, &rule.type))
        return snarl_file_error_set(error, number, "unknown type", name, type_names);
    rule.pattern =
        snarl_pool_format(&suppressions->pool, "%.*s", (int)(line.length - before - 1), colon + 1);
    if (!snarl_pattern_says_something(rule.pattern))
        return snarl_file_error_set(error, number, "an empty pattern (for all, write *):", line,
                                    NULL);
    add(suppressions, rule);
    return true;
}

bool snarl_suppressions_parse(struct snarl_suppressions *suppressions, const char *file,
                              const char *text, size_t size, struct snarl_file_error *error)
{
    struct snarl_lines lines;
    struct snarl_line line;
    if (!snarl_lines_open(&lines, text, size, error))
        return false;
    file = snarl_pool_format(&suppressions->pool, "%s", file);
    while (snarl_lines_next(&lines, &line))
        if (!parse_line(suppressions, file, lines.number, line, error))
            return false;
    return true;
}

void snarl_suppressions_free(struct snarl_suppressions *suppressions)
{
    snarl_pool_free(&suppressions->pool);
    *suppressions = (struct snarl_suppressions){0};
}
