/* What things are called, how file names are shortened and what happens to bytes that are no text.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "report/paths.h"
#include "report/utf8.h"
#include "report/words.h"
#include "report_sample.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static struct snarl_pool pool;

static int empty_pool(void **state)
{
    (void)state;
    snarl_pool_free(&pool);
    return 0;
}

static void code_points_are_decoded_and_nothing_else(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        int32_t point;
        size_t length;
    } rows[] = {
        {"a", 'a', 1},
        {"\x7f", 0x7f, 1},
        {"\xc2\x80", 0x80, 2},
        {"\xdf\xbf", 0x7ff, 2},
        {"\xe0\xa0\x80", 0x800, 3},
        {"\xed\x9f\xbf", 0xd7ff, 3},
        {"\xef\xbf\xbf", 0xffff, 3},
        {"\xf0\x90\x80\x80", 0x10000, 4},
        {"\xf4\x8f\xbf\xbf", 0x10ffff, 4},
        {"\x80", SNARL_UTF8_ILL_FORMED, 1},             /* a continuation without a start */
        {"\xc0\xaf", SNARL_UTF8_ILL_FORMED, 1},         /* overlong */
        {"\xe0\x9f\xbf", SNARL_UTF8_ILL_FORMED, 1},     /* overlong */
        {"\xed\xa0\x80", SNARL_UTF8_ILL_FORMED, 1},     /* a surrogate */
        {"\xf4\x90\x80\x80", SNARL_UTF8_ILL_FORMED, 1}, /* above the last */
        {"\xff", SNARL_UTF8_ILL_FORMED, 1},
        {"\xe2\x82", SNARL_UTF8_ILL_FORMED, 2}, /* cut off */
        {"\xf0\x9f\x92(", SNARL_UTF8_ILL_FORMED, 3},
    };
    for (size_t row = 0; row < COUNT(rows); row++) {
        size_t length = 0;
        assert_int_equal(snarl_utf8_next(rows[row].bytes, &length), rows[row].point);
        assert_int_equal(length, rows[row].length);
    }
    assert_int_equal(snarl_utf8_count("caf\xc3\xa9 \xff"), 6);
    assert_string_equal(snarl_utf8_skip("caf\xc3\xa9!", 4), "!");
    assert_string_equal(snarl_utf8_skip("ab", 7), "");
}

static void bad_text_is_replaced(void **state)
{
    (void)state;
    assert_string_equal(snarl_utf8_repair(&pool, "a\xff\xe2\x82z\n"),
                        "a\xef\xbf\xbd\xef\xbf\xbdz\n");
    assert_string_equal(snarl_utf8_printable(&pool, "a\xffz\n\x1b[1m\x7f\xc2\x9b|\xc3\xa9"),
                        "a?z??[1m??|\xc3\xa9");
    assert_string_equal(snarl_utf8_printable(&pool,
                                             "\xe2\x80\xae"
                                             "evil\xe2\x81\xa6"),
                        "?evil?");
    assert_string_equal(snarl_utf8_printable(&pool, ""), "");
}

static void files_are_named_by_what_tells_them_apart(void **state)
{
    (void)state;
    static const struct {
        const char *file, *shown;
    } rows[] = {
        {"/home/ann/bank/src/bank.c", "bank.c"},
        {"/home/ann/bank/src/list.c", "src/list.c"},
        {"/home/ann/bank/lib/list.c", "lib/list.c"},
        {"/home/ann/bank/a/src/main.c", "a/src/main.c"},
        {"/home/ann/bank/b/src/main.c", "b/src/main.c"},
        {"mylist.c", "mylist.c"},
        {"queue.c", "queue.c"},
        {"/queue.c", "/queue.c"},
    };
    struct snarl_frame frames[COUNT(rows)] = {{0}};
    for (size_t row = 0; row < COUNT(rows); row++)
        frames[row].file = rows[row].file;
    struct snarl_report_lock lock = {.id = 1, .created = {frames, COUNT(rows)}};
    struct snarl_report report = {.locks = &lock, .lock_count = 1};

    struct snarl_paths paths = snarl_paths_of(&report, NULL, &pool);
    for (size_t row = 0; row < COUNT(rows); row++)
        assert_string_equal(snarl_paths_short(&paths, rows[row].file), rows[row].shown);
    assert_string_equal(snarl_paths_short(&paths, "/not/gathered.c"), "gathered.c");

    /* What is stripped does not come back to tell files apart. */
    paths = snarl_paths_of(&report, "/home/ann/bank/src", &pool);
    assert_string_equal(snarl_paths_short(&paths, rows[1].file), "list.c");
    assert_string_equal(snarl_paths_short(&paths, rows[2].file), "lib/list.c");
}

