/* The writer and the reader mirror each other. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "recording_ask.h"
#include "recording_sample.h"

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

static void fill_join_held(struct snarl_fact_join_held *fact)
{
    fact->count = REST / 8;
}

static void fill_start(struct snarl_fact_start *fact)
{
    fact->path_size = REST;
    fact->path[REST - 1] = '\0';
}

static void fill_lock_name(struct snarl_fact_lock_name *fact)
{
    fact->name_size = REST;
    fact->name[REST - 1] = '\0';
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
#define fill_lock_change(fact) ((void)(fact))
#define fill_wake(fact) ((void)(fact))
#define fill_misuse(fact) ((void)(fact))
#define fill_asleep(fact) ((void)(fact))
#define fill_like(fact) ((void)(fact))
#define fill_arrival(fact) ((void)(fact))
#define fill_found_done(fact) ((void)(fact))
#define fill_hand_off(fact) ((void)(fact))
#define fill_shape(fact) ((void)(fact))
#define fill_run(fact) ((void)(fact))
#define fill_identity(fact) ((void)(fact))
#define fill_chaos(fact) ((void)(fact))
#define fill_steered(fact) ((void)(fact))
#define fill_event(fact) ((void)(fact))
#define fill_race(fact)                                                                            \
    ((fact)->size = 4, (fact)->sides[0].held_count = 0, (fact)->sides[1].held_count = 1)

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
    recording_writer(&writer);
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
    recording_reader(&reader, writer.path);
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
    sample_begin(&sample, recording_directory, &(struct sample_style){0});
    sample_deadlock(&sample,
                    (struct sample_step[]){{1, SNARL_WANTS_LOCK, 5, 6, sample_held(0, 0), 0},
                                           {2, SNARL_WANTS_THREAD, 3, 7, sample_held(8, 9), 0},
                                           {3, SNARL_WANTS_LOCK, 4, 10, sample_held(0, 0), 0}},
                    3);
    sample_close(&sample);
    struct snarl_reader reader;
    recording_reader(&reader, sample.writer.path);
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

static void rows_written_through_the_mapping_are_read(void **state)
{
    (void)state;
    struct snarl_writer writer;
    recording_writer(&writer);
    assert_true(recording_append(&writer, 1));
    struct snarl_fact_table *tables[2];
    for (int i = 0; i < 2; i++) {
        tables[i] = snarl_writer_table(&writer);
        assert_non_null(tables[i]);
        assert_int_equal(tables[i]->row_count, SNARL_TABLE_ROWS);
        assert_int_equal((uintptr_t)snarl_table_rows(tables[i]) % SNARL_TABLE_ALIGN, 0);
        assert_true(recording_append(&writer, 2));
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
    recording_reader(&reader, writer.path);
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
    recording_writer(&writer);
    for (uint64_t number = 1; number <= 3; number++) {
        struct snarl_fact_header unknown = {.kind = UINT32_MAX - (uint32_t)number};
        struct iovec parts[] = {{&unknown, sizeof unknown}, {(void *)(uintptr_t) "xyz", number}};
        assert_true(snarl_writer_append(&writer, parts, 2));
        assert_true(recording_append(&writer, number));
    }
    snarl_writer_close(&writer);
    recording_holds(writer.path, 1, 3);
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
    recording_writer(&writer);
    off_t place = offsetof(struct snarl_file_header, version);
    uint32_t version = 1;
    assert_int_equal(pwrite(writer.descriptor, &version, sizeof version, place), sizeof version);
    assert_refused(writer.path,
                   "a recording of version 1, by an older snarl; this one reads version 2");
    version = 3;
    assert_int_equal(pwrite(writer.descriptor, &version, sizeof version, place), sizeof version);
    assert_refused(writer.path,
                   "a recording of version 3, by a newer snarl; this one reads version 2");
    version = 2;
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
    assert_refused(recording_directory, "not a file");
    assert_refused("/nowhere/at/all.rec", "No such file or directory");

    char pipe[256];
    snprintf(pipe, sizeof pipe, "%s/pipe", recording_directory);
    assert_int_equal(mkfifo(pipe, 0600), 0);
    assert_refused(pipe, "not a file"); /* rather than wait for somebody to write into it */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(every_kind_comes_back_byte_for_byte),         TEST(a_deadlock_is_read_step_by_step),
        TEST(rows_written_through_the_mapping_are_read),   TEST(unknown_kinds_are_skipped),
        TEST(what_is_no_recording_is_refused_in_one_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
