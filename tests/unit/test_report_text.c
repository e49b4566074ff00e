/* The report for people: whole texts, as a terminal shows them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "report/utf8.h"
#include "report_sample.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static const struct sample {
    const char *golden; /* SNARL_GOLDEN/report_GOLDEN.txt is what must come out */
    struct snarl_report *(*make)(void);
    struct snarl_format_options options;
} samples[] = {
    {"transfer", sample_transfer, {0}},
    {"transfer_60", sample_transfer, {.width = 20}},
    {"transfer_120", sample_transfer, {.width = 120}},
    {"dining", sample_dining, {0}},
    {"relock", sample_relock, {0}},
    {"join", sample_join, {0}},
    {"race", sample_race, {0}},
    {"gate", sample_gate, {0}},
    {"gate_all", sample_gate, {.all = true}},
    {"hung", sample_hung, {0}},
    {"clean", sample_clean, {0}},
    {"chaos", sample_chaos, {0}},
    {"weird", sample_weird, {0}},
    {"tree", sample_tree, {0}},
    {"long", sample_long, {0}},
    {"readers", sample_readers, {0}},
    {"fork", sample_fork, {0}},
    {"declared", sample_declared, {0}},
    {"misuse", sample_misuse, {0}},
    {"shared", sample_shared, {0}},
    {"waits", sample_waits, {0}},
    {"known", sample_known, {0}},
    {"suppressed", sample_suppressed, {0}},
    {"suppressed_rules", sample_suppressed, {.rules = true}},
    {"no_rules", sample_clean, {.rules = true}},
    {"confirmed", sample_confirmed, {0}},
    {"unconfirmed", sample_unconfirmed, {0}},
};

static char *write_sample(const struct sample *sample, const struct snarl_format_options *options)
{
    struct snarl_report *report = sample->make();
    char *text = sample_written("text", report, options);
    snarl_report_free(report);
    return text;
}

static char *read_golden(const char *name)
{
    char path[1024];
    snprintf(path, sizeof path, "%s/report_%s.txt", SNARL_GOLDEN, name);
    FILE *file = fopen(path, "r");
    if (file == NULL)
        fail_msg("cannot open %s", path);
    char *text = NULL;
    size_t size = 0;
    if (getdelim(&text, &size, '\0', file) < 0)
        fail_msg("cannot read %s", path);
    fclose(file);
    return text;
}

static void every_sample_reads_as_it_should(void **state)
{
    (void)state;
    for (size_t row = 0; row < COUNT(samples); row++) {
        char *text = write_sample(&samples[row], &samples[row].options);
        char *golden = read_golden(samples[row].golden);
        if (strcmp(text, golden) != 0)
            fail_msg("%s: expected\n%s\nbut got\n%s", samples[row].golden, golden, text);
        free(golden);
        free(text);
    }
}

static void no_line_is_wider_than_the_page(void **state)
{
    (void)state;
    for (size_t row = 0; row < COUNT(samples); row++) {
        for (unsigned width = 60; width <= 130; width++) {
            char *text = write_sample(&samples[row],
                                      &(struct snarl_format_options){.width = width, .all = true});
            for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n")) {
                /* A command stays whole, so that it can be copied. */
                bool command = strncmp(line, "    snarl ", 10) == 0;
                if (snarl_utf8_count(line) > width && !command)
                    fail_msg("%s at %u columns: %s", samples[row].golden, width, line);
                assert_int_not_equal(line[strlen(line) - 1], ' ');
            }
            free(text);
        }
    }
}

static void a_number_keeps_its_unit(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "snarl: nothing found in ./transfer (pid 4711, 1 thread, 0 locks,\n  3 min)\n",
        "snarl: nothing found in ./transfer (pid 4711, 1 thread, 0 locks, 3 min)\n",
    };
    const struct sample clean = {NULL, sample_clean, {0}};
    for (unsigned width = 66; width <= 72; width++) {
        char *text = write_sample(&clean, &(struct snarl_format_options){.width = width});
        assert_string_equal(text, texts[width >= 71]);
        free(text);
    }
}

