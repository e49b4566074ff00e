/* The writer keeps to its own file, whatever the host program does to it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "recording_ask.h"

static void files_have_names_of_their_own(void **state)
{
    (void)state;
    enum {
        FILES = 100
    };
    for (int i = 0; i < FILES; i++) {
        struct snarl_writer writer;
        recording_writer(&writer);
        struct stat status;
        assert_int_equal(fstat(writer.descriptor, &status), 0);
        assert_int_equal(status.st_mode, S_IFREG | 0600);
        assert_int_equal(fcntl(writer.descriptor, F_GETFD), FD_CLOEXEC);
        snarl_writer_close(&writer);
        assert_int_equal(writer.descriptor, -1);
    }
    DIR *stream = opendir(recording_directory);
    assert_non_null(stream);
    char prefix[64];
    size_t length = (size_t)snprintf(prefix, sizeof prefix, "test.%d.", getpid());
    int count = 0;
    for (struct dirent *entry; (entry = readdir(stream)) != NULL;) {
        if (entry->d_name[0] == '.')
            continue;
        assert_memory_equal(entry->d_name, prefix, length);
        assert_string_equal(entry->d_name + length + 8, ".rec");
        count++;
    }
    closedir(stream);
    assert_int_equal(count, FILES);
}

static void a_mask_of_the_host_changes_no_mode(void **state)
{
    (void)state;
    struct snarl_writer writer;
    mode_t mask = umask(0777);
    recording_writer(&writer);
    umask(mask);
    struct stat status;
    assert_int_equal(fstat(writer.descriptor, &status), 0);
    assert_int_equal(status.st_mode, S_IFREG | 0600);
    snarl_writer_close(&writer);
}

static void a_prefix_is_tried_elsewhere_only_without_a_slash(void **state)
{
    (void)state;
    struct snarl_writer writer;
    char prefix[256];
    snprintf(prefix, sizeof prefix, "%s/none/test", recording_directory);
    assert_false(snarl_writer_open(&writer, prefix, recording_directory));
    assert_int_equal(writer.error, ENOENT);

    char here[4096];
    assert_non_null(getcwd(here, sizeof here));
    assert_int_equal(chdir("/proc"), 0); /* nobody can make a file here */
    assert_true(snarl_writer_open(&writer, "test", recording_directory));
    assert_memory_equal(writer.path, recording_directory, strlen(recording_directory));
    snarl_writer_close(&writer);
    assert_int_equal(chdir(recording_directory), 0);
    assert_true(snarl_writer_open(&writer, "test", NULL));
    assert_memory_equal(writer.path, recording_directory, strlen(recording_directory));
    snarl_writer_close(&writer);
    assert_int_equal(chdir(here), 0);
}

static void a_descriptor_taken_over_by_the_host_is_let_alone(void **state)
{
    (void)state;
    struct snarl_writer writer;
    recording_writer(&writer);
    assert_true(recording_append(&writer, 1));
    int old = writer.descriptor;
    assert_int_equal(close(old), 0);
    assert_true(recording_append(&writer, 2));
    assert_int_equal(close(writer.descriptor), 0);

    char path[256];
    snprintf(path, sizeof path, "%s/other", recording_directory);
    int other = open(path, O_RDWR | O_CREAT, 0600);
    assert_int_equal(write(other, "mine", 4), 4);
    old = writer.descriptor;
    assert_int_equal(dup2(other, old), old);
    for (uint64_t number = 3; number <= 10; number++)
        assert_true(recording_append(&writer, number));
    assert_int_not_equal(writer.descriptor, old);
    snarl_writer_close(&writer);

    struct stat status;
    assert_int_equal(fstat(old, &status), 0); /* still open, and as it was */
    assert_int_equal(status.st_size, 4);
    char content[4];
    assert_int_equal(pread(old, content, 4, 0), 4);
    assert_memory_equal(content, "mine", 4);
    close(old);
    close(other);
    recording_holds(writer.path, 1, 10);
}

static void closing_does_not_close_what_is_the_hosts(void **state)
{
    (void)state;
    struct snarl_writer writer;
    recording_writer(&writer);
    int number = writer.descriptor;
    int other = open("/dev/null", O_RDWR);
    assert_int_equal(dup2(other, number), number);
    snarl_writer_close(&writer);
    assert_int_not_equal(fcntl(number, F_GETFD), -1);
    close(number);
    close(other);
}

static void a_file_that_has_gone_is_given_up_once(void **state)
{
    (void)state;
    struct snarl_writer writer;
    recording_writer(&writer);
    close(writer.descriptor);
    assert_int_equal(unlink(writer.path), 0);
    assert_false(recording_append(&writer, 1));
    assert_int_equal(writer.error, ENOENT);

    int other = open(writer.path, O_RDWR | O_CREAT, 0600); /* of the same name, even */
    assert_false(recording_append(&writer, 1));
    assert_null(snarl_writer_table(&writer));
    assert_int_equal(writer.error, ENOENT);
    struct stat status;
    assert_int_equal(fstat(other, &status), 0);
    assert_int_equal(status.st_size, 0);
    close(other);
}

