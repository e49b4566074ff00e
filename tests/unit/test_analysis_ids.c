/* The ids of findings: the same however a story is told, and what they are good for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "bank_ask.h"
#include "recording_ask.h"

static void (*const stories[])(struct sample *) = {
    sample_tell_deadlock, sample_tell_relock, sample_tell_join,   sample_tell_heap_cycle,
    sample_tell_upgrade,  sample_tell_misuse, sample_tell_absent, sample_tell_everything,
};

/* The ids of all findings, sorted and one behind the other. The caller frees them. */
static char *ids_of(void (*tell)(struct sample *), const struct sample_style *style)
{
    struct sample sample;
    sample_begin(&sample, recording_directory, style);
    if (tell != sample_tell_everything)
        sample_tell_bank(&sample);
    tell(&sample);
    struct snarl_report *report = bank_end(&sample, true);
    assert_true(report->finding_count > 0);
    char ids[16][17];
    assert_true(report->finding_count <= 16);
    for (size_t i = 0; i < report->finding_count; i++)
        memcpy(ids[i], report->findings[i].id, sizeof ids[i]);
    qsort(ids, report->finding_count, sizeof ids[0], (int (*)(const void *, const void *))strcmp);
    char *all = calloc(report->finding_count, sizeof ids[0]);
    for (size_t i = 0; i < report->finding_count; i++)
        strcat(all, ids[i]);
    snarl_report_free(report);
    return all;
}

static void ids_do_not_depend_on_how_it_is_told(void **state)
{
    (void)state;
    const struct sample_style styles[] = {
        {.moved = 0x123456000},
        {.mirror = 1000},
        {.reversed = true},
        {.moved = 0x7000000, .mirror = INT32_MAX, .reversed = true},
    };
    for (size_t story = 0; story < sizeof stories / sizeof stories[0]; story++) {
        char *ids = ids_of(stories[story], &bank_plain);
        for (size_t i = 0; i < sizeof styles / sizeof styles[0]; i++) {
            char *others = ids_of(stories[story], &styles[i]);
            assert_string_equal(others, ids);
            free(others);
        }
        free(ids);
    }
}

static void different_stories_have_different_ids(void **state)
{
    (void)state;
    enum {
        COUNT = 7
    }; /* without the one that holds the others */
    char *ids[COUNT];
    for (size_t i = 0; i < COUNT; i++) {
        ids[i] = ids_of(stories[i], &bank_plain);
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(ids[i], ids[j]);
    }
    for (size_t i = 0; i < COUNT; i++)
        free(ids[i]);
}

static void findings_of_one_id_are_one(void **state)
{
    (void)state;
    struct sample samples[2];
    for (int i = 0; i < 2; i++) {
        bank_begin(&samples[i]);
        sample_tell_cycle(&samples[i], false);
        sample_tell_relock(&samples[i]);
        sample_close(&samples[i]);
    }
    struct snarl_report *report = bank_analyse(samples, 2, false);
    assert_int_equal(report->finding_count, 2);
    for (int i = 0; i < 2; i++) {
        const struct snarl_report_finding *finding = &report->findings[i];
        assert_int_equal(finding->also_count, 1);
        assert_int_equal(finding->also[0].step_count, finding->step_count);
        unsigned thread = finding->also[0].steps[0].thread;
        assert_int_equal(snarl_report_thread_by_id(report, finding->threads[0])->process, 0);
        assert_int_equal(snarl_report_thread_by_id(report, thread)->process, 1);
    }
    assert_int_equal(report->edge_count, 4); /* two for each process */
    snarl_report_free(report);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(ids_do_not_depend_on_how_it_is_told),
        TEST(different_stories_have_different_ids),
        TEST(findings_of_one_id_are_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