/* Removes ESC [ ... m in place and returns how many there were of `wanted`. */
static size_t remove_escapes(char *text, const char *wanted)
{
    size_t count = 0;
    char *end = text;
    for (const char *from = text; *from != '\0';) {
        if (*from != '\033') {
            *end++ = *from++;
            continue;
        }
        count += strncmp(from, wanted, strlen(wanted)) == 0;
        from = strchr(from, 'm') + 1;
    }
    *end = '\0';
    return count;
}

static void colours_change_nothing_but_the_colour(void **state)
{
    (void)state;
    for (size_t row = 0; row < COUNT(samples); row++) {
        struct snarl_format_options options = samples[row].options;
        char *plain = write_sample(&samples[row], &options);
        assert_null(strchr(plain, '\033'));
        options.colour = true;
        char *coloured = write_sample(&samples[row], &options);
        remove_escapes(coloured, "");
        assert_string_equal(coloured, plain);
        free(coloured);
        free(plain);
    }
}

static void colours_are_for_severity_and_remedy(void **state)
{
    (void)state;
    static const struct {
        struct snarl_report *(*make)(void);
        size_t red, yellow, green, bold;
    } rows[] = {
        {sample_transfer, 1, 0, 1, 1}, {sample_dining, 1, 0, 2, 1}, {sample_race, 0, 1, 0, 1},
        {sample_gate, 0, 0, 0, 2},     {sample_hung, 0, 0, 0, 2},   {sample_clean, 0, 0, 0, 0},
    };
    const struct snarl_format_options options = {.colour = true, .all = true};
    for (size_t row = 0; row < COUNT(rows); row++) {
        const char *const escapes[] = {"\033[1;31m", "\033[1;33m", "\033[32m", "\033[1m"};
        const size_t expected[] = {rows[row].red, rows[row].yellow, rows[row].green,
                                   rows[row].bold};
        for (size_t escape = 0; escape < COUNT(escapes); escape++) {
            char *text = write_sample(&(struct sample){"", rows[row].make, {0}}, &options);
            assert_int_equal(remove_escapes(text, escapes[escape]), expected[escape]);
            free(text);
        }
    }
}

/* The line below the heading of thread 2's stack, where only the frames of `stack` differ. */
static void assert_stack_reads(struct snarl_frame *frames, size_t count, const char *expected)
{
    struct snarl_report_step step = {.thread = 1, .action = "read", .stack = {frames, count}};
    struct snarl_report_thread thread = {.id = 1, .number = 1};
    struct snarl_report_finding finding = {
        .kind = SNARL_FINDING_DATA_RACE, .severity = SNARL_ERROR, .steps = &step, .step_count = 1};
    struct snarl_report report = {
        .findings = &finding, .finding_count = 1, .threads = &thread, .thread_count = 1};
    char *text = sample_written("text", &report, &(struct snarl_format_options){0});
    const char *heading = "  thread 1: read\n";
    char *found = strstr(text, heading);
    assert_non_null(found);
    assert_string_equal(found + strlen(heading), expected);
    free(text);
}

static void stacks_are_cut_to_the_user_s_code(void **state)
{
    (void)state;
    struct snarl_frame frames[] = {
        {.function = "read", .module = "/lib/libc.so.6", .foreign = true},
        {.function = "compare", .file = "a.c", .line = 1},
        {.function = "qsort", .module = "/lib/libc.so.6", .foreign = true},
        {.function = "main", .file = "a.c", .line = 2},
        {.function = "__libc_start_main", .module = "/lib/libc.so.6", .foreign = true},
        {.function = "_start", .module = "/bin/a"},
    };
    assert_stack_reads(frames, 6,
                       "    compare  a.c:1\n    qsort    libc.so.6\n    main     a.c:2\n");
    assert_stack_reads(frames + 2, 1, "    qsort  libc.so.6\n");
    assert_stack_reads(frames + 4, 2,
                       "    __libc_start_main  libc.so.6\n    _start             a\n");
    frames[5].function = NULL;
    assert_stack_reads(frames + 3, 3, "    main  a.c:2\n");

    struct snarl_frame deep[25];
    char expected[1024] = "";
    for (size_t index = 0; index < 25; index++) {
        deep[index] = (struct snarl_frame){.function = "down", .file = "a.c", .line = 9};
        if (index < 20)
            strcat(expected, "    down  a.c:9\n");
    }
    strcat(expected, "    and 5 more frames\n");
    assert_stack_reads(deep, 25, expected);
}

