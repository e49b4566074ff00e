/* Recordings that are kept, and the report made of them later. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "report_words.h"
#include "support/cmocka_all.h"
#include "support/own_directory.h"

/* How many entries; the last one's path is in `*path`, to be freed. */
static unsigned count_entries(const char *where, char **path)
{
    unsigned count = 0;
    *path = NULL;
    DIR *entries = opendir(where);
    assert_non_null(entries);
    for (struct dirent *entry; (entry = readdir(entries));)
        if (*entry->d_name != '.') {
            free(*path);
            *path = path_in(where, entry->d_name);
            count++;
        }
    closedir(entries);
    return count;
}

static void a_kept_recording_makes_the_same_report(void **state)
{
    (void)state;
    char *keep = path_in(directory, "kept"), *then = path_in(directory, "then.json");
    char *later = path_in(directory, "later.json"), *recording;
    struct command_result result = COMMAND(SNARL_COMMAND, "run", "--keep", keep, "-f", "json", "-o",
                                           then, SNARL_SCENARIOS "/deadlock_abba_latent");
    assert_int_equal(result.status, 66);
    assert_int_equal(count_entries(keep, &recording), 1);
    struct stat status;
    assert_int_equal(stat(recording, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    command_free(&result);

    const char *const operands[] = {keep, recording};
    for (size_t i = 0; i < 2; i++) {
        CHECK(0, "", "", SNARL_COMMAND, "report", operands[i], "--format=json", "-o", later);
        json_t *first = report_load(then), *second = report_load(later);
        assert_true(json_equal(report_at(first, "findings"), report_at(second, "findings")));
        assert_int_equal(json_array_size(report_at(second, "findings")), 1);
        assert_true(json_equal(report_at(first, "statistics"), report_at(second, "statistics")));
        json_decref(first);
        json_decref(second);
    }
    free(keep), free(then), free(later), free(recording);
}

/* A second run into the same directory reports itself alone. */
static void earlier_recordings_are_left_out(void **state)
{
    (void)state;
    char *keep = path_in(directory, "twice"), *path = path_in(directory, "twice.json"), *recording;
    struct command_result result = COMMAND(SNARL_COMMAND, "run", "-k", keep, "-o", "/dev/null",
                                           SNARL_SCENARIOS "/deadlock_relock");
    assert_int_equal(result.status, 66);
    command_free(&result);
    result = COMMAND(SNARL_COMMAND, "run", "-k", keep, "-f", "json", "-o", path,
                     SNARL_SCENARIOS "/thread_join");
    assert_int_equal(result.status, 0);
    command_free(&result);
    json_t *report = report_load(path);
    assert_int_equal(json_array_size(report_at(report, "processes")), 1);
    json_decref(report);
    assert_int_equal(count_entries(keep, &recording), 2);
    free(keep), free(path), free(recording);
}

static void nothing_else_is_left_behind(void **state)
{
    (void)state;
    char *temporary = path_in(directory, "temporary"), *left;
    char variable[4096];
    assert_int_equal(mkdir(temporary, 0700), 0);
    snprintf(variable, sizeof variable, "TMPDIR=%s", temporary);
    struct command command = {.arguments = (const char *[]){SNARL_COMMAND, "run", "-o", "/dev/null",
                                                            SNARL_SCENARIOS "/deadlock_abba", NULL},
                              .environment = (const char *[]){variable, NULL}};
    struct command_result result = command_run(&command);
    assert_int_equal(result.status, 66);
    assert_int_equal(count_entries(temporary, &left), 0);
    command_free(&result);
    free(temporary);
}

static void a_child_s_recording_follows_the_program_s(void **state)
{
    (void)state;
    char *path = path_in(directory, "tree.json");
    struct command_result result = COMMAND(
        SNARL_COMMAND, "run", "-f", "json", "-o", path, "sh", "-c", "\"$0\"; \"$1\"; exit 5",
        SNARL_SCENARIOS "/thread_join", SNARL_SCENARIOS "/deadlock_abba_latent");
    assert_int_equal(result.status, 66);
    json_t *report = report_load(path);
    assert_int_equal(json_integer_value(report_at(report, "program.exit_code")), 5);
    assert_string_equal(json_string_value(report_at(report, "processes.0.argv.0")), "sh");
    char *findings = report_findings(report);
    assert_string_equal(findings,
                        "lock-order-cycle predicted error\n"
                        "  payer holds alice.lock (pay) wants bob.lock (pay)\n"
                        "  refunder holds bob.lock (refund) wants alice.lock "
                        "(refund)\n");
    free(findings);
    json_decref(report);
    command_free(&result);
    free(path);
}

/* An empty recording among others: what its process did is lost, and only that. */
static void an_empty_recording_is_a_loss(void **state)
{
    (void)state;
    char *keep = path_in(directory, "lossy"), *path = path_in(directory, "lossy.json");
    char *silent = path_in(keep, "rec.4711.00000000.rec");
    struct command_result result = COMMAND(SNARL_COMMAND, "run", "-k", keep, "-o", "/dev/null",
                                           SNARL_SCENARIOS "/deadlock_relock");
    assert_int_equal(result.status, 66);
    command_free(&result);
    file_write(silent, "SNARL", 5, 0600);
    CHECK(0, "", "", SNARL_COMMAND, "report", keep, "-f", "json", "-o", path);
    json_error_t error;
    json_t *report = json_load_file(path, 0, &error);
    assert_non_null(report);
    assert_true(json_is_false(report_at(report, "complete")));
    assert_int_equal(json_array_size(report_at(report, "losses")), 1);
    assert_string_equal(json_string_value(report_at(report, "losses.0")),
                        "process 4711 was ended before it could record anything");
    assert_int_equal(json_array_size(report_at(report, "findings")), 1);
    json_decref(report);
    free(keep), free(path), free(silent);
}

static void check_trouble(const char *path, const char *message)
{
    char line[4096];
    snprintf(line, sizeof line, "snarl: error: %s%s\n", path, message);
    CHECK(125, "", line, SNARL_COMMAND, "report", path);
}

/* Nobody may take it for a clean run; nor, merged, anything that it is part of. */
static void what_was_cut_off_is_not_simply_nothing_found(void **state)
{
    (void)state;
    char *keep = path_in(directory, "to_cut"), *cut = path_in(directory, "cut.rec"), *recording;
    char *merged = path_in(directory, "merged.rec");
    struct command_result result = COMMAND(SNARL_COMMAND, "run", "-k", keep, "-o", "/dev/null",
                                           SNARL_SCENARIOS "/deadlock_relock");
    assert_int_equal(result.status, 66);
    command_free(&result);
    assert_int_equal(count_entries(keep, &recording), 1);
    size_t size;
    char *bytes = file_read(recording, &size);
    file_write(cut, bytes, size - 300, 0600); /* with the deadlock, which came last */
    CHECK(0, "", "", SNARL_COMMAND, "merge", cut, "-o", merged);
    const char *const operands[] = {cut, merged};
    for (size_t i = 0; i < 2; i++) {
        result = COMMAND(SNARL_COMMAND, "report", operands[i]);
        assert_int_equal(result.status, 0);
        static const char expected[] = "snarl: nothing found (not all could be read) in";
        assert_int_equal(strncmp(result.output, expected, sizeof expected - 1), 0);
        command_free(&result);
    }
    free(keep), free(cut), free(recording), free(merged), free(bytes);
}

static void what_is_no_recording_is_one_line(void **state)
{
    (void)state;
    char *path = path_in(directory, "none.rec"), *empty = path_in(directory, "empty");
    char line[4096];
    assert_int_equal(mkdir(empty, 0700), 0);
    snprintf(line, sizeof line, "snarl: error: \"%s\": no recordings (*.rec) in this directory\n",
             empty);
    CHECK(125, "", line, SNARL_COMMAND, "report", empty);
    file_write(path, "this is no recording, but it is long enough for a header", 56, 0600);
    check_trouble(path, ": not a recording of snarl's");
    free(path), free(empty);
}

static void a_directory_that_cannot_be_kept_in_is_trouble(void **state)
{
    (void)state;
    CHECK(125, "",
          "snarl: error: cannot keep recordings in \"/nonexistent/kept\": No such file or "
          "directory\n",
          SNARL_COMMAND, "run", "--keep", "/nonexistent/kept", "echo", "must not run");
    char *colon = path_in(directory, "a:b"), line[4096];
    snprintf(line, sizeof line,
             "snarl: error: \"%s\": recordings cannot lie in a path with a colon\n", colon);
    CHECK(125, "", line, SNARL_COMMAND, "run", "--keep", colon, "echo", "must not run");
    free(colon);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_kept_recording_makes_the_same_report),
        cmocka_unit_test(earlier_recordings_are_left_out),
        cmocka_unit_test(nothing_else_is_left_behind),
        cmocka_unit_test(a_child_s_recording_follows_the_program_s),
        cmocka_unit_test(an_empty_recording_is_a_loss),
        cmocka_unit_test(what_was_cut_off_is_not_simply_nothing_found),
        cmocka_unit_test(what_is_no_recording_is_one_line),
        cmocka_unit_test(a_directory_that_cannot_be_kept_in_is_trouble),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
