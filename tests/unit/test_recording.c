/* The writer and the reader mirror each other; the writer keeps to its own file, whatever the host
 * does to it. */
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
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "recording/reader.h"
#include "recording_sample.h"

static char *directory;

static int enter(void **state)
{
    (void)state;
    directory = sample_directory();
    return 0;
}

static int leave(void **state)
{
    (void)state;
    sample_remove(directory);
    return 0;
}

static void open_writer(struct snarl_writer *writer)
{
    char prefix[256];
    snprintf(prefix, sizeof prefix, "%s/test", directory);
    assert_true(snarl_writer_open(writer, prefix, NULL));
}

static void open_reader(struct snarl_reader *reader, const char *path)
{
    char error[256] = "";
    if (!snarl_reader_open(reader, path, error, sizeof error))
        fail_msg("%s", error);
}

/* A fact that carries a number: an end. */
static bool append_number(struct snarl_writer *writer, uint64_t number)
{
    struct snarl_fact_end fact = {.header.kind = SNARL_FACT_END, .at = number};
    struct iovec part = {&fact, sizeof fact};
    return snarl_writer_append(writer, &part, 1);
}

/* The recording holds these numbers and nothing else, and nothing is lost. */
static void assert_numbers(const char *path, uint64_t first, uint64_t last)
{
    struct snarl_reader reader;
    open_reader(&reader, path);
    const struct snarl_fact_header *fact;
    uint64_t number = first;
    for (; (fact = snarl_reader_next(&reader)) != NULL; number++) {
        assert_int_equal(fact->kind, SNARL_FACT_END);
        assert_int_equal(((const struct snarl_fact_end *)fact)->at, number);
    }
    assert_int_equal(number, last + 1);
    assert_int_equal(reader.lost, 0);
    snarl_reader_close(&reader);
}

/*
 * One fact of each kind: the fixed part is random but for what the reader counts on, set by fill_;
 * the rest, up to 60 bytes of any length, is random too.
 */
enum {
    REST = 60
};

struct written {
    struct snarl_fact_header *fact;
    size_t size;
};

static void fill_process(struct snarl_fact_process *fact)
{
    fact->argument_count = 3;
    fact->environment_count = 0;
    fact->strings_size = REST;
    memcpy(fact->strings, "/bin/true\0/\0true\0-x", 20);
    fact->strings[REST - 1] = '\0';
}

static void fill_calls(struct snarl_fact_calls *fact)
{
    fact->count = 1;
    fact->strings_size = 5;
    memcpy(fact->strings, "lock", 5);
}

static void fill_module(struct snarl_fact_module *fact)
{
    fact->build_id_size = 32;
    fact->start = 0x1000;
    fact->end = UINT64_MAX;
    fact->path_size = 9;
    memcpy(fact->path, "/lib/x.so", 9);
    fact->path[8] = '\0';
}

static void fill_stack(struct snarl_fact_stack *fact)
{
    fact->count = REST / 8;
}

static void fill_thread(struct snarl_fact_thread *fact)
{
    fact->held_count = REST / 8;
}

static void fill_thread_name(struct snarl_fact_thread_name *fact)
{
    fact->name[SNARL_NAME_SIZE - 1] = '\0';
}

static void fill_dependency(struct snarl_fact_dependency *fact)
{
    fact->held_count = 1;
}

static void fill_deadlock(struct snarl_fact_deadlock *fact)
{
    struct snarl_deadlock_step *step = (struct snarl_deadlock_step *)fact->steps;
    fact->count = 1;
    step->held_count = 2;
}

static void fill_table(struct snarl_fact_table *fact)
{
    fact->rows_offset = sizeof *fact + 8;
    fact->row_count = 0;
}

static void fill_start(struct snarl_fact_start *fact)
{
    fact->path_size = REST;
    fact->path[REST - 1] = '\0';
}

static void fill_thread_stack(struct snarl_fact_thread_stack *fact)
{
    fact->count = 0;
}