static void frames_of_the_watcher_are_left_out(void **state)
{
    (void)state;
    struct snarl_frame frames[] = {
        {.function = "build", .file = "a.c", .line = 1},
        {.function = "run", .module = "/opt/lib/libsnarl.so", .foreign = true},
        {.function = "__pthread_once_slow", .module = "/lib/libc.so.6", .foreign = true},
        {.function = "pthread_once", .module = "/opt/lib/libsnarl.so", .foreign = true},
        {.function = "main", .file = "a.c", .line = 2},
    };
    assert_stack_reads(frames, 5,
                       "    build                a.c:1\n    __pthread_once_slow  libc.so.6\n"
                       "    main                 a.c:2\n");
    frames[1].module = "/opt/lib/libsnarled.so";
    frames[3].module = NULL;
    assert_stack_reads(frames, 5,
                       "    build                a.c:1\n    run                  libsnarled.so\n"
                       "    __pthread_once_slow  libc.so.6\n    pthread_once\n"
                       "    main                 a.c:2\n");

    struct snarl_frame deep[25];
    char expected[1024] = "";
    for (size_t index = 0; index < 25; index++) {
        deep[index] = (struct snarl_frame){.function = "down", .file = "a.c", .line = 9};
        if (index < 20)
            strcat(expected, "    down  a.c:9\n");
    }
    deep[3] =
        (struct snarl_frame){.function = "run", .module = "/opt/lib/libsnarl.so", .foreign = true};
    strcat(expected, "    and 4 more frames\n");
    assert_stack_reads(deep, 25, expected);
}

static void what_is_too_wide_is_shortened_in_the_middle(void **state)
{
    (void)state;
#define TEN "0123456789"
    struct snarl_frame wide = {
        .function = "first" TEN TEN TEN TEN TEN TEN TEN "last", .file = "a.c", .line = 1};
    struct snarl_frame both = wide;
    both.file = "file" TEN TEN TEN TEN TEN TEN TEN TEN ".c";
    assert_stack_reads(&wide, 1,
                       "    first0123456789012345678901234567..."
                       "12345678901234567890123456789last  a.c:1\n");
    assert_stack_reads(&both, 1,
                       "    first012345678901234567890...8901234567890123456789last"
                       "  file0123...6789.c:1\n");
}

static void file_names_lose_the_prefix(void **state)
{
    (void)state;
    struct snarl_report *report = sample_weird();
    char *whole = sample_written("text", report, &(struct snarl_format_options){0});
    char *stripped =
        sample_written("text", report, &(struct snarl_format_options){.strip_path_prefix = "/a/"});
    assert_non_null(strstr(whole, "  a/same.c:1\n"));
    assert_null(strstr(stripped, "a/same.c:1"));
    assert_non_null(strstr(stripped, "  same.c:1\n"));
    assert_non_null(strstr(stripped, "  b/same.c:2\n"));
    free(stripped);
    free(whole);
    snarl_report_free(report);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_sample_reads_as_it_should),
        cmocka_unit_test(no_line_is_wider_than_the_page),
        cmocka_unit_test(a_number_keeps_its_unit),
        cmocka_unit_test(colours_change_nothing_but_the_colour),
        cmocka_unit_test(colours_are_for_severity_and_remedy),
        cmocka_unit_test(stacks_are_cut_to_the_user_s_code),
        cmocka_unit_test(frames_of_the_watcher_are_left_out),
        cmocka_unit_test(what_is_too_wide_is_shortened_in_the_middle),
        cmocka_unit_test(file_names_lose_the_prefix),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