static void a_file_in_its_place_is_not_taken_for_it(void **state)
{
    (void)state;
    struct snarl_writer writer;
    recording_writer(&writer);
    int kept = writer.descriptor; /* keeps the inode, so that its number is not given away */
    char aside[256];
    snprintf(aside, sizeof aside, "%s/aside", recording_directory);
    assert_int_equal(rename(writer.path, aside), 0);
    int other = open(writer.path, O_RDWR | O_CREAT, 0600);
    close(kept);
    assert_false(recording_append(&writer, 1));
    assert_int_equal(writer.error, ESTALE);
    struct stat status;
    assert_int_equal(fstat(other, &status), 0);
    assert_int_equal(status.st_size, 0);
    close(other);
}

static void limit_file_size(rlim_t size)
{
    struct rlimit limit;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = size;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* SIGXFSZ would end the test. */
static void a_limit_of_size_ends_the_recording_without_a_signal(void **state)
{
    (void)state;
    struct snarl_writer writer;
    recording_writer(&writer);
    size_t fact = sizeof(struct snarl_fact_end);
    assert_int_equal(signal(SIGXFSZ, SIG_DFL), SIG_DFL);
    limit_file_size(sizeof(struct snarl_file_header) + 3 * fact + fact / 2);
    assert_null(snarl_writer_table(&writer)); /* too large, but no reason to stop */
    for (uint64_t number = 1; number <= 3; number++)
        assert_true(recording_append(&writer, number));
    assert_false(recording_append(&writer, 4));
    assert_int_equal(writer.error, EFBIG);
    limit_file_size(RLIM_INFINITY);
    assert_false(recording_append(&writer, 5));
    snarl_writer_close(&writer);
    recording_holds(writer.path, 1, 3);
}

static void a_forked_child_lets_go_of_the_file(void **state)
{
    (void)state;
    struct snarl_writer writer;
    recording_writer(&writer);
    assert_true(recording_append(&writer, 1));
    pid_t child = fork();
    if (child == 0) {
        struct snarl_writer own;
        char prefix[256];
        snarl_writer_close(&writer);
        snprintf(prefix, sizeof prefix, "%s/child", recording_directory);
        bool good = snarl_writer_open(&own, prefix, NULL) && recording_append(&own, 7);
        _exit(good ? 0 : 1);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_true(recording_append(&writer, 2));
    snarl_writer_close(&writer);
    recording_holds(writer.path, 1, 2);
}

static void a_recording_is_taken_up_again_where_its_facts_end(void **state)
{
    (void)state;
    struct snarl_writer writer, again;
    recording_writer(&writer);
    assert_true(recording_append(&writer, 1));
    assert_true(recording_append(&writer, 2));
    snarl_writer_close(&writer);
    assert_true(snarl_writer_reopen(&again, writer.path));
    assert_true(recording_append(&again, 3));
    close(again.descriptor); /* it knows its path */
    assert_true(recording_append(&again, 4));
    snarl_writer_close(&again);
    recording_holds(writer.path, 1, 4);

    /* Killed in the middle of a fact. */
    struct stat status;
    assert_int_equal(stat(writer.path, &status), 0);
    assert_int_equal(truncate(writer.path, status.st_size - 3), 0);
    assert_true(snarl_writer_reopen(&again, writer.path));
    assert_true(recording_append(&again, 4));
    assert_true(recording_append(&again, 5));
    snarl_writer_close(&again);
    recording_holds(writer.path, 1, 5);
}

static void only_a_recording_is_taken_up(void **state)
{
    (void)state;
    char path[256], content[64];
    snprintf(path, sizeof path, "%s/letter", recording_directory);
    int descriptor = open(path, O_RDWR | O_CREAT, 0600);
    static const char letter[] = "Dear Sir, this is no recording at all, so leave it alone please.";
    assert_int_equal(write(descriptor, letter, sizeof content), sizeof content);
    struct snarl_writer writer;
    assert_false(snarl_writer_reopen(&writer, path));
    assert_int_equal(writer.error, EINVAL);
    assert_int_equal(writer.descriptor, -1);
    assert_int_equal(pread(descriptor, content, sizeof content, 0), sizeof content);
    assert_memory_equal(content, letter, sizeof content);
    close(descriptor);
    assert_false(snarl_writer_reopen(&writer, "/nowhere/at/all.rec"));
    assert_int_equal(writer.error, ENOENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(files_have_names_of_their_own),
        TEST(a_mask_of_the_host_changes_no_mode),
        TEST(a_prefix_is_tried_elsewhere_only_without_a_slash),
        TEST(a_descriptor_taken_over_by_the_host_is_let_alone),
        TEST(closing_does_not_close_what_is_the_hosts),
        TEST(a_file_that_has_gone_is_given_up_once),
        TEST(a_file_in_its_place_is_not_taken_for_it),
        TEST(a_limit_of_size_ends_the_recording_without_a_signal),
        TEST(a_forked_child_lets_go_of_the_file),
        TEST(a_recording_is_taken_up_again_where_its_facts_end),
        TEST(only_a_recording_is_taken_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
