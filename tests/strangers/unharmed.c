#include "unharmed.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/report_words.h"
#include "support/cmocka_all.h"

const char *unharmed_option(void)
{
    return getenv("SNARL_STRANGERS_RACES") != NULL ? "--races" : "--timeout=280";
}

void unharmed_needs(const char *file)
{
    if (access(file, R_OK) == 0)
        return;
    print_message("SKIPPED: there is no %s (ci/packages names what has it)\n", file);
    skip();
}

void unharmed_join(const char **joined, const char *const *prefix, size_t count,
                   const char *const *arguments)
{
    for (size_t i = 0; i < count; i++)
        joined[i] = prefix[i];
    do {
        assert_true(count < UNHARMED_ARGUMENTS);
        joined[count++] = *arguments;
    } while (*arguments++ != NULL);
}

/* Output that is not text would be no help on a screen: where it differs is. */
static void compare_bytes(const char *stream, const char *watched, size_t watched_size,
                          const char *native, size_t native_size)
{
    size_t same = 0;
    while (same < watched_size && same < native_size && watched[same] == native[same])
        same++;
    if (same < watched_size || same < native_size)
        fail_msg("%s differs at byte %zu of %zu; under snarl, %zu:\n%.2000s\nalone:\n%.2000s",
                 stream, same, native_size, watched_size, watched + same, native + same);
}

void unharmed_compare(const struct command_result *watched, const struct command_result *native)
{
    compare_bytes("standard output", watched->output, watched->output_size, native->output,
                  native->output_size);
    compare_bytes("standard error", watched->error, watched->error_size, native->error,
                  native->error_size);
    assert_int_equal(watched->status, native->status);
}

static void check_count(const json_t *report, const char *path, unsigned at_least)
{
    json_int_t count = json_integer_value(report_at(report, path));
    if (count < at_least)
        fail_msg("%s is %lld, and should be %u or more", path, (long long)count, at_least);
}

void unharmed_report(const char *path, const struct unharmed_counts *at_least)
{
    json_t *report = report_load(path), *finding;
    size_t index;
    for (index = json_array_size(report_at(report, "findings")); index-- > 0;) {
        finding = json_array_get(report_at(report, "findings"), index);
        if (strcmp(json_string_value(report_at(finding, "kind")), "data-race") == 0)
            json_array_remove(json_object_get(report, "findings"), index);
    }
    char *findings = json_dumps(report_at(report, "findings"), JSON_INDENT(1));
    assert_string_equal(findings, "[]");
    check_count(report, "statistics.threads", at_least->threads);
    check_count(report, "statistics.acquisitions", at_least->acquisitions);
    assert_true(json_array_size(report_at(report, "processes")) >= at_least->processes);
    free(findings);
    json_decref(report);
}

struct command_result unharmed_run(const char *const *arguments,
                                   const struct unharmed_counts *at_least)
{
    char *places[] = {directory_make(), directory_make()}, *reports = directory_make();
    char *report = path_in(reports, "report.json");
    const char *under[UNHARMED_ARGUMENTS];
    unharmed_join(under, (const char *const[]){UNHARMED_SNARL(report)}, UNHARMED_PREFIX, arguments);

    struct command_running running[2];
    command_start(&running[0], &(struct command){.arguments = arguments, .directory = places[0]});
    command_start(&running[1], &(struct command){.arguments = under, .directory = places[1]});
    struct command_result native = command_finish(&running[0]);
    struct command_result watched = command_finish(&running[1]);
    if (native.status != 0)
        fail_msg("%s alone ended with %d:\n%.2000s\n%.2000s", arguments[0], native.status,
                 native.output, native.error);
    unharmed_compare(&watched, &native);
    unharmed_report(report, at_least);
    command_free(&watched);
    free(report);
    directory_remove(reports);
    directory_remove(places[0]);
    directory_remove(places[1]);
    return native;
}
