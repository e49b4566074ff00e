/* A recording that grows while it is read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "recording/follower.h"
#include "recording/writer.h"
#include "support/command.h"

static char *directory;
static struct snarl_writer writer;

static int enter(void **state)
{
    (void)state;
    directory = directory_make();
    return 0;
}

static int leave(void **state)
{
    (void)state;
    directory_remove(directory);
    return 0;
}

static void open_writer(void)
{
    char prefix[256];
    snprintf(prefix, sizeof prefix, "%s/test", directory);
    assert_true(snarl_writer_open(&writer, prefix, NULL));
}

static void begin(struct snarl_follower *follower)
{
    open_writer();
    assert_true(snarl_follower_open(follower, writer.path));
    assert_string_equal(follower->path, writer.path);
    assert_int_equal(follower->pid, getpid());
    assert_int_equal(follower->device, writer.device);
    assert_int_equal(follower->inode, writer.inode);
}

static void end(struct snarl_follower *follower)
{
    snarl_follower_close(follower);
    snarl_writer_close(&writer);
}

static void live(struct snarl_fact_table *table, uint32_t row, uint32_t thread)
{
    struct snarl_thread_row *rows = snarl_table_rows(table);
    rows[row].thread = thread;
    rows[row].tid = 700 + thread;
    rows[row].sequence = 2 * thread + 1;
    rows[row].state = SNARL_ROW_ALIVE;
}

/* The threads that a look finds, in order, as "1 2 3". */
static void assert_threads(struct snarl_follower *follower, const char *expected)
{
    char found[256] = "";
    size_t length = 0;
    assert_true(snarl_follower_look(follower));
    for (size_t i = 0; i < follower->row_count; i++) {
        const struct snarl_thread_row *row = &follower->rows[i];
        length += (size_t)snprintf(found + length, sizeof found - length, "%s%u", i ? " " : "",
                                   row->thread);
        assert_int_equal(row->tid, 700 + row->thread);
        assert_int_equal(row->sequence, 2 * row->thread + 1);
    }
    assert_string_equal(found, expected);
}

static void rows_come_and_go(void **state)
{
    (void)state;
    struct snarl_follower follower;
    begin(&follower);
    assert_threads(&follower, "");
    struct snarl_fact_table *table = snarl_writer_table(&writer);
    assert_threads(&follower, "");
    live(table, 0, 1);
    live(table, SNARL_TABLE_ROWS - 1, 2);
    assert_threads(&follower, "1 2");
    live(table, 7, 3);
    snarl_table_rows(table)[0].state = SNARL_ROW_FREE;
    assert_threads(&follower, "3 2");
    end(&follower);
}

static void append_fact(uint64_t at)
{
    struct snarl_fact_end fact = {.header.kind = SNARL_FACT_END, .at = at};
    assert_true(snarl_writer_append(&writer, &(struct iovec){&fact, sizeof fact}, 1));
}

/* Tables among other facts, more of which than are read at once. */
static void tables_are_found_as_they_are_added(void **state)
{
    (void)state;
    enum {
        FACTS = 20000
    };
    struct snarl_follower follower;
    begin(&follower);
    live(snarl_writer_table(&writer), 1, 1);
    for (uint32_t i = 0; i < FACTS; i++)
        append_fact(i);
    live(snarl_writer_table(&writer), 2, 2);
    assert_threads(&follower, "1 2");
    assert_threads(&follower, "1 2");
    append_fact(FACTS);
    live(snarl_writer_table(&writer), 3, 3);
    assert_threads(&follower, "1 2 3");
    assert_int_equal(follower.position, writer.size);
    end(&follower);
}

/* What is written at the end, its parts one after another. */
static void append_bytes(const void *bytes, size_t size)
{
    assert_int_equal(pwrite(writer.descriptor, bytes, size, (off_t)writer.size), size);
    writer.size += size;
}

static void a_fact_is_waited_for_until_it_is_whole(void **state)
{
    (void)state;
    struct snarl_follower follower;
    begin(&follower);
    uint64_t position = follower.position;
    struct {
        struct snarl_fact_table table;
        struct snarl_thread_row row;
    } fact = {.table = {.header = {SNARL_FACT_TABLE, sizeof fact},
                        .rows_offset = sizeof fact.table,
                        .row_count = 1},
              .row = {.state = SNARL_ROW_ALIVE, .thread = 4, .tid = 704, .sequence = 9}};
    struct snarl_fact_table said = fact.table;
    fact.table.header = (struct snarl_fact_header){0, 0};
    append_bytes(&fact, sizeof fact - 8); /* reserved, as zeros */
    assert_threads(&follower, "");
    said.header.kind = 0;
    assert_int_equal(pwrite(writer.descriptor, &said, sizeof said, (off_t)position), sizeof said);
    append_bytes((const char *)&fact + sizeof fact - 8, 8);
    assert_threads(&follower, ""); /* its size is there, and not yet what it is */
    assert_int_equal(follower.position, position);
    said.header.kind = SNARL_FACT_TABLE;
    assert_int_equal(pwrite(writer.descriptor, &said, sizeof said, (off_t)position), sizeof said);
    assert_threads(&follower, "4");
    append_bytes("\x11", 1); /* a part of the next header */
    assert_threads(&follower, "4");
    end(&follower);
}

