/* Recordings that were cut or damaged: what can be read is read, what is lost is named, and nothing
 * crashes or hangs (which AddressSanitizer and the time limit of ctest judge). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "damaged_ask.h"
#include "recording_ask.h"

static void assert_one_line(const char *error, const char *path)
{
    assert_memory_equal(error, path, strlen(path));
    assert_memory_equal(error + strlen(path), ": ", 2);
    assert_null(strchr(error, '\n'));
}

/* Everything tells of itself: a story of all kinds of facts. Returns its path and size. */
static const char *write_everything(struct sample *sample, off_t *size)
{
    damaged_begin(sample);
    sample_tell_everything(sample);
    sample_close(sample);
    struct stat status;
    assert_int_equal(stat(sample->writer.path, &status), 0);
    *size = status.st_size;
    return sample->writer.path;
}

/* The facts of the file at `path` are the first ones of `whole`, and the rest of it is lost. */
static void assert_prefix(const char *path, struct snarl_reader *whole, off_t size)
{
    struct snarl_reader reader;
    recording_reader(&reader, path);
    snarl_reader_rewind(whole);
    const struct snarl_fact_header *fact;
    while ((fact = snarl_reader_next(&reader)) != NULL) {
        const struct snarl_fact_header *same = snarl_reader_next(whole);
        assert_non_null(same);
        assert_int_equal(fact->size, same->size);
        assert_memory_equal(fact, same, fact->size);
    }
    size_t kept = whole->position;
    assert_int_equal(reader.lost, (size_t)size - kept);
    assert_true(snarl_reader_next(whole) == NULL || whole->position > (size_t)size);
    snarl_reader_close(&reader);
}

static void cut_at_every_byte(void **state)
{
    (void)state;
    struct sample sample;
    off_t size;
    const char *path = write_everything(&sample, &size);
    struct snarl_reader whole;
    recording_reader(&whole, path);
    for (; size-- > 0;) {
        char error[256] = "";
        assert_int_equal(truncate(path, size), 0);
        struct snarl_report *report = damaged_analyse(path, error, sizeof error);
        if (size < (off_t)sizeof(struct snarl_file_header)) {
            assert_null(report);
            assert_one_line(error, path);
            continue;
        }
        assert_non_null(report);
        assert_prefix(path, &whole, size);
        struct snarl_reader cut;
        recording_reader(&cut, path);
        while (snarl_reader_next(&cut) != NULL)
            ;
        damaged_loss_is(report, path, cut.lost);
        snarl_reader_close(&cut);
        snarl_report_free(report);
    }
    snarl_reader_close(&whole);
}

/* What is told of a cut recording was told of the whole one: the same findings, or fewer. */
static void a_cut_invents_no_deadlock(void **state)
{
    (void)state;
    struct sample sample;
    off_t size;
    const char *path = write_everything(&sample, &size);
    char error[256];
    size_t last = SIZE_MAX;
    for (; size >= (off_t)sizeof(struct snarl_file_header); size -= 8) {
        assert_int_equal(truncate(path, size), 0);
        struct snarl_report *report = damaged_analyse(path, error, sizeof error);
        size_t count = 0;
        for (size_t i = 0; i < report->finding_count; i++)
            count += report->findings[i].status == SNARL_OCCURRED;
        assert_true(count <= last);
        last = count;
        snarl_report_free(report);
    }
    assert_int_equal(last, 0);
}

static void turn_every_byte(void **state)
{
    (void)state;
    const unsigned char turns[] = {0xff, 0x01};
    struct sample sample;
    off_t size;
    const char *path = write_everything(&sample, &size);
    int file = open(path, O_RDWR);
    assert_true(file >= 0);
    for (off_t place = 0; place < size; place++) {
        unsigned char good;
        assert_int_equal(pread(file, &good, 1, place), 1);
        for (size_t i = 0; i < sizeof turns; i++) {
            unsigned char bad = good ^ turns[i];
            char error[256] = "";
            assert_int_equal(pwrite(file, &bad, 1, place), 1);
            struct snarl_report *report = damaged_analyse(path, error, sizeof error);
            if (report == NULL) {
                assert_true(place < (off_t)sizeof(struct snarl_file_header));
                assert_one_line(error, path);
            }
            snarl_report_free(report);
        }
        assert_int_equal(pwrite(file, &good, 1, place), 1);
    }
    close(file);
}

/* Every four bytes that may be a size, a count or an id. */
static void every_number_is_hostile(void **state)
{
    (void)state;
    const uint32_t numbers[] = {0, 1, 2, 0x7fffffff, 0x80000000, 0xfffffff8, 0xffffffff};
    struct sample sample;
    off_t size;
    const char *path = write_everything(&sample, &size);
    int file = open(path, O_RDWR);
    for (off_t place = sizeof(struct snarl_file_header); place < size; place += sizeof numbers[0]) {
        uint32_t good;
        assert_int_equal(pread(file, &good, sizeof good, place), sizeof good);
        for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
            char error[256] = "";
            assert_int_equal(pwrite(file, &numbers[i], sizeof good, place), sizeof good);
            struct snarl_report *report = damaged_analyse(path, error, sizeof error);
            assert_non_null(report);
            snarl_report_free(report);
        }
        assert_int_equal(pwrite(file, &good, sizeof good, place), sizeof good);
    }
    close(file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(cut_at_every_byte),
        TEST(a_cut_invents_no_deadlock),
        TEST(turn_every_byte),
        TEST(every_number_is_hostile),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
