/* Baselines: written, read back, and what is said about those that are damaged. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "report/baseline.h"
#include "report_build.h"
#include "report_sample.h"

#define HEADING "snarl-baseline/1\n"
#define ENTRY "7f3a09c2e1b44d10 lock-order-cycle  # two threads take two locks in opposite order\n"

static char *written(const struct snarl_baseline *baseline)
{
    char *text = NULL;
    size_t size;
    FILE *stream = open_memstream(&text, &size);
    assert_true(snarl_baseline_write(baseline, stream));
    assert_int_equal(fclose(stream), 0);
    return text;
}

/* The baseline of a text, written again, or "LINE: WHAT <WORD>"; to be freed. */
static char *told(const char *text, size_t size)
{
    struct snarl_baseline baseline = {0};
    struct snarl_file_error error;
    char *words;
    if (snarl_baseline_parse(&baseline, text, size, &error)) {
        snarl_baseline_sort(&baseline);
        words = written(&baseline);
    } else {
        words = malloc(256);
        snprintf(words, 256, "%u: %s <%s>", error.line, error.what, error.word);
    }
    snarl_baseline_free(&baseline);
    return words;
}

static void check(const char *text, const char *expected)
{
    char *words = told(text, strlen(text));
    assert_string_equal(words, expected);
    free(words);
}

static void a_report_is_written_and_read_back(void **state)
{
    (void)state;
    struct snarl_report *report = sample_transfer();
    struct snarl_baseline baseline = {0};
    snarl_baseline_add_report(&baseline, report);
    snarl_baseline_add_report(&baseline, report);
    snarl_baseline_sort(&baseline);
    assert_int_equal(baseline.count, 1);
    char *text = written(&baseline);
    assert_string_equal(text, HEADING ENTRY "end\n");
    check(text, text);
    free(text);
    snarl_baseline_free(&baseline);
    snarl_report_free(report);

    check(HEADING "end\n", HEADING "end\n");
}

static void what_cannot_happen_is_left_out(void **state)
{
    (void)state;
    struct snarl_report *report = sample_gate();
    struct snarl_baseline baseline = {0};
    snarl_baseline_add_report(&baseline, report);
    snarl_baseline_sort(&baseline);
    assert_int_equal(baseline.count, 0);
    snarl_baseline_mark(&baseline, "b", report);
    assert_int_equal(report->findings[0].news, SNARL_NEWS_NONE);
    snarl_baseline_free(&baseline);
    snarl_report_free(report);
}

static void people_may_edit_it(void **state)
{
    (void)state;
    check(
        "# ours\r\n\n  snarl-baseline/1\n"
        "ffffffffffffffff deadlock\t# b\n# moved\n\n"
        "0123456789abcdef  data-race #a\r\n"
        "ffffffffffffffff deadlock\n end \n# nothing more\n",
        HEADING "0123456789abcdef data-race  # a\nffffffffffffffff deadlock  # b\nend\n");
}

/* What another program has named its threads reaches a terminal as question marks. */
static void messages_are_safe_to_print(void **state)
{
    (void)state;
    struct snarl_report *report = sample_transfer();
    report->findings[0].message = "thread \033[31m\n0123456789abcdef deadlock";
    struct snarl_baseline baseline = {0};
    snarl_baseline_add_report(&baseline, report);
    char *text = written(&baseline);
    assert_string_equal(text, HEADING
                        "7f3a09c2e1b44d10 lock-order-cycle  # thread ?[31m?0123456789abcdef "
                        "deadlock\nend\n");
    free(text);
    snarl_baseline_free(&baseline);
    snarl_report_free(report);
}

static void damage_is_told_by_line(void **state)
{
    (void)state;
    check("", "0: this is no baseline: it is empty <>");
    check("# only words\n", "0: this is no baseline: it is empty <>");
    check("deadlock:pay\n", "1: expected \"snarl-baseline/1\", not <deadlock:pay>");
    check("snarl-baseline/2\nend\n",
          "1: a version that this snarl does not read: <snarl-baseline/2>");
    check(HEADING, "1: the last line, \"end\", is missing: cut short <>");
    check(HEADING ENTRY, "2: the last line, \"end\", is missing: cut short <>");
    check(HEADING "7f3a09c2e1b44d1 deadlock\nend\n",
          "2: expected a finding's id, 16 digits, not <7f3a09c2e1b44d1>");
    check(HEADING "7F3A09C2E1B44D10 deadlock\nend\n",
          "2: expected a finding's id, 16 digits, not <7F3A09C2E1B44D10>");
    check(HEADING "\n7f3a09c2e1b44d10\nend\n", "3: the kind is missing behind <7f3a09c2e1b44d10>");
    check(HEADING "7f3a09c2e1b44d10 deadlok\nend\n", "2: unknown kind <deadlok>");
    check(HEADING "7f3a09c2e1b44d10 deadlock two\nend\n", "2: expected a comment, not <two>");
    check(HEADING "<<<<<<< HEAD\n" ENTRY "end\n",
          "2: expected a finding's id, 16 digits, not <<<<<<<<>");
    check(HEADING "end\n" ENTRY,
          "3: behind the end there is <"
          "7f3a09c2e1b44d10 lock-order-cycle  "
          "# two threads take two locks>");
    char *words = told(HEADING "\0end\n", sizeof HEADING - 1 + 5);
    assert_string_equal(words, "2: this is no text <>");
    free(words);
}