static void a_fact_that_is_cut_is_not_taken(void **state)
{
    (void)state;
    struct snarl_follower follower;
    begin(&follower);
    live(snarl_writer_table(&writer), 0, 1);
    assert_int_equal(ftruncate(writer.descriptor, (off_t)writer.size - 8), 0);
    assert_threads(&follower, "");
    end(&follower);
}

static void assert_lost(struct snarl_follower *follower)
{
    assert_false(snarl_follower_look(follower));
    assert_int_equal(follower->row_count, 0);
}

static void a_file_that_shrinks_or_is_replaced_is_lost(void **state)
{
    (void)state;
    struct snarl_follower follower;
    begin(&follower);
    live(snarl_writer_table(&writer), 0, 1);
    assert_threads(&follower, "1");
    assert_int_equal(ftruncate(writer.descriptor, (off_t)writer.size - 8), 0);
    assert_lost(&follower);
    end(&follower);

    begin(&follower);
    append_fact(1);
    assert_threads(&follower, "");
    assert_int_equal(ftruncate(writer.descriptor, (off_t)writer.size - 8), 0);
    assert_lost(&follower);
    end(&follower);

    begin(&follower);
    char other[8192];
    snprintf(other, sizeof other, "%s.other", writer.path);
    assert_int_equal(rename(writer.path, other), 0);
    assert_lost(&follower);
    assert_int_equal(link(other, writer.path), 0);
    assert_threads(&follower, "");
    assert_int_equal(unlink(writer.path), 0);
    snprintf(other, sizeof other, "%s", writer.path);
    snarl_writer_close(&writer);
    open_writer(); /* as good a recording, but not the same */
    assert_int_equal(rename(writer.path, other), 0);
    assert_lost(&follower);
    end(&follower);
}

static void damage_is_no_table(void **state)
{
    (void)state;
    enum {
        SIZE = sizeof(struct snarl_fact_table) + sizeof(struct snarl_thread_row)
    };
    static const struct {
        uint32_t size, rows_offset, row_count;
        bool good;
    } rows[] = {
        {SIZE, sizeof(struct snarl_fact_table), 1, true},
        {SIZE, sizeof(struct snarl_fact_table), 2, false},
        {SIZE, sizeof(struct snarl_fact_table), UINT32_MAX, false},
        {SIZE, sizeof(struct snarl_fact_table) + 8, 1, false},
        {SIZE, sizeof(struct snarl_fact_table) + 4, 0, false},
        {SIZE, sizeof(struct snarl_fact_table) - 8, 1, false},
        {SIZE, SIZE + 8, 0, false},
        {SIZE, UINT32_MAX & ~7u, 0, false},
        {SIZE - 1, sizeof(struct snarl_fact_table), 0, false},
        {sizeof(struct snarl_fact_header), 0, 0, false},
        {4, 0, 0, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct snarl_follower follower;
        begin(&follower);
        char bytes[SIZE] = "";
        struct snarl_fact_table table = {.header = {SNARL_FACT_TABLE, rows[i].size},
                                         .rows_offset = rows[i].rows_offset,
                                         .row_count = rows[i].row_count};
        memcpy(bytes, &table, sizeof table);
        append_bytes(bytes, sizeof bytes);
        if (rows[i].good)
            assert_threads(&follower, "");
        else
            assert_lost(&follower);
        end(&follower);
    }
}

static void what_is_no_recording_is_not_followed(void **state)
{
    (void)state;
    struct snarl_follower follower;
    char path[8192];
    open_writer();
    struct snarl_file_header header;
    assert_int_equal(pread(writer.descriptor, &header, sizeof header, 0), sizeof header);
    snprintf(path, sizeof path, "%s/none", directory);
    assert_false(snarl_follower_open(&follower, path));
    assert_false(snarl_follower_open(&follower, directory));
    assert_true(snarl_follower_open(&follower, writer.path));
    snarl_follower_close(&follower);

    const struct snarl_file_header good = header;
    struct snarl_file_header bad[4] = {good, good, good, good};
    bad[0].magic[0] = 'X';
    bad[1].version--;
    bad[2].size -= 8;
    bad[3].size += 8;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(pwrite(writer.descriptor, &bad[i], sizeof good, 0), sizeof good);
        assert_false(snarl_follower_open(&follower, writer.path));
    }
    assert_int_equal(ftruncate(writer.descriptor, sizeof good - 1), 0);
    assert_false(snarl_follower_open(&follower, writer.path));
    snarl_writer_close(&writer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_come_and_go),
        cmocka_unit_test(tables_are_found_as_they_are_added),
        cmocka_unit_test(a_fact_is_waited_for_until_it_is_whole),
        cmocka_unit_test(a_fact_that_is_cut_is_not_taken),
        cmocka_unit_test(a_file_that_shrinks_or_is_replaced_is_lost),
        cmocka_unit_test(damage_is_no_table),
        cmocka_unit_test(what_is_no_recording_is_not_followed),
    };
    return cmocka_run_group_tests(tests, enter, leave);
}