#define fill_thread_end(fact) ((void)(fact))
#define fill_join(fact) ((void)(fact))
#define fill_lock(fact) ((void)(fact))
#define fill_segment(fact) ((void)(fact))
#define fill_start_failed(fact) ((void)(fact))
#define fill_loss(fact) ((void)(fact))
#define fill_end(fact) ((void)(fact))

static struct written write_random(struct snarl_writer *writer, uint32_t kind, size_t fixed,
                                   struct snarl_fact_header *fact)
{
    fact->kind = kind;
    size_t rest = kind % 2 == 0 ? REST : REST + kind % 8;
    size_t cut = rest / 2;
    struct iovec parts[] = {{fact, fixed},
                            {(char *)fact + fixed, cut},
                            {NULL, 0},
                            {(char *)fact + fixed + cut, rest - cut}};
    assert_true(snarl_writer_append(writer, parts, sizeof parts / sizeof parts[0]));
    return (struct written){fact, fixed + rest};
}

static struct snarl_fact_header *random_fact(size_t fixed)
{
    unsigned char *bytes = test_malloc(fixed + REST + 8);
    for (size_t i = 0; i < fixed + REST + 8; i++)
        bytes[i] = (unsigned char)(1 + rand() % 255);
    return (void *)bytes;
}

static void assert_same(const struct snarl_fact_header *read, const struct written *written)
{
    assert_non_null(read);
    assert_int_equal(read->size, (written->size + 7) / 8 * 8);
    assert_memory_equal(read, written->fact, written->size);
    for (size_t i = written->size; i < read->size; i++)
        assert_int_equal(((const char *)read)[i], 0);
}