/* Cut off anywhere, it is never taken for a whole one. */
static void a_file_that_is_cut_off_is_noticed(void **state)
{
    (void)state;
    static const char text[] = "# ours\n" HEADING ENTRY "end\n";
    for (size_t size = 0; size < sizeof text - 1; size++) {
        char *words = told(text, size);
        assert_null(strstr(words, HEADING));
        free(words);
    }
    check(text, HEADING ENTRY "end\n");
}

/* The twins differ in one digit of the id. */
static void findings_are_marked(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum snarl_news news;
    } rows[] = {
        {HEADING "7f3a09c2e1b44d10 lock-order-cycle\nend\n", SNARL_NEWS_KNOWN},
        {HEADING "7f3a09c2e1b44d11 lock-order-cycle\nend\n", SNARL_NEWS_NEW},
    };
    for (size_t row = 0; row < COUNT(rows); row++) {
        struct snarl_report *report = sample_transfer();
        struct snarl_baseline baseline = {0};
        struct snarl_file_error error;
        assert_true(
            snarl_baseline_parse(&baseline, rows[row].text, strlen(rows[row].text), &error));
        snarl_baseline_sort(&baseline);
        snarl_baseline_mark(&baseline, "ci/b.txt", report);
        assert_int_equal(report->findings[0].news, rows[row].news);
        assert_string_equal(report->baseline, "ci/b.txt");
        snarl_baseline_free(&baseline);
        snarl_report_free(report);
    }
}

static char *told_json(const char *text)
{
    struct snarl_baseline baseline = {0};
    struct snarl_file_error error;
    char *words;
    if (snarl_baseline_parse_json(&baseline, text, strlen(text), &error)) {
        snarl_baseline_sort(&baseline);
        words = written(&baseline);
    } else {
        words = malloc(256);
        snprintf(words, 256, "%u: %s", error.line, error.what);
    }
    snarl_baseline_free(&baseline);
    return words;
}

static void a_report_in_json_is_read(void **state)
{
    (void)state;
    struct snarl_report *report = sample_transfer(), *gate = sample_gate();
    char *text = sample_written("json", report, &(struct snarl_format_options){.all = true});
    char *words = told_json(text);
    assert_string_equal(words, HEADING ENTRY "end\n");
    free(words);
    *strstr(text, "\"findings\"") = '\0';
    words = told_json(text);
    assert_non_null(strstr(words, ": this is no whole JSON:"));
    assert_int_not_equal(atoi(words), 0);
    free(words);
    free(text);
    text = sample_written("json", gate, &(struct snarl_format_options){.all = true});
    words = told_json(text);
    assert_string_equal(words, HEADING "end\n");
    free(words);
    free(text);
    snarl_report_free(report);
    snarl_report_free(gate);
}

static void other_json_is_refused(void **state)
{
    (void)state;
    static const char *const others[] = {
        "{}",
        "{\"schema\": \"snarl-report/2\", \"findings\": []}",
        "{\"schema\": \"snarl-report/1\"}",
        "{\"schema\": \"snarl-report/1\", \"findings\": [{}]}",
        "{\"schema\": \"snarl-report/1\", \"findings\": [3]}",
        ("{\"schema\": \"snarl-report/1\", \"findings\": [{\"id\": \"7f3a09c2e1b44d10\","
         " \"kind\": \"deadlock\"}]}"),
        "[]",
    };
    for (size_t row = 0; row < COUNT(others); row++) {
        char *words = told_json(others[row]);
        assert_string_equal(words, "0: this is no report of snarl's (snarl-report/1)");
        free(words);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_report_is_written_and_read_back),
        cmocka_unit_test(what_cannot_happen_is_left_out),
        cmocka_unit_test(people_may_edit_it),
        cmocka_unit_test(messages_are_safe_to_print),
        cmocka_unit_test(damage_is_told_by_line),
        cmocka_unit_test(a_file_that_is_cut_off_is_noticed),
        cmocka_unit_test(findings_are_marked),
        cmocka_unit_test(a_report_in_json_is_read),
        cmocka_unit_test(other_json_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
