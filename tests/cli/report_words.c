#include "report_words.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/cmocka_all.h"

json_t *report_at(const json_t *value, const char *path)
{
    json_t *found = (json_t *)value;
    for (const char *key = path; *key; key += *key == '.') {
        char word[64];
        size_t length = strcspn(key, ".");
        snprintf(word, sizeof word, "%.*s", (int)length, key);
        found = json_is_array(found) ? json_array_get(found, strtoul(word, NULL, 10))
                                     : json_object_get(found, word);
        if (!found)
            fail_msg("the report has no %s in %s", word, path);
        key += length;
    }
    return found;
}

json_t *report_load(const char *path)
{
    json_error_t error;
    json_t *report = json_load_file(path, JSON_REJECT_DUPLICATES, &error);
    if (!report)
        fail_msg("%s: %s, line %d", path, error.text, error.line);
    assert_string_equal(json_string_value(report_at(report, "schema")), "snarl-report/1");
    assert_true(json_is_true(report_at(report, "complete")));
    assert_int_equal(json_array_size(report_at(report, "losses")), 0);
    return report;
}

/* The name of the lock or thread with this id. */
/* The name of a lock or thread; of a thread that never gave itself one, where it began. */
static const char *words_of(const json_t *item)
{
    const char *name = json_string_value(json_object_get(item, "name"));
    return name ? name : json_string_value(report_at(item, "start"));
}

static const char *name_of(const json_t *finding, const char *list, const json_t *id)
{
    size_t index;
    json_t *item;
    json_array_foreach(json_object_get(finding, list), index, item)
    {
        if (json_equal(json_object_get(item, "id"), (json_t *)id))
            return words_of(item);
    }
    fail_msg("the finding does not list one of its %s", list);
    return NULL;
}

static const char *function_of(const json_t *value)
{
    return json_string_value(report_at(value, "stack.0.function"));
}

/* What is wanted, where, and why in vain where that is said. */
static void write_want(FILE *words, const json_t *finding, const json_t *step)
{
    static const struct {
        const char *key, *list, *verb;
    } rows[] = {{"wants", "locks", "wants"},
                {"wants_thread", "threads", "joins"},
                {"wants_condition", "locks", "waits on"},
                {"wants_semaphore", "locks", "waits on"},
                {"wants_barrier", "locks", "waits at"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const json_t *id = json_object_get(step, rows[i].key);
        if (json_is_integer(id))
            fprintf(words, " %s %s (%s)", rows[i].verb, name_of(finding, rows[i].list, id),
                    function_of(step));
    }
    const json_t *blocked = json_object_get(step, "blocked");
    if (json_is_object(blocked))
        fprintf(words, " [%s]", json_string_value(report_at(blocked, "cause")));
    fputc('\n', words);
}

static char *step_words(const json_t *finding, const json_t *step)
{
    char *text;
    size_t size, index;
    json_t *hold;
    FILE *words = open_memstream(&text, &size);
    assert_non_null(words);
    fprintf(words, "  %s", name_of(finding, "threads", report_at(step, "thread")));
    json_array_foreach(report_at(step, "holds"), index, hold)
    {
        fprintf(words, " holds %s (%s)", name_of(finding, "locks", report_at(hold, "lock")),
                function_of(hold));
    }
    write_want(words, finding, step);
    fclose(words);
    return text;
}

static int by_text(const void *left, const void *right)
{
    return strcmp(*(char *const *)left, *(char *const *)right);
}

static void write_finding(FILE *words, const json_t *finding)
{
    char *steps[64];
    size_t index, count = json_array_size(report_at(finding, "steps"));
    json_t *step;
    fprintf(words, "%s %s %s\n", json_string_value(report_at(finding, "kind")),
            json_string_value(report_at(finding, "status")),
            json_string_value(report_at(finding, "severity")));
    assert_true(count > 0 && count <= sizeof steps / sizeof *steps);
    json_array_foreach(report_at(finding, "steps"), index, step)
    {
        steps[index] = step_words(finding, step);
    }
    qsort(steps, count, sizeof *steps, by_text);
    for (size_t i = 0; i < count; i++) {
        fputs(steps[i], words);
        free(steps[i]);
    }
}

char *report_findings(const json_t *report)
{
    char *text;
    size_t size, index;
    json_t *finding;
    FILE *words = open_memstream(&text, &size);
    assert_non_null(words);
    json_array_foreach(report_at(report, "findings"), index, finding)
    {
        write_finding(words, finding);
    }
    fclose(words);
    return text;
}