static void prefixes_are_stripped(void **state)
{
    (void)state;
    assert_string_equal(snarl_path_strip("/a/b/c.c", "/a"), "b/c.c");
    assert_string_equal(snarl_path_strip("/a/b/c.c", "/a/"), "b/c.c");
    assert_string_equal(snarl_path_strip("/a/b/c.c", "/x"), "/a/b/c.c");
    assert_string_equal(snarl_path_strip("/a/b/c.c", "/a/b/c.c"), "/a/b/c.c");
    assert_string_equal(snarl_path_strip("/a/b/c.c", ""), "/a/b/c.c");
    assert_string_equal(snarl_path_strip("/a/b/c.c", NULL), "/a/b/c.c");
    assert_string_equal(snarl_path_base("/a/b/c.c"), "c.c");
    assert_string_equal(snarl_path_base("c.c"), "c.c");
}

static void amounts_are_in_words(void **state)
{
    (void)state;
    struct snarl_words words = {.pool = &pool};
    assert_string_equal(snarl_words_count(&words, 0, "lock"), "0 locks");
    assert_string_equal(snarl_words_count(&words, 1, "lock"), "1 lock");
    assert_string_equal(snarl_words_count(&words, 2, "process"), "2 processes");
    static const struct {
        double seconds;
        const char *shown;
    } rows[] = {
        {0.0004, "under 1 ms"}, {0.04, "40 ms"},   {0.9994, "999 ms"}, {0.9999, "1 s"},
        {4.2, "4 s"},           {119.4, "119 s"},  {119.9, "2 min"},   {7100, "118 min"},
        {7200, "2.0 h"},        {90000, "25.0 h"},
    };
    for (size_t row = 0; row < COUNT(rows); row++)
        assert_string_equal(snarl_words_duration(&words, rows[row].seconds), rows[row].shown);
}

static void lists_read_like_a_sentence(void **state)
{
    (void)state;
    struct snarl_words words = {.pool = &pool};
    const char *items[] = {"a", "b", "c"};
    assert_string_equal(snarl_words_list(&words, items, 0), "");
    assert_string_equal(snarl_words_list(&words, items, 1), "a");
    assert_string_equal(snarl_words_list(&words, items, 2), "a and b");
    assert_string_equal(snarl_words_list(&words, items, 3), "a, b and c");
    unsigned numbers[] = {9, 3, 7, 4, 8};
    assert_string_equal(snarl_words_thread_numbers(&words, numbers, 5), "threads 3, 4 and 7 to 9");
    assert_string_equal(snarl_words_thread_numbers(&words, numbers, 1), "thread 3");
}

static void long_commands_are_cut(void **state)
{
    (void)state;
    struct snarl_words words = {.pool = &pool};
    char *argv[] = {"./x", "0123456789012345678901234567890123456789", "012345678901234", "y"};
    assert_string_equal(snarl_words_command(&words, argv, 0), "an unknown program");
    assert_string_equal(snarl_words_command(&words, argv, 1), "./x");
    assert_string_equal(snarl_words_command(&words, argv, 3),
                        "./x 0123456789012345678901234567890123456789 012345678901234");
    assert_string_equal(snarl_words_command(&words, argv, 4),
                        "./x 0123456789012345678901234567890123456789 012345678901...");
}

static void frames_tell_what_they_can(void **state)
{
    (void)state;
    struct snarl_words words = {.pool = &pool};
    struct snarl_frame full = {.function = "pay", .file = "/src/bank.c", .line = 21};
    struct snarl_frame lineless = {.function = "pay", .file = "/src/bank.c", .inlined = true};
    struct snarl_frame exported = {.function = "pay", .module = "/lib/libbank.so", .offset = 33};
    struct snarl_frame stripped = {.module = "/lib/libbank.so", .offset = 33};
    struct snarl_frame unknown = {0};
    static const struct {
        const char *function, *line, *place, *spot;
    } rows[] = {
        {"pay", "bank.c:21", "bank.c:21", "pay (bank.c:21)"},
        {"pay (inlined)", "bank.c", "bank.c", "pay (bank.c)"},
        {"pay", "", "pay", "pay"},
        {"libbank.so+0x21", "", "libbank.so+0x21", "libbank.so+0x21"},
        {"(unknown)", "", "(unknown)", "(unknown)"},
    };
    struct snarl_frame *frames[] = {&full, &lineless, &exported, &stripped, &unknown};
    for (size_t row = 0; row < COUNT(rows); row++) {
        struct snarl_stack stack = {frames[row], 1};
        assert_string_equal(snarl_words_function(&words, frames[row]), rows[row].function);
        assert_string_equal(snarl_words_line(&words, frames[row]), rows[row].line);
        assert_string_equal(snarl_words_place(&words, &stack), rows[row].place);
        assert_string_equal(snarl_words_spot(&words, frames[row]), rows[row].spot);
    }
    assert_string_equal(snarl_words_place(&words, &(struct snarl_stack){NULL, 0}), "");
    assert_string_equal(snarl_words_spot(&words, NULL), "(unknown)");
}

