/* Merged recordings that were cut or damaged, read and merged again: nothing crashes or hangs
 * (which AddressSanitizer and the time limit of ctest judge), and to merge stays idempotent. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "analysis/analysis.h"
#include "damaged_ask.h"
#include "merge/merge.h"
#include "recording_ask.h"

static void tell_again(struct sample *sample)
{
    sample_tell_bank(sample);
    sample_tell_heap_cycle(sample);
    struct snarl_fact_arrival arrival = {.header.kind = SNARL_FACT_ARRIVAL,
                                         .thread = SAMPLE_PAYER,
                                         .segment = 1,
                                         .barrier = SAMPLE_ALICE,
                                         .parties = 2,
                                         .round = 1};
    sample_append(sample, &arrival, sizeof arrival, NULL, 0);
}

/* Two stories as one recording, at `path`; its size. */
static off_t write_merged(const char *path)
{
    struct snarl_merge *merge = snarl_merge_create();
    for (int story = 0; story < 2; story++) {
        char error[256];
        struct sample sample;
        damaged_begin(&sample);
        if (story == 0)
            sample_tell_everything(&sample);
        else
            tell_again(&sample);
        sample_close(&sample);
        assert_true(snarl_merge_add(merge, sample.writer.path, error, sizeof error));
    }
    FILE *stream = fopen(path, "w");
    assert_non_null(stream);
    assert_true(snarl_merge_write(merge, stream));
    off_t size = ftello(stream);
    fclose(stream);
    snarl_merge_free(merge);
    return size;
}

/* What a merge of the recording comes to; NULL if it is none. To be freed. */
static char *merged(const char *path, size_t *size)
{
    char *bytes = NULL, error[256] = "";
    struct snarl_merge *merge = snarl_merge_create();
    if (snarl_merge_add(merge, path, error, sizeof error)) {
        FILE *stream = open_memstream(&bytes, size);
        assert_true(snarl_merge_write(merge, stream));
        fclose(stream);
    } else {
        assert_null(strchr(error, '\n'));
    }
    snarl_merge_free(merge);
    return bytes;
}

/* Reads it, and merges it; the merge of that, where it was only cut, is itself. */
static void check(const char *path, bool cut)
{
    char error[256], *again_path = NULL;
    const struct snarl_analysis_options options = {.all = true, .by_class = true, .edges = true};
    struct snarl_report *report = snarl_analyse(&path, 1, &options, error, sizeof error);
    size_t size, again_size;
    char *bytes = merged(path, &size);
    assert_true((report != NULL) == (bytes != NULL));
    if (bytes == NULL)
        return;
    snarl_report_free(report);
    assert_true(asprintf(&again_path, "%s.again", path) > 0);
    FILE *stream = fopen(again_path, "w");
    assert_int_equal(fwrite(bytes, 1, size, stream), size);
    fclose(stream);
    char *again = merged(again_path, &again_size);
    assert_non_null(again);
    if (cut) {
        assert_int_equal(again_size, size);
        assert_memory_equal(again, bytes, size);
    }
    free(again);
    free(bytes);
    free(again_path);
}

static void cut_at_every_eighth_byte(void **state)
{
    (void)state;
    char path[256];
    snprintf(path, sizeof path, "%s/merged", recording_directory);
    for (off_t size = write_merged(path); size >= 0; size -= 8) {
        assert_int_equal(truncate(path, size), 0);
        check(path, true);
    }
}

static void every_number_is_hostile(void **state)
{
    (void)state;
    const uint32_t numbers[] = {0, 2, 0xffffffff};
    char path[256];
    snprintf(path, sizeof path, "%s/merged", recording_directory);
    off_t size = write_merged(path);
    int file = open(path, O_RDWR);
    for (off_t place = sizeof(struct snarl_file_header); place < size; place += sizeof numbers[0]) {
        uint32_t good;
        assert_int_equal(pread(file, &good, sizeof good, place), sizeof good);
        for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
            assert_int_equal(pwrite(file, &numbers[i], sizeof good, place), sizeof good);
            check(path, false);
        }
        assert_int_equal(pwrite(file, &good, sizeof good, place), sizeof good);
    }
    close(file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(cut_at_every_eighth_byte),
        TEST(every_number_is_hostile),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
