/* What the source of a scenario teaches, read from its text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "suite/lesson.h"

static struct snarl_pool pool;

static struct snarl_lesson read_text(const char *text)
{
    struct snarl_lesson lesson;
    snarl_lesson_read(&lesson, text, &pool);
    return lesson;
}

static int give_back(void **state)
{
    (void)state;
    snarl_pool_free(&pool);
    return 0;
}

static void the_comment_is_the_lesson(void **state)
{
    (void)state;
    struct snarl_lesson lesson = read_text(
        "/*\n"
        " * Losing updates\n"
        " *\n"
        " * Two threads\n"
        " * count.\n"
        " *\n"
        " * Three things help:\n"
        " *   - a lock,\n"
        " *     held for long;\n"
        " *   - an atomic.\n"
        " */\n"
        "int counter;\n");
    assert_string_equal(lesson.title, "Losing updates");
    assert_int_equal(lesson.paragraph_count, 4);
    static const struct snarl_lesson_paragraph expected[] = {
        {"Two threads count.", 0, 0},
        {"Three things help:", 0, 0},
        {"- a lock, held for long;", 2, 4},
        {"- an atomic.", 2, 4},
    };
    for (size_t i = 0; i < 4; i++) {
        assert_string_equal(lesson.paragraphs[i].text, expected[i].text);
        assert_int_equal(lesson.paragraphs[i].indent, expected[i].indent);
        assert_int_equal(lesson.paragraphs[i].hanging, expected[i].hanging);
    }
    assert_int_equal(lesson.line_count, 1);
    assert_int_equal(lesson.lines[0].number, 12);
    assert_string_equal(lesson.lines[0].code, "int counter;");
    assert_null(lesson.lines[0].why);
}

static void marked_lines_matter(void **state)
{
    (void)state;
    struct snarl_lesson lesson = read_text(
        "/* T */\n"
        "\n"
        "    counter++; /* <-- three steps */\n"
        "  run(); // <-- in any order  \n"
        "  /* <-- alone */\n"
        "  stop(); /* plain */\n"
        "  /* <- no mark */\n"
        "  cut(); /* <-- not closed\n");
    static const struct {
        unsigned number;
        const char *code, *why;
    } expected[] = {
        {3, "    counter++;", "three steps"},
        {4, "  run();", "in any order"},
        {5, "", "alone"},
        {6, "  stop(); /* plain */", NULL},
        {7, "  /* <- no mark */", NULL},
        {8, "  cut();", "not closed"},
    };
    assert_string_equal(lesson.title, "T");
    assert_int_equal(lesson.line_count, sizeof expected / sizeof *expected);
    for (size_t i = 0; i < lesson.line_count; i++) {
        assert_int_equal(lesson.lines[i].number, expected[i].number);
        assert_string_equal(lesson.lines[i].code, expected[i].code);
        if (expected[i].why)
            assert_string_equal(lesson.lines[i].why, expected[i].why);
        else
            assert_null(lesson.lines[i].why);
    }
}

static void any_text_can_be_read(void **state)
{
    (void)state;
    static const char *const texts[] = {"",     "\n\n",      "/*", "/* *",
                                        "/**/", "/*\n*\n*/", "x",  "/* <-- "};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct snarl_lesson lesson = read_text(texts[i]);
        assert_int_equal(lesson.paragraph_count, 0);
        assert_true(lesson.line_count <= 1);
    }
    assert_string_equal(read_text("int no_comment;\n").title, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(the_comment_is_the_lesson, give_back),
        cmocka_unit_test_teardown(marked_lines_matter, give_back),
        cmocka_unit_test_teardown(any_text_can_be_read, give_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