static void targets_have_verbs_of_their_own(void **state)
{
    (void)state;
    struct snarl_report_lock lock = {.id = 1, .name = "gate"};
    struct snarl_report_thread thread = {.id = 1, .number = 7};
    struct snarl_report report = {
        .locks = &lock, .lock_count = 1, .threads = &thread, .thread_count = 1};
    struct snarl_words words = {.report = &report, .pool = &pool};
    static const struct {
        enum snarl_target target;
        const char *verb, *known, *unknown;
    } rows[] = {
        {SNARL_TARGET_NONE, "", "", ""},
        {SNARL_TARGET_LOCK, "wants", "gate", "an unknown lock"},
        {SNARL_TARGET_THREAD, "joins", "thread 7", "an unknown thread"},
        {SNARL_TARGET_CONDITION, "waits on", "gate", "a condition variable"},
        {SNARL_TARGET_SEMAPHORE, "waits on", "gate", "a semaphore"},
        {SNARL_TARGET_BARRIER, "waits at", "gate", "a barrier"},
        {SNARL_TARGET_END_OF_WAITS, "destroys", "gate", "what is waited on"},
    };
    for (size_t row = 0; row < COUNT(rows); row++) {
        enum snarl_target target = rows[row].target;
        assert_string_equal(snarl_words_verb(target), rows[row].verb);
        assert_string_equal(snarl_words_wish(target, false), rows[row].verb);
        assert_string_equal(snarl_words_wish(target, true),
                            target == SNARL_TARGET_LOCK ? "wants to read" : rows[row].verb);
        assert_string_equal(snarl_words_target(&words, target, 1, false), rows[row].known);
        assert_string_equal(snarl_words_target(&words, target, 0, false), rows[row].unknown);
    }
    assert_string_equal(snarl_words_target(&words, SNARL_TARGET_SEMAPHORE, 1, true),
                        "gate (timed)");
}

static void a_thread_from_elsewhere_is_named_with_its_process(void **state)
{
    (void)state;
    struct snarl_report_process processes[] = {{.pid = 4711}, {.pid = 4712}};
    struct snarl_report_thread threads[] = {
        {.id = 1, .number = 1, .start = "main"},
        {.id = 2, .number = 1, .start = "main", .process = 1},
        {.id = 3, .number = 2, .name = "payer", .process = 1},
        {.id = 4, .number = 3, .absent = true},
        {.id = 5, .number = 4, .process = 9},
    };
    struct snarl_report report = {.processes = processes,
                                  .process_count = COUNT(processes),
                                  .threads = threads,
                                  .thread_count = COUNT(threads)};
    struct snarl_words words = {.report = &report, .pool = &pool};
    static const char *const anywhere[] = {"thread 1 (main)", "thread 1 (main)",
                                           "thread 2 \"payer\"", "thread 3 (not in this process)",
                                           "thread 4"};
    static const char *const at_home[] = {"thread 1 (main)", "thread 1 (main) of pid 4712",
                                          "thread 2 \"payer\" of pid 4712",
                                          "thread 3 (not in this process)", "thread 4"};
    for (unsigned index = 0; index < COUNT(threads); index++) {
        words.home = NULL;
        assert_string_equal(snarl_words_thread(&words, index + 1), anywhere[index]);
        words.home = &processes[0];
        assert_string_equal(snarl_words_thread(&words, index + 1), at_home[index]);
    }
    assert_string_equal(snarl_words_thread_number(&words, 2), "thread 1 of pid 4712");
    assert_string_equal(snarl_words_thread_number(&words, 1), "thread 1");
    assert_string_equal(snarl_words_thread(&words, 77), "an unknown thread");
}

static void locks_of_one_name_have_their_ids_beside_it(void **state)
{
    (void)state;
    struct snarl_report *report = sample_transfer();
    struct snarl_words words = {.report = report, .pool = &pool};
    report->locks[0].name = report->locks[1].name = "account.lock";
    assert_string_equal(snarl_words_lock(&words, 1), "account.lock");
    report->locks[0].named = true;
    assert_string_equal(snarl_words_lock(&words, 1), "account.lock");
    report->locks[1].named = true;
    assert_string_equal(snarl_words_lock(&words, 1), "account.lock (1)");
    assert_string_equal(snarl_words_lock(&words, 2), "account.lock (2)");
    report->locks[1].name = "another";
    assert_string_equal(snarl_words_lock(&words, 1), "account.lock");
    snarl_report_free(report);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_teardown(function, empty_pool)
    const struct CMUnitTest tests[] = {
        TEST(code_points_are_decoded_and_nothing_else),
        TEST(bad_text_is_replaced),
        TEST(files_are_named_by_what_tells_them_apart),
        TEST(prefixes_are_stripped),
        TEST(amounts_are_in_words),
        TEST(lists_read_like_a_sentence),
        TEST(long_commands_are_cut),
        TEST(frames_tell_what_they_can),
        TEST(targets_have_verbs_of_their_own),
        TEST(locks_of_one_name_have_their_ids_beside_it),
        TEST(a_thread_from_elsewhere_is_named_with_its_process),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
