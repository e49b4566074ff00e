#include "race_run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report_words.h"
#include "support/cmocka_all.h"

enum {
    MOST_ARGUMENTS = 8,
};

static char *directory, *path;

int race_set_up(void **state)
{
    (void)state;
    directory = directory_make();
    path = path_in(directory, "report.json");
    return 0;
}

int race_tear_down(void **state)
{
    (void)state;
    free(path);
    directory_remove(directory);
    return 0;
}

bool race_has_watchpoints(void)
{
    struct command_result result = COMMAND(SNARL_COMMAND, "doctor");
    bool has = strstr(result.output, "perf breakpoints   ok\n") != NULL;
    command_free(&result);
    return has;
}

bool race_is_confined(void)
{
    char line[128];
    bool confined = false;
    FILE *status = fopen("/proc/self/status", "re");
    assert_non_null(status);
    while (fgets(line, sizeof line, status) != NULL)
        confined = confined || (strncmp(line, "Seccomp:", 8) == 0 && strchr(line, '0') == NULL);
    fclose(status);
    return confined;
}

struct race_run race_run(const char *const *arguments, const char *options)
{
    const char *all[16 + MOST_ARGUMENTS] = {SNARL_COMMAND, "run", "--races",   "--format", "json",
                                            "-o",          path,  "--timeout", "20",       "--"};
    char variable[128] = "SNARL_OPTIONS";
    const char *const environment[] = {variable, NULL};
    size_t count = 10;
    while (*arguments != NULL && count < sizeof all / sizeof *all - 1)
        all[count++] = *arguments++;
    assert_null(*arguments);
    if (options != NULL)
        snprintf(variable, sizeof variable, "SNARL_OPTIONS=%s", options);
    struct race_run run = {
        .result = command_run(&(struct command){.arguments = all, .environment = environment})};
    run.report = report_load(path);
    return run;
}

void race_run_free(struct race_run *run)
{
    command_free(&run->result);
    json_decref(run->report);
}

/* What stands in the message between who and when. */
static void write_object(FILE *words, const json_t *finding)
{
    static const char before[] = " access ", after[] = " at the same time";
    const char *message = json_string_value(report_at(finding, "message"));
    const char *object = strstr(message, before);
    const char *end = object != NULL ? strstr(object, after) : NULL;
    if (end == NULL)
        fail_msg("the message is: %s", message);
    object += strlen(before);
    fprintf(words, "%s %.*s\n", json_string_value(report_at(finding, "severity")),
            (int)(end - object), object);
}

static int by_text(const void *left, const void *right)
{
    return strcmp(left, right);
}

static void write_steps(FILE *words, const json_t *finding)
{
    char lines[2][256] = {"", ""};
    size_t index;
    json_t *step;
    assert_in_range(json_array_size(report_at(finding, "steps")), 1, 2);
    json_array_foreach(report_at(finding, "steps"), index, step)
    {
        const char *function = json_string_value(report_at(step, "stack.0.function"));
        snprintf(lines[index], sizeof lines[index], "  %s %s\n", function != NULL ? function : "?",
                 json_string_value(report_at(step, "action")));
    }
    qsort(lines, 2, sizeof lines[0], by_text);
    fprintf(words, "%s%s", lines[0], lines[1]);
}

char *race_words(const json_t *report)
{
    char *text;
    size_t size, index;
    json_t *finding;
    FILE *words = open_memstream(&text, &size);
    assert_non_null(words);
    json_array_foreach(report_at(report, "findings"), index, finding)
    {
        assert_string_equal(json_string_value(report_at(finding, "kind")), "data-race");
        write_object(words, finding);
        write_steps(words, finding);
    }
    fclose(words);
    return text;
}
