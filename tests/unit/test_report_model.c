/* The report's memory and look-ups, and the table of formats. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "report_sample.h"

static void memory_is_zeroed_and_belongs_to_the_report(void **state)
{
    (void)state;
    struct snarl_report *report = snarl_report_create();
    static const struct snarl_report empty;
    struct snarl_report expected = empty;
    expected.memory = report->memory;
    assert_memory_equal(report, &expected, sizeof expected);

    unsigned char *bytes = snarl_report_allocate(report, 1000, 8);
    for (size_t index = 0; index < 8000; index++)
        assert_int_equal(bytes[index], 0);
    memset(bytes, 0xff, 8000);
    assert_non_null(snarl_report_allocate(report, 0, 8));

    const char *text = snarl_report_string(report, "%s:%d", "bank.c", 21);
    assert_string_equal(text, "bank.c:21");
    assert_string_equal(snarl_report_string(report, "%s", ""), "");
    snarl_report_free(report);
    snarl_report_free(NULL);
}

static void things_are_found_by_id_whatever_their_order(void **state)
{
    (void)state;
    struct snarl_report_lock locks[] = {{.id = 7}, {.id = 2}, {.id = 1}};
    struct snarl_report_thread threads[] = {{.id = 1}, {.id = 9}};
    struct snarl_report report = {
        .locks = locks, .lock_count = 3, .threads = threads, .thread_count = 2};
    assert_ptr_equal(snarl_report_lock_by_id(&report, 7), &locks[0]);
    assert_ptr_equal(snarl_report_lock_by_id(&report, 2), &locks[1]);
    assert_ptr_equal(snarl_report_lock_by_id(&report, 1), &locks[2]);
    assert_null(snarl_report_lock_by_id(&report, 3));
    assert_null(snarl_report_lock_by_id(&report, 0));
    assert_ptr_equal(snarl_report_thread_by_id(&report, 1), &threads[0]);
    assert_ptr_equal(snarl_report_thread_by_id(&report, 9), &threads[1]);
    assert_null(snarl_report_thread_by_id(&report, 2));
}

static void the_place_of_a_stack_is_the_innermost_that_the_user_knows(void **state)
{
    (void)state;
    struct snarl_frame frames[] = {
        {.function = "pthread_mutex_lock", .foreign = true},
        {.module = "/bin/stripped"},
        {.line = 12, .file = "bank.c"},
        {.function = "main"},
    };
    assert_ptr_equal(snarl_stack_place(&(struct snarl_stack){frames, 4}), &frames[2]);
    assert_ptr_equal(snarl_stack_place(&(struct snarl_stack){frames + 3, 1}), &frames[3]);
    assert_ptr_equal(snarl_stack_place(&(struct snarl_stack){frames, 2}), &frames[0]);
    assert_ptr_equal(snarl_stack_place(&(struct snarl_stack){frames + 1, 1}), &frames[1]);
    assert_null(snarl_stack_place(&(struct snarl_stack){NULL, 0}));
}

static void findings_are_counted_by_severity(void **state)
{
    (void)state;
    struct snarl_report_finding findings[] = {{.severity = SNARL_ERROR},
                                              {.severity = SNARL_WARNING},
                                              {.severity = SNARL_WARNING},
                                              {.severity = SNARL_NOTE}};
    struct snarl_report report = {.findings = findings, .finding_count = 4};
    assert_int_equal(snarl_report_count(&report, SNARL_ERROR), 1);
    assert_int_equal(snarl_report_count(&report, SNARL_WARNING), 3);
    assert_int_equal(snarl_report_count(&report, SNARL_NOTE), 4);
    findings[0].news = SNARL_NEWS_KNOWN;
    findings[1].news = SNARL_NEWS_NEW;
    assert_int_equal(snarl_report_count(&report, SNARL_ERROR), 0);
    assert_int_equal(snarl_report_count(&report, SNARL_WARNING), 2);
}

static void formats_are_known_by_name(void **state)
{
    (void)state;
    static const char *const names[] = {"text", "json", "dot"};
    for (size_t index = 0; index < 3; index++) {
        assert_string_equal(snarl_formats[index].name, names[index]);
        assert_true(strlen(snarl_formats[index].summary) > 0);
        assert_ptr_equal(snarl_format_by_name(names[index]), &snarl_formats[index]);
    }
    assert_null(snarl_formats[3].name);
    assert_null(snarl_format_by_name("xml"));
    assert_null(snarl_format_by_name(""));
}

static void a_stream_that_fails_is_noticed(void **state)
{
    (void)state;
    struct snarl_report *report = sample_transfer();
    struct snarl_format_options options = {.all = true};
    for (const struct snarl_format *format = snarl_formats; format->name != NULL; format++) {
        FILE *full = fopen("/dev/full", "w");
        assert_non_null(full);
        assert_false(format->write(full, report, &options));
        fclose(full);
    }
    snarl_report_free(report);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_is_zeroed_and_belongs_to_the_report),
        cmocka_unit_test(things_are_found_by_id_whatever_their_order),
        cmocka_unit_test(the_place_of_a_stack_is_the_innermost_that_the_user_knows),
        cmocka_unit_test(findings_are_counted_by_severity),
        cmocka_unit_test(formats_are_known_by_name),
        cmocka_unit_test(a_stream_that_fails_is_noticed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
