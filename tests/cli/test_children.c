/* The processes that a program starts: those that are watched, and those that cannot be. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report_words.h"
#include "support/cmocka_all.h"
#include "support/command.h"

/* Runs a line of the shell's under snarl; its report. */
static json_t *report_of(const char *line)
{
    char *directory = directory_make(), *path = path_in(directory, "report.json");
    struct command_result result =
        COMMAND(SNARL_COMMAND, "run", "--format", "json", "-o", path, "--", "/bin/sh", "-c", line);
    assert_int_equal(result.status, 0);
    assert_string_equal(result.error, "");
    json_t *report = report_load(path);
    command_free(&result);
    free(path);
    directory_remove(directory);
    return report;
}

static json_t *process_named(const json_t *report, const char *program)
{
    size_t index;
    json_t *process;
    json_array_foreach(json_object_get(report, "processes"), index, process)
    {
        const char *name = json_string_value(json_array_get(json_object_get(process, "argv"), 0));
        if (name != NULL && strcmp(name, program) == 0)
            return process;
    }
    return NULL;
}

static void a_child_is_followed(void **state)
{
    (void)state;
    json_t *report = report_of("/bin/true; :");
    json_t *process = process_named(report, "/bin/true");
    assert_non_null(process);
    assert_true(json_is_true(json_object_get(process, "watched")));
    assert_true(json_is_null(json_object_get(process, "unwatched_reason")));
    json_decref(report);
}

static void a_child_without_the_library_is_named(void **state)
{
    (void)state;
    json_t *report = report_of("/usr/bin/env -i /bin/true; :");
    json_t *process = process_named(report, "/bin/true");
    assert_non_null(process);
    assert_true(json_is_false(json_object_get(process, "watched")));
    assert_string_equal(
        json_string_value(json_object_get(process, "unwatched_reason")),
        "it left no recording (was it started without LD_PRELOAD in its environment?)");
    json_decref(report);
}

static void a_static_child_is_named(void **state)
{
    (void)state;
    char *directory = directory_make(), *source = path_in(directory, "still.c");
    char *program = path_in(directory, "still");
    static const char text[] = "int main(void) { return 0; }\n";
    file_write(source, text, sizeof text - 1, 0644);
    CHECK(0, "", "", SNARL_CC, "-static", "-o", program, source);

    char line[1024], reason[1024];
    snprintf(line, sizeof line, "%s; :", program);
    json_t *report = report_of(line);
    json_t *process = process_named(report, program);
    assert_non_null(process);
    assert_true(json_is_false(json_object_get(process, "watched")));
    snprintf(reason, sizeof reason,
             "\"%s\" cannot be watched: statically linked, so no library can be preloaded",
             program);
    assert_string_equal(json_string_value(json_object_get(process, "unwatched_reason")), reason);
    json_decref(report);
    free(program);
    free(source);
    directory_remove(directory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_child_is_followed),
        cmocka_unit_test(a_child_without_the_library_is_named),
        cmocka_unit_test(a_static_child_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
