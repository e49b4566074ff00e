#include "suite/manifest.h"

#include <regex.h>
#include <stdlib.h>
#include <string.h>

#include "suite/members.h"

#define SCHEMA "snarl-manifest/1"
#define FILE_NAME "manifest.json"

struct snarl_manifest_memory {
    struct snarl_pool pool;
    json_t *documents; /* an array: whoever has the strings */
};

static const char *const manifest_members[] = {"schema", "lesson", "lessons", "scenarios", NULL};
static const char *const row_members[] = {
    "name",        "summary", "source",   "program",       "arguments",       "time_limit", "try",
    "explanation", "expect",  "fixed_by", "deterministic", "races_arguments", NULL};
/* Of "expect"; the native leg finds nothing. */
static const char *const expect_members[] = {"output", "ends", "exit_code",
#define LEG(identifier, name, title, suffix) name,
                                             SNARL_LEGS(LEG)
#undef LEG
                                                 NULL};

static void check_expression(struct snarl_members *members, const char *expression)
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
    snarl_members_fail(members, "\"expect.output\" is no regular expression: %s", reason);
}

static struct snarl_expected_kinds read_kinds(struct snarl_members *members,
                                              struct snarl_object_members expect, const char *key)
{
    struct snarl_expected_kinds expected = {.given = snarl_member_is_given(expect, key)};
    size_t count = 0;
    const char **names = expected.given ? snarl_member_strings(members, expect, key, &count) : NULL;
    for (size_t i = 0; i < count; i++) {
        snarl_kinds kind = snarl_kinds_named(names[i]);
        if (!kind)
            snarl_members_fail(members, "\"expect.%s\" has an unknown kind \"%s\"", key, names[i]);
        else if (expected.kinds & kind)
            snarl_members_fail(members, "\"expect.%s\" has \"%s\" twice", key, names[i]);
        expected.kinds |= kind;
    }
    return expected;
}

static void read_expectation(struct snarl_members *members, struct snarl_scenario *scenario,
                             struct snarl_object_members row)
{
    struct snarl_object_members expect = snarl_member_object(members, row, "expect", "expect.");
    snarl_members_known(members, expect, expect_members);
    scenario->expect.output = snarl_member_string_or(members, expect, "output", NULL);
    check_expression(members, scenario->expect.output);
    scenario->expect.ends = snarl_member_flag_or(members, expect, "ends", true);
    scenario->expect.exit_code = snarl_member_status_or(members, expect, "exit_code", 0);
    for (int leg = SNARL_LEG_NATIVE + 1; leg < SNARL_LEG_KINDS; leg++)
        scenario->expect.legs[leg] = read_kinds(members, expect, snarl_leg_name(leg));
    if (snarl_member_is_given(expect, snarl_leg_name(SNARL_LEG_NATIVE)))
        snarl_members_fail(members, "\"expect.native\" is unknown");
    scenario->expect.legs[SNARL_LEG_NATIVE].given = true;
}

static struct snarl_strings read_strings(struct snarl_members *members,
                                         struct snarl_object_members row, const char *key)
{
    struct snarl_strings strings = {0};
    strings.items = snarl_member_strings(members, row, key, &strings.count);
    return strings;
}

