#include "watched.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/analysis.h"
#include "support/cmocka_all.h"

char *built_path(const char *name)
{
    return path_in(SNARL_PROGRAMS, name);
}

static bool is_recording(const char *name)
{
    size_t length = strlen(name);
    return strncmp(name, "rec.", 4) == 0 && length > 4 && strcmp(name + length - 4, ".rec") == 0;
}

static void collect(struct watched *watched)
{
    char own[32];
    snprintf(own, sizeof own, "rec.%d.", (int)watched->result.pid);
    DIR *directory = opendir(watched->directory);
    assert_non_null(directory);
    for (const struct dirent *entry; (entry = readdir(directory)) != NULL;) {
        if (!is_recording(entry->d_name))
            continue;
        watched->recordings = realloc(watched->recordings,
                                      (watched->recording_count + 1) * sizeof *watched->recordings);
        size_t at = watched->recording_count++;
        watched->recordings[at] = path_in(watched->directory, entry->d_name);
        if (strncmp(entry->d_name, own, strlen(own)) == 0) {
            char *first = watched->recordings[0];
            watched->recordings[0] = watched->recordings[at];
            watched->recordings[at] = first;
        }
    }
    closedir(directory);
}

static void analyse(struct watched *watched)
{
    char error[256] = "";
    watched->report =
        snarl_analyse((const char *const *)watched->recordings, watched->recording_count,
                      &(struct snarl_analysis_options){.edges = true}, error, sizeof error);
    if (watched->report == NULL)
        fail_msg("%s", error);
}

/* "LD_PRELOAD=before:libsnarl.so:after" */
static char *preload_of(const struct watch *watch)
{
    const char *parts[] = {watch->preload_before, watch->plain ? NULL : SNARL_LIBRARY,
                           watch->preload_after};
    char *value = strdup("LD_PRELOAD=");
    for (size_t i = 0; i < 3; i++) {
        char *longer;
        if (parts[i] == NULL)
            continue;
        assert_true(asprintf(&longer, "%s%s:", value, parts[i]) > 0);
        free(value);
        value = longer;
    }
    return value;
}

struct watched watched_run(const struct watch *watch)
{
    struct watched watched = {.directory = directory_make()};
    const char *environment[8] = {NULL}, *arguments[16] = {NULL};
    char *preload = preload_of(watch), *options;
    const char *further = getenv("SNARL_TEST_OPTIONS"); /* of a whole test: see the build */
    assert_true(asprintf(&options, "SNARL_OPTIONS=log_path=%s/rec:%s:%s:%s", watched.directory,
                         watch->loud ? "" : "quiet=1", further != NULL ? further : "",
                         watch->options != NULL ? watch->options : "") > 0);
    environment[0] = preload;
    environment[1] = options;
    for (size_t i = 0; watch->environment != NULL && watch->environment[i] != NULL; i++)
        environment[i + 2] = watch->environment[i];
    for (size_t i = 0; watch->arguments[i] != NULL; i++)
        arguments[i] = watch->arguments[i];
    char *program = strchr(arguments[0], '/') ? strdup(arguments[0]) : built_path(arguments[0]);
    arguments[0] = program;

    watched.result = command_run(&(struct command){
        .arguments = arguments, .environment = environment, .directory = watched.directory});
    collect(&watched);
    if (watched.recording_count > 0)
        analyse(&watched);
    free(program);
    free(preload);
    free(options);
    return watched;
}

void watched_free(struct watched *watched)
{
    if (watched->report != NULL)
        snarl_report_free(watched->report);
    for (size_t i = 0; i < watched->recording_count; i++)
        free(watched->recordings[i]);
    free(watched->recordings);
    directory_remove(watched->directory);
    command_free(&watched->result);
}

void watched_check_complete(const struct watched *watched)
{
    assert_non_null(watched->report);
    if (watched->report->loss_count > 0)
        fail_msg("lost: %s", watched->report->losses[0]);
}

static bool is_misuse(const struct snarl_report_finding *finding)
{
    switch (finding->kind) {
#define MISUSE(identifier, ...) case SNARL_FINDING_##identifier:
#include "core/misuse.def"
#undef MISUSE
        return true;
    default:
        return false;
    }
}

void watched_check_same(const struct watch *watch, uint64_t acquisitions, size_t misuses)
{
    struct watch without = *watch;
    without.plain = true;
    struct watched native = watched_run(&without);
    struct watched watched = watched_run(watch);
    assert_string_equal(native.result.error, "");
    assert_string_equal(watched.result.error, "");
    assert_string_equal(watched.result.output, native.result.output);
    assert_int_equal(native.result.status, 0);
    assert_int_equal(watched.result.status, 0);
    assert_int_equal(native.recording_count, 0);
    watched_check_complete(&watched);
    assert_in_range(watched.report->finding_count, 0, misuses);
    for (size_t i = 0; i < watched.report->finding_count; i++)
        assert_true(is_misuse(&watched.report->findings[i]));
    assert_true(watched.report->statistics.acquisitions >= acquisitions);
    watched_free(&native);
    watched_free(&watched);
}

void watched_check_unharmed(const struct watch *watch, uint64_t acquisitions)
{
    watched_check_same(watch, acquisitions, 0);
}

static bool wants(const struct watched *watched, const struct snarl_report_finding *finding,
                  const char *name)
{
    for (size_t i = 0; i < finding->lock_count; i++) {
        const struct snarl_report_lock *lock =
            snarl_report_lock_by_id(watched->report, finding->locks[i]);
        if (lock->name != NULL && strcmp(lock->name, name) == 0)
            return true;
    }
    return false;
}

const struct snarl_report_finding *watched_only_finding(const struct watched *watched,
                                                        enum snarl_finding_kind kind,
                                                        enum snarl_status status,
                                                        enum snarl_severity severity,
                                                        const char *const *lock_names)
{
    watched_check_complete(watched);
    assert_int_equal(watched->report->finding_count, 1);
    const struct snarl_report_finding *finding = &watched->report->findings[0];
    assert_string_equal(snarl_finding_name(finding->kind), snarl_finding_name(kind));
    assert_string_equal(snarl_status_name(finding->status), snarl_status_name(status));
    assert_string_equal(snarl_severity_name(finding->severity), snarl_severity_name(severity));
    size_t count = 0;
    for (; lock_names[count] != NULL; count++)
        if (!wants(watched, finding, lock_names[count]))
            fail_msg("the finding does not name %s", lock_names[count]);
    assert_int_equal(finding->lock_count, count);
    return finding;
}

const char *watched_function(const struct snarl_stack *stack)
{
    const struct snarl_frame *place = snarl_stack_place(stack);
    return place != NULL && place->function != NULL ? place->function : "(none)";
}
