/* The lines of ThreadSanitizer's stacks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "analysis/thread_sanitizer_parts.h"

static void assert_text(const char *text, const char *expected)
{
    if (expected == NULL)
        assert_null(text);
    else
        assert_string_equal(text, expected);
}

static void frames_have_many_shapes(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        struct snarl_frame frame;
    } rows[] = {
        {"    #0 pay /src/bank.c:21 (transfer+0x12ab)",
         {"pay", "/src/bank.c", 21, "transfer", 0x12ab, false, false}},
        {"    #11 pay /src/bank.c:21:5 (transfer+0x12ab) (BuildId: 73cc)",
         {"pay", "/src/bank.c", 21, "transfer", 0x12ab, false, false}},
        {"#2 pay bank.c:21", {"pay", "bank.c", 21, NULL, 0, false, false}},
        {"    #0 pay /src/my bank.c:21 (my transfer+0x1)",
         {"pay", "/src/my bank.c", 21, "my transfer", 1, false, false}},
        {"    #0 pay <null> (transfer+0x1f)", {"pay", NULL, 0, "transfer", 0x1f, false, false}},
        {"    #0 <null> <null> (libbank.so.1+0xff00)",
         {NULL, NULL, 0, "libbank.so.1", 0xff00, false, false}},
        {"    #0 bank::pay(long) const ../bank.cc:7 (a+0x2)",
         {"bank::pay(long) const", "../bank.cc", 7, "a", 2, false, false}},
        {"    #0 pthread_create <null> (transfer+0x5)",
         {"pthread_create", NULL, 0, "transfer", 5, true, false}},
        {"    #0 operator new(unsigned long) <null> (a+0x5)",
         {"operator new(unsigned long)", NULL, 0, "a", 5, true, false}},
        {"    #0 free_list <null> (a+0x5)", {"free_list", NULL, 0, "a", 5, false, false}},
        {"    #0 free <null> (a+0x5)", {"free", NULL, 0, "a", 5, true, false}},
        {"    #0 free /src/heap.c:3 (a+0x5)", {"free", "/src/heap.c", 3, "a", 5, false, false}},
        {"    #0 start_thread <null> (libc.so.6+0x8)",
         {"start_thread", NULL, 0, "libc.so.6", 8, true, false}},
        {"    #0 free ../../../../src/libsanitizer/tsan/t.cpp:9 (libtsan.so.2+0x8)",
         {"free", "../../../../src/libsanitizer/tsan/t.cpp", 9, "libtsan.so.2", 8, true, false}},
        {"    #0 pay", {"pay", NULL, 0, NULL, 0, false, false}},
    };
    struct snarl_report *report = snarl_report_create();
    struct snarl_frame frame;
    for (size_t index = 0; index < sizeof rows / sizeof *rows; index++) {
        const struct snarl_frame *expected = &rows[index].frame;
        assert_true(snarl_sanitizer_frame(report, rows[index].line, &frame));
        assert_text(frame.function, expected->function);
        assert_text(frame.file, expected->file);
        assert_int_equal(frame.line, expected->line);
        assert_text(frame.module, expected->module);
        assert_int_equal(frame.offset, expected->offset);
        assert_int_equal(frame.foreign, expected->foreign);
    }
    assert_false(snarl_sanitizer_frame(report, "pay bank.c:21 (transfer+0x12ab)", &frame));
    assert_false(snarl_sanitizer_frame(report, "    # pay", &frame));
    assert_false(snarl_sanitizer_frame(report, "", &frame));
    snarl_report_free(report);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frames_have_many_shapes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
