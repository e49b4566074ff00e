/* Findings out of files: baselines, and reports in json. */
#include <jansson.h>
#include <string.h>

#include "report/baseline.h"

static const char heading[] = "snarl-baseline/";

enum {
    ID_DIGITS = 16
};

static const char *const kind_names[] = {
#define FINDING(identifier, name, headline) name,
#include "core/finding.def"
#undef FINDING
    NULL,
};

/* It is the id that counts; but a word that is no kind is damage. */
static bool parse_kind(struct snarl_line word, enum snarl_finding_kind *kind)
{
    for (size_t row = 0; kind_names[row] != NULL; row++) {
        *kind = (enum snarl_finding_kind)row;
        if (snarl_line_is(word, kind_names[row]))
            return true;
    }
    return false;
}

static bool is_id(struct snarl_line word)
{
    for (size_t index = 0; index < word.length; index++)
        if (memchr("0123456789abcdef", word.text[index], ID_DIGITS) == NULL)
            return false;
    return word.length == ID_DIGITS;
}

static bool parse_heading(struct snarl_lines *lines, struct snarl_file_error *error)
{
    struct snarl_line line = {0};
    if (!snarl_lines_next(lines, &line))
        return snarl_file_error_set(error, 0, "this is no baseline: it is empty", line, NULL);
    if (snarl_line_is(line, "snarl-baseline/1"))
        return true;
    bool other_version =
        line.length >= sizeof heading && memcmp(line.text, heading, sizeof heading - 1) == 0;
    return snarl_file_error_set(error, lines->number,
                                other_version ? "a version that this snarl does not read:"
                                              : "expected \"snarl-baseline/1\", not",
                                line, NULL);
}

static bool parse_entry(struct snarl_baseline *baseline, unsigned number, struct snarl_line line,
                        struct snarl_file_error *error)
{
    struct snarl_line id = snarl_line_take_word(&line);
    if (!is_id(id))
        return snarl_file_error_set(error, number, "expected a finding's id, 16 digits, not", id,
                                    NULL);
    struct snarl_line word = snarl_line_take_word(&line);
    enum snarl_finding_kind kind;
    if (word.length == 0)
        return snarl_file_error_set(error, number, "the kind is missing behind", id, NULL);
    if (!parse_kind(word, &kind))
        return snarl_file_error_set(error, number, "unknown kind", word, kind_names);
    if (line.length > 0 && line.text[0] != '#')
        return snarl_file_error_set(error, number, "expected a comment, not", line, NULL);
    while (line.length > 0 && (*line.text == '#' || *line.text == ' ')) {
        line.text++;
        line.length--;
    }
    snarl_baseline_add(baseline, id.text, kind,
                       snarl_pool_format(&baseline->pool, "%.*s", (int)line.length, line.text));
    return true;
}

bool snarl_baseline_parse(struct snarl_baseline *baseline, const char *text, size_t size,
                          struct snarl_file_error *error)
{
    struct snarl_lines lines;
    struct snarl_line line;
    if (!snarl_lines_open(&lines, text, size, error) || !parse_heading(&lines, error))
        return false;
    while (snarl_lines_next(&lines, &line)) {
        if (!snarl_line_is(line, "end")) {
            if (!parse_entry(baseline, lines.number, line, error))
                return false;
            continue;
        }
        if (!snarl_lines_next(&lines, &line))
            return true;
        return snarl_file_error_set(error, lines.number, "behind the end there is", line, NULL);
    }
    return snarl_file_error_set(error, lines.number,
                                "the last line, \"end\", is missing: cut short",
                                (struct snarl_line){0}, NULL);
}

static struct snarl_line line_of(const json_t *value)
{
    if (!json_is_string(value))
        return (struct snarl_line){0};
    return (struct snarl_line){json_string_value(value), json_string_length(value)};
}

static bool add_object(struct snarl_baseline *baseline, const json_t *object)
{
    struct snarl_line id = line_of(json_object_get(object, "id"));
    enum snarl_finding_kind kind;
    if (!is_id(id) || !parse_kind(line_of(json_object_get(object, "kind")), &kind))
        return false;
    const char *status = json_string_value(json_object_get(object, "status"));
    if (status == NULL)
        return false;
    if (strcmp(status, snarl_status_name(SNARL_INFEASIBLE)) != 0)
        snarl_baseline_add(baseline, id.text, kind,
                           json_string_value(json_object_get(object, "message")));
    return true;
}

static bool add_root(struct snarl_baseline *baseline, const json_t *root)
{
    struct snarl_line schema = line_of(json_object_get(root, "schema"));
    const json_t *findings = json_object_get(root, "findings");
    bool good = snarl_line_is(schema, "snarl-report/1") && json_is_array(findings);
    for (size_t index = 0; good && index < json_array_size(findings); index++)
        good = add_object(baseline, json_array_get(findings, index));
    return good;
}

bool snarl_baseline_parse_json(struct snarl_baseline *baseline, const char *text, size_t size,
                               struct snarl_file_error *error)
{
    json_error_t trouble;
    json_t *root = json_loadb(text, size, JSON_ALLOW_NUL, &trouble);
    if (root == NULL) {
        unsigned line = trouble.line > 0 ? (unsigned)trouble.line : 0;
        struct snarl_line word = {trouble.text, strlen(trouble.text)};
        return snarl_file_error_set(error, line, "this is no whole JSON:", word, NULL);
    }
    bool good = add_root(baseline, root) ||
                snarl_file_error_set(error, 0, "this is no report of snarl's (snarl-report/1)",
                                     (struct snarl_line){0}, NULL);
    json_decref(root);
    return good;
}