/* Names are those of files, too. */
static const char *read_name(struct snarl_members *members, struct snarl_object_members row)
{
    static const char allowed[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
    const char *name = snarl_member_string(members, row, "name");
    if (name != NULL && name[strspn(name, allowed)] != '\0')
        snarl_members_fail(members, "\"name\" must be letters, digits, '.', '_' and '-'");
    return name;
}

static void read_scenario(struct snarl_members *members, struct snarl_scenario *scenario,
                          const json_t *value)
{
    struct snarl_object_members row = {value, ""};
    if (!json_is_object(value)) {
        snarl_members_fail(members, "must be an object");
        return;
    }
    snarl_members_known(members, row, row_members);
    scenario->name = read_name(members, row);
    scenario->summary = snarl_member_string(members, row, "summary");
    scenario->has_source = snarl_member_is_given(row, "source");
    const char *source = snarl_member_string_or(members, row, "source", NULL);
    scenario->source = source ? snarl_pool_format(members->pool, "%s/%s", scenario->folder, source)
                              : snarl_pool_format(members->pool, "%s/%s.c", scenario->folder,
                                                  scenario->name ? scenario->name : "");
    scenario->program = snarl_member_string_or(members, row, "program", scenario->name);
    scenario->explanation = read_strings(members, row, "explanation");
    scenario->arguments = read_strings(members, row, "arguments");
    scenario->races_arguments = read_strings(members, row, "races_arguments");
    scenario->tries = read_strings(members, row, "try");
    scenario->time_limit_s = snarl_member_seconds_or(members, row, "time_limit", 0);
    read_expectation(members, scenario, row);
    scenario->deterministic = snarl_member_flag_or(members, row, "deterministic", true);
    scenario->fixed_by = snarl_member_string_or(members, row, "fixed_by", NULL);
}

/* Where a file lies: "." for one that is named without a folder. */
static const char *folder_of(struct snarl_pool *pool, const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? snarl_pool_format(pool, "%.*s", (int)(slash - path), path) : ".";
}

static void add_rows(struct snarl_members *members, struct snarl_manifest *manifest,
                     struct snarl_object_members document)
{
    const char *lesson = snarl_member_string(members, document, "lesson");
    const char *folder = folder_of(members->pool, members->path);
    const json_t *rows = snarl_member_list(members, document, "scenarios");
    size_t count = members->failed ? 0 : json_array_size(rows);
    manifest->scenarios =
        realloc(manifest->scenarios, (manifest->count + count + 1) * sizeof *manifest->scenarios);
    if (manifest->scenarios == NULL)
        snarl_pool_exhausted();
    for (size_t i = 0; i < count && !members->failed; i++) {
        struct snarl_scenario *scenario = &manifest->scenarios[manifest->count++];
        *scenario =
            (struct snarl_scenario){.lesson = lesson, .folder = folder, .manifest = members->path};
        members->item = i + 1;
        read_scenario(members, scenario, json_array_get(rows, i));
        if (!members->failed && snarl_manifest_find(manifest, scenario->name) != scenario)
            snarl_members_fail(members, "there is another \"%s\" before it", scenario->name);
    }
    members->item = 0;
}

/* A manifest's document, its schema checked; nothing of it where that fails. */
static struct snarl_object_members load(struct snarl_members *members,
                                        struct snarl_manifest *manifest, const char *path)
{
    struct snarl_object_members document = {snarl_members_load(members, path), ""};
    if (document.object == NULL)
        return document;
    json_array_append_new(manifest->memory->documents, (json_t *)document.object);
    const char *schema = snarl_member_string(members, document, "schema");
    if (schema != NULL && strcmp(schema, SCHEMA) != 0)
        snarl_members_fail(members, "the schema is \"%s\", not \"" SCHEMA "\"", schema);
    snarl_members_known(members, document, manifest_members);
    return document;
}

static void add_lessons(struct snarl_members *members, struct snarl_manifest *manifest,
                        struct snarl_object_members document)
{
    size_t count;
    const char **lessons = snarl_member_strings(members, document, "lessons", &count);
    const char *folder = folder_of(members->pool, members->path);
    for (size_t i = 0; i < count && !members->failed; i++) {
        const char *path = snarl_pool_format(members->pool, "%s/%s/" FILE_NAME, folder, lessons[i]);
        struct snarl_object_members lesson = load(members, manifest, path);
        if (!members->failed)
            add_rows(members, manifest, lesson);
    }
}

/* What can be checked only once all rows are known. */
static void check_mends(struct snarl_members *members, const struct snarl_manifest *manifest)
{
    for (size_t i = 0; i < manifest->count && !members->failed; i++) {
        const struct snarl_scenario *scenario = &manifest->scenarios[i];
        members->path = scenario->manifest;
        if (scenario->fixed_by != NULL && snarl_manifest_find(manifest, scenario->fixed_by) == NULL)
            snarl_members_fail(members, "%s: \"fixed_by\" names \"%s\", which is no scenario",
                               scenario->name, scenario->fixed_by);
    }
}

struct snarl_manifest *snarl_manifest_load(const char *path, char *error, size_t error_size)
{
    struct snarl_manifest *manifest = calloc(1, sizeof *manifest);
    struct snarl_manifest_memory *memory = calloc(1, sizeof *memory);
    json_t *documents = json_array();
    if (manifest == NULL || memory == NULL || documents == NULL)
        snarl_pool_exhausted();
    memory->documents = documents;
    manifest->memory = memory;

    struct snarl_members members = {
        .error = error, .error_size = error_size, .pool = &memory->pool};
    struct snarl_object_members document = load(&members, manifest, path);
    if (snarl_member_is_given(document, "lessons") && snarl_member_is_given(document, "scenarios"))
        snarl_members_fail(&members, "\"lessons\" and \"scenarios\" cannot stand in one file");
    if (!members.failed && snarl_member_is_given(document, "lessons"))
        add_lessons(&members, manifest, document);
    else if (!members.failed)
        add_rows(&members, manifest, document);
    check_mends(&members, manifest);
    if (!members.failed)
        return manifest;
    snarl_manifest_free(manifest);
    return NULL;
}

void snarl_manifest_free(struct snarl_manifest *manifest)
{
    if (manifest == NULL)
        return;
    json_decref(manifest->memory->documents);
    snarl_pool_free(&manifest->memory->pool);
    free(manifest->memory);
    free(manifest->scenarios);
    free(manifest);
}

const struct snarl_scenario *snarl_manifest_find(const struct snarl_manifest *manifest,
                                                 const char *name)
{
    for (size_t i = 0; i < manifest->count; i++)
        if (strcmp(manifest->scenarios[i].name, name) == 0)
            return &manifest->scenarios[i];
    return NULL;
}
