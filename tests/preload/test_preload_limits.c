/* Hosts that leave little room, and programs that go on for long. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/cmocka_all.h"
#include "watched.h"

static void a_daemon_s_own_files_stay_clean(void **state)
{
    (void)state;
    struct watched watched = watched_run(&(struct watch){
        .arguments = (const char *const[]){"descriptors", "closes-all", NULL}, .loud = true});
    assert_string_equal(watched.result.output, "clean\n");
    assert_string_equal(watched.result.error, "");
    assert_int_equal(watched.result.status, 0);
    watched_check_complete(&watched);
    assert_false(watched.report->processes[0].ended); /* recorded to its end */
    assert_int_equal(watched.report->statistics.acquisitions, 2 * 126);
    assert_int_equal(watched.report->statistics.dependencies, 2 * 63);
    for (int i = 0; i < 100; i++) {
        char name[32];
        struct stat status;
        snprintf(name, sizeof name, "own.%d", i);
        char *path = path_in(watched.directory, name);
        assert_int_equal(stat(path, &status), 0);
        assert_int_equal(status.st_size, 17);
        free(path);
    }
    watched_free(&watched);
}

/* One line, no signal, and the report names the loss. */
static void a_limit_on_file_sizes_ends_the_recording_only(void **state)
{
    (void)state;
    struct watched watched = WATCH(NULL, "descriptors", "small-files");
    assert_string_equal(watched.result.output, "no signal\n");
    assert_int_equal(watched.result.status, 0);
    assert_string_equal(
        watched.result.error,
        "snarl: the recording could not be written to and ends here: File too large\n");
    assert_int_equal(watched.report->loss_count, 1);
    assert_non_null(strstr(watched.report->losses[0], "could not be written to any more"));
    watched_free(&watched);
}

/* Ours is out of the way of the host's: it gets as many as without, and the same numbers. */
static void few_descriptors_are_enough(void **state)
{
    (void)state;
    UNHARMED(2 * 126, "descriptors", "few-descriptors");
}

static void a_full_disk_ends_the_recording_only(void **state)
{
    (void)state;
    char *directory = directory_make();
    if (mount("snarl-test", directory, "tmpfs", 0, "size=64k") != 0) {
        directory_remove(directory);
        print_message("SKIPPED: this needs the right to mount a file system\n");
        skip();
    }
    char *options;
    assert_true(asprintf(&options, "log_path=%s/full", directory) > 0);
    struct watched watched = WATCH(options, "descriptors", "writes-much");
    umount2(directory, MNT_DETACH);
    assert_string_equal(watched.result.output, "no signal\n");
    assert_int_equal(watched.result.status, 0);
    assert_string_equal(
        watched.result.error,
        "snarl: the recording could not be written to and ends here: No space left on device\n");
    watched_free(&watched);
    free(options);
    directory_remove(directory);
}

static void a_missing_directory_is_one_line(void **state)
{
    (void)state;
    struct watched watched =
        WATCH("log_path=/nonexistent/directory/rec", "descriptors", "locks-much");
    assert_string_equal(watched.result.output, "done\n");
    assert_int_equal(watched.result.status, 0);
    assert_string_equal(
        watched.result.error,
        "snarl: not watching: cannot create a recording: No such file or directory\n");
    assert_int_equal(watched.recording_count, 0);
    watched_free(&watched);
}

/* A name without a directory goes to TMPDIR where the current one cannot be written to. */
static void an_unwritable_directory_is_not_the_end(void **state)
{
    (void)state;
    char *temporary = directory_make(), *environment;
    assert_true(asprintf(&environment, "TMPDIR=%s", temporary) > 0);
    char *program = built_path("descriptors");
    struct command_result result = command_run(&(struct command){
        .arguments = (const char *const[]){program, "locks-much", NULL},
        .environment =
            (const char *const[]){"LD_PRELOAD=" SNARL_LIBRARY,
                                  "SNARL_OPTIONS=quiet=1:log_path=there", environment, NULL},
        .directory = "/proc"});
    assert_string_equal(result.error, "");
    assert_string_equal(result.output, "done\n");
    char own[64];
    snprintf(own, sizeof own, "there.%d.", (int)result.pid);
    DIR *directory = opendir(temporary);
    int count = 0;
    for (const struct dirent *entry; (entry = readdir(directory)) != NULL;)
        count += strncmp(entry->d_name, own, strlen(own)) == 0;
    closedir(directory);
    assert_int_equal(count, 1);
    command_free(&result);
    directory_remove(temporary);
    free(environment);
    free(program);
}

/* How many KiB the process grew by, with and without. */
static long growth(const char *what, const char *first, const char *second, bool plain)
{
    struct watched watched = watched_run(&(struct watch){
        .arguments = (const char *const[]){"many", what, first, second, NULL}, .plain = plain});
    assert_string_equal(watched.result.error, "");
    assert_int_equal(watched.result.status, 0);
    if (!plain) {
        watched_check_complete(&watched);
        assert_int_equal(watched.report->finding_count, 0);
        assert_true(watched.report->statistics.acquisitions >=
                    strtoul(first, NULL, 10) + strtoul(second, NULL, 10));
    }
    long kib = strtol(watched.result.output, NULL, 10);
    watched_free(&watched);
    return kib;
}

/* 20,000 threads of 100 bytes each would be 2 MB. */
static void memory_is_flat_over_threads(void **state)
{
    (void)state;
    static const char *const ways[] = {"joined", "detached", "joined-unseen", "nested"};
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++)
        assert_true(growth(ways[i], "1000", "20000", false) -
                        growth(ways[i], "1000", "20000", true) <
                    1024);
}

static void memory_is_flat_over_mutexes(void **state)
{
    (void)state;
    assert_true(growth("mutexes", "10000", "1000000", false) -
                    growth("mutexes", "10000", "1000000", true) <
                1024);
    assert_true(growth("wanted", "1000", "20000", false) - growth("wanted", "1000", "20000", true) <
                1024);
}

/* Locks that are never nested leave nothing in the recording, however many. */
static void recordings_do_not_grow_with_locks(void **state)
{
    (void)state;
    off_t sizes[2];
    for (int i = 0; i < 2; i++) {
        struct watched watched = WATCH(NULL, "many", "mutexes", i == 0 ? "1" : "900", "1");
        struct stat status;
        assert_int_equal(stat(watched.recordings[0], &status), 0);
        sizes[i] = status.st_size;
        watched_free(&watched);
    }
    assert_true(sizes[1] - sizes[0] < 1024);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_daemon_s_own_files_stay_clean),
        cmocka_unit_test(a_limit_on_file_sizes_ends_the_recording_only),
        cmocka_unit_test(few_descriptors_are_enough),
        cmocka_unit_test(a_full_disk_ends_the_recording_only),
        cmocka_unit_test(a_missing_directory_is_one_line),
        cmocka_unit_test(an_unwritable_directory_is_not_the_end),
        cmocka_unit_test(memory_is_flat_over_threads),
        cmocka_unit_test(memory_is_flat_over_mutexes),
        cmocka_unit_test(recordings_do_not_grow_with_locks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