static void every_kind_comes_back_byte_for_byte(void **state)
{
    (void)state;
    enum {
        ROUNDS = 20,
        MOST = 2000
    };
    static struct written written[MOST];
    size_t count = 0;
    struct snarl_writer writer;
    open_writer(&writer);
    srand(1);
    for (int round = 0; round < ROUNDS; round++) {
#define FACT(identifier, number, name)                                                             \
    {                                                                                              \
        size_t fixed = sizeof(struct snarl_fact_##name);                                           \
        struct snarl_fact_header *fact = random_fact(fixed);                                       \
        fill_##name((struct snarl_fact_##name *)(void *)fact);                                     \
        assert_true(count < MOST);                                                                 \
        written[count++] = write_random(&writer, SNARL_FACT_##identifier, fixed, fact);            \
    }
        SNARL_FACTS(FACT)
#undef FACT
    }
    snarl_writer_close(&writer);

    struct snarl_reader reader;
    open_reader(&reader, writer.path);
    assert_int_equal(reader.header->pid, getpid());
    assert_int_equal(reader.header->version, SNARL_RECORDING_VERSION);
    for (size_t i = 0; i < count; i++)
        assert_same(snarl_reader_next(&reader), &written[i]);
    assert_null(snarl_reader_next(&reader));
    assert_null(snarl_reader_next(&reader));
    assert_int_equal(reader.lost, 0);
    snarl_reader_rewind(&reader);
    assert_same(snarl_reader_next(&reader), &written[0]);
    snarl_reader_close(&reader);
    for (size_t i = 0; i < count; i++)
        test_free(written[i].fact);
}

static void a_deadlock_is_read_step_by_step(void **state)
{
    (void)state;
    struct sample sample;
    sample_begin(&sample, directory, &(struct sample_style){0});
    sample_deadlock(&sample,
                    (struct sample_step[]){{1, SNARL_WANTS_LOCK, 5, 6, {0, 0}},
                                           {2, SNARL_WANTS_THREAD, 3, 7, {8, 9}},
                                           {3, SNARL_WANTS_LOCK, 4, 10, {0, 0}}},
                    3);
    sample_close(&sample);
    struct snarl_reader reader;
    open_reader(&reader, sample.writer.path);
    const struct snarl_fact_deadlock *fact = (const void *)snarl_reader_next(&reader);
    assert_int_equal(fact->count, 3);
    const struct snarl_deadlock_step *step = snarl_reader_first_step(fact);
    assert_int_equal(step->thread, 1);
    step = snarl_reader_step_after(step);
    assert_int_equal(step->object, 3);
    assert_int_equal(step->held_count, 1);
    assert_int_equal(step->held[0].stack, 9);
    step = snarl_reader_step_after(step);
    assert_int_equal(step->stack, 10);
    snarl_reader_close(&reader);
}

static void files_have_names_of_their_own(void **state)
{
    (void)state;
    enum {
        FILES = 100
    };
    for (int i = 0; i < FILES; i++) {
        struct snarl_writer writer;
        open_writer(&writer);
        struct stat status;
        assert_int_equal(fstat(writer.descriptor, &status), 0);
        assert_int_equal(status.st_mode, S_IFREG | 0600);
        assert_int_equal(fcntl(writer.descriptor, F_GETFD), FD_CLOEXEC);
        snarl_writer_close(&writer);
        assert_int_equal(writer.descriptor, -1);
    }
    DIR *stream = opendir(directory);
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
    open_writer(&writer);
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
    snprintf(prefix, sizeof prefix, "%s/none/test", directory);
    assert_false(snarl_writer_open(&writer, prefix, directory));
    assert_int_equal(writer.error, ENOENT);

    char here[4096];
    assert_non_null(getcwd(here, sizeof here));
    assert_int_equal(chdir("/proc"), 0); /* nobody can make a file here */
    assert_true(snarl_writer_open(&writer, "test", directory));
    assert_memory_equal(writer.path, directory, strlen(directory));
    snarl_writer_close(&writer);
    assert_int_equal(chdir(directory), 0);
    assert_true(snarl_writer_open(&writer, "test", NULL));
    assert_memory_equal(writer.path, directory, strlen(directory));
    snarl_writer_close(&writer);
    assert_int_equal(chdir(here), 0);
}

static void a_descriptor_taken_over_by_the_host_is_let_alone(void **state)
{
    (void)state;
    struct snarl_writer writer;
    open_writer(&writer);
    assert_true(append_number(&writer, 1));
    int old = writer.descriptor;
    assert_int_equal(close(old), 0);
    assert_true(append_number(&writer, 2));
    assert_int_equal(close(writer.descriptor), 0);

    char path[256];
    snprintf(path, sizeof path, "%s/other", directory);
    int other = open(path, O_RDWR | O_CREAT, 0600);
    assert_int_equal(write(other, "mine", 4), 4);
    old = writer.descriptor;
    assert_int_equal(dup2(other, old), old);
    for (uint64_t number = 3; number <= 10; number++)
        assert_true(append_number(&writer, number));
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
    assert_numbers(writer.path, 1, 10);
}

static void closing_does_not_close_what_is_the_hosts(void **state)
{
    (void)state;
    struct snarl_writer writer;
    open_writer(&writer);
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
    open_writer(&writer);
    close(writer.descriptor);
    assert_int_equal(unlink(writer.path), 0);
    assert_false(append_number(&writer, 1));
    assert_int_equal(writer.error, ENOENT);

    int other = open(writer.path, O_RDWR | O_CREAT, 0600); /* of the same name, even */
    assert_false(append_number(&writer, 1));
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
    open_writer(&writer);
    int kept = writer.descriptor; /* keeps the inode, so that its number is not given away */
    char aside[256];
    snprintf(aside, sizeof aside, "%s/aside", directory);
    assert_int_equal(rename(writer.path, aside), 0);
    int other = open(writer.path, O_RDWR | O_CREAT, 0600);
    close(kept);
    assert_false(append_number(&writer, 1));
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
    open_writer(&writer);
    size_t fact = sizeof(struct snarl_fact_end);
    assert_int_equal(signal(SIGXFSZ, SIG_DFL), SIG_DFL);
    limit_file_size(sizeof(struct snarl_file_header) + 3 * fact + fact / 2);
    assert_null(snarl_writer_table(&writer)); /* too large, but no reason to stop */
    for (uint64_t number = 1; number <= 3; number++)
        assert_true(append_number(&writer, number));
    assert_false(append_number(&writer, 4));
    assert_int_equal(writer.error, EFBIG);
    limit_file_size(RLIM_INFINITY);
    assert_false(append_number(&writer, 5));
    snarl_writer_close(&writer);
    assert_numbers(writer.path, 1, 3);
}

static void rows_written_through_the_mapping_are_read(void **state)
{
    (void)state;
    struct snarl_writer writer;
    open_writer(&writer);
    assert_true(append_number(&writer, 1));
    struct snarl_fact_table *tables[2];
    for (int i = 0; i < 2; i++) {
        tables[i] = snarl_writer_table(&writer);
        assert_non_null(tables[i]);
        assert_int_equal(tables[i]->row_count, SNARL_TABLE_ROWS);
        assert_int_equal((uintptr_t)snarl_table_rows(tables[i]) % SNARL_TABLE_ALIGN, 0);
        assert_true(append_number(&writer, 2));
    }
    for (uint32_t row = 0; row < SNARL_TABLE_ROWS; row++) {
        snarl_table_rows(tables[0])[row] =
            (struct snarl_thread_row){.state = SNARL_ROW_ALIVE, .thread = 100 + row};
        snarl_table_rows(tables[1])[row].held[SNARL_ROW_HELD - 1].stack = row;
    }
    tables[0]->acquisitions = 12345;
    close(writer.descriptor); /* the mapping stays */
    tables[0]->threads = 7;

    struct snarl_reader reader;
    open_reader(&reader, writer.path);
    assert_int_equal(snarl_reader_next(&reader)->kind, SNARL_FACT_END);
    for (int i = 0; i < 2; i++) {
        const struct snarl_fact_table *table = (const void *)snarl_reader_next(&reader);
        assert_int_equal(table->header.kind, SNARL_FACT_TABLE);
        assert_memory_equal(table, tables[i], table->header.size);
        assert_int_equal(table->acquisitions, i == 0 ? 12345 : 0);
        assert_int_equal(table->threads, i == 0 ? 7 : 0);
        for (uint32_t row = 0; row < SNARL_TABLE_ROWS; row++) {
            const struct snarl_thread_row *read = snarl_reader_row(table, row);
            assert_int_equal(read->thread, i == 0 ? 100 + row : 0);
            assert_int_equal(read->held[SNARL_ROW_HELD - 1].stack, i == 0 ? 0 : row);
        }
        assert_int_equal(snarl_reader_next(&reader)->kind, SNARL_FACT_END);
    }
    assert_null(snarl_reader_next(&reader));
    assert_int_equal(reader.lost, 0);
    snarl_reader_close(&reader);
}

static void unknown_kinds_are_skipped(void **state)
{
    (void)state;
    struct snarl_writer writer;
    open_writer(&writer);
    for (uint64_t number = 1; number <= 3; number++) {
        struct snarl_fact_header unknown = {.kind = UINT32_MAX - (uint32_t)number};
        struct iovec parts[] = {{&unknown, sizeof unknown}, {(void *)(uintptr_t) "xyz", number}};
        assert_true(snarl_writer_append(&writer, parts, 2));
        assert_true(append_number(&writer, number));
    }
    snarl_writer_close(&writer);
    assert_numbers(writer.path, 1, 3);
}

static void assert_refused(const char *path, const char *reason)
{
    struct snarl_reader reader;
    char error[1024] = "", expected[1024];
    assert_false(snarl_reader_open(&reader, path, error, sizeof error));
    snprintf(expected, sizeof expected, "%s: %s", path, reason);
    assert_string_equal(error, expected);
    assert_null(reader.memory);
}

static void what_is_no_recording_is_refused_in_one_line(void **state)
{
    (void)state;
    struct snarl_writer writer;
    open_writer(&writer);
    off_t place = offsetof(struct snarl_file_header, version);
    uint32_t version = 2;
    assert_int_equal(pwrite(writer.descriptor, &version, sizeof version, place), sizeof version);
    assert_refused(writer.path, "a recording of version 2; this snarl reads version 1");
    version = 1;
    assert_int_equal(pwrite(writer.descriptor, &version, sizeof version, place), sizeof version);
    uint32_t size = 4;
    place = offsetof(struct snarl_file_header, size);
    assert_int_equal(pwrite(writer.descriptor, &size, sizeof size, place), sizeof size);
    assert_refused(writer.path, "damaged header");
    assert_int_equal(ftruncate(writer.descriptor, 20), 0);
    assert_refused(writer.path, "cut off within its header");
    assert_int_equal(pwrite(writer.descriptor, "#!/bin/sh", 9, 0), 9);
    assert_refused(writer.path, "not a recording of snarl's");
    assert_int_equal(ftruncate(writer.descriptor, 0), 0);
    assert_refused(writer.path, "empty, not a recording");
    snarl_writer_close(&writer);
    assert_refused(directory, "not a file");
    assert_refused("/nowhere/at/all.rec", "No such file or directory");

    char pipe[256];
    snprintf(pipe, sizeof pipe, "%s/pipe", directory);
    assert_int_equal(mkfifo(pipe, 0600), 0);
    assert_refused(pipe, "not a file"); /* rather than wait for somebody to write into it */
}

static void a_forked_child_lets_go_of_the_file(void **state)
{
    (void)state;
    struct snarl_writer writer;
    open_writer(&writer);
    assert_true(append_number(&writer, 1));
    pid_t child = fork();
    if (child == 0) {
        struct snarl_writer own;
        char prefix[256];
        snarl_writer_close(&writer);
        snprintf(prefix, sizeof prefix, "%s/child", directory);
        bool good = snarl_writer_open(&own, prefix, NULL) && append_number(&own, 7);
        _exit(good ? 0 : 1);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_true(append_number(&writer, 2));
    snarl_writer_close(&writer);
    assert_numbers(writer.path, 1, 2);
}

static void a_recording_is_taken_up_again_where_its_facts_end(void **state)
{
    (void)state;
    struct snarl_writer writer, again;
    open_writer(&writer);
    assert_true(append_number(&writer, 1));
    assert_true(append_number(&writer, 2));
    snarl_writer_close(&writer);
    assert_true(snarl_writer_reopen(&again, writer.path));
    assert_true(append_number(&again, 3));
    close(again.descriptor); /* it knows its path */
    assert_true(append_number(&again, 4));
    snarl_writer_close(&again);
    assert_numbers(writer.path, 1, 4);

    /* Killed in the middle of a fact. */
    struct stat status;
    assert_int_equal(stat(writer.path, &status), 0);
    assert_int_equal(truncate(writer.path, status.st_size - 3), 0);
    assert_true(snarl_writer_reopen(&again, writer.path));
    assert_true(append_number(&again, 4));
    assert_true(append_number(&again, 5));
    snarl_writer_close(&again);
    assert_numbers(writer.path, 1, 5);
}

static void only_a_recording_is_taken_up(void **state)
{
    (void)state;
    char path[256], content[64];
    snprintf(path, sizeof path, "%s/letter", directory);
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

#define TEST(name) cmocka_unit_test_setup_teardown(name, enter, leave)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(every_kind_comes_back_byte_for_byte),
        TEST(a_deadlock_is_read_step_by_step),
        TEST(files_have_names_of_their_own),
        TEST(a_mask_of_the_host_changes_no_mode),
        TEST(a_prefix_is_tried_elsewhere_only_without_a_slash),
        TEST(a_descriptor_taken_over_by_the_host_is_let_alone),
        TEST(closing_does_not_close_what_is_the_hosts),
        TEST(a_file_that_has_gone_is_given_up_once),
        TEST(a_file_in_its_place_is_not_taken_for_it),
        TEST(a_limit_of_size_ends_the_recording_without_a_signal),
        TEST(rows_written_through_the_mapping_are_read),
        TEST(unknown_kinds_are_skipped),
        TEST(what_is_no_recording_is_refused_in_one_line),
        TEST(a_forked_child_lets_go_of_the_file),
        TEST(a_recording_is_taken_up_again_where_its_facts_end),
        TEST(only_a_recording_is_taken_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
