/* What two lists of findings have in common. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "report/difference.h"

static void fill(struct snarl_baseline *list, const char *letters)
{
    for (; *letters != '\0'; letters++) {
        char id[] = "0000000000000000", message[] = "about ?";
        id[15] = message[6] = *letters;
        snarl_baseline_add(list, id, SNARL_FINDING_DEADLOCK, message);
    }
    snarl_baseline_sort(list);
}

/* What is written about two lists, one letter for each finding; to be freed. */
static char *told(const char *old_letters, const char *new_letters,
                  bool (*write)(const struct snarl_difference *difference, FILE *stream))
{
    char *text = NULL;
    size_t size;
    FILE *stream = open_memstream(&text, &size);
    struct snarl_baseline old = {0}, now = {0};
    fill(&old, old_letters);
    fill(&now, new_letters);
    struct snarl_difference difference = snarl_difference_of(&old, &now);
    assert_true(write(&difference, stream));
    assert_int_equal(fclose(stream), 0);
    snarl_difference_free(&difference);
    snarl_baseline_free(&old);
    snarl_baseline_free(&now);
    return text;
}

static void check(const char *old, const char *now, const char *expected)
{
    char *text = told(old, now, snarl_difference_write_text);
    assert_string_equal(text, expected);
    free(text);
}

#define LINE(letter) "  [000000000000000" letter "] deadlock: about " letter "\n"

static void new_gone_and_same_are_told_apart(void **state)
{
    (void)state;
    check("", "", "snarl: 0 new, 0 gone, 0 same\n");
    check("", "ba", "snarl: 2 new, 0 gone, 0 same\n\nnew:\n" LINE("a") LINE("b"));
    check("ab", "", "snarl: 0 new, 2 gone, 0 same\n\ngone:\n" LINE("a") LINE("b"));
    check("ab", "ab", "snarl: 0 new, 0 gone, 2 same\n\nsame:\n" LINE("a") LINE("b"));
    check("acce", "bcd",
          "snarl: 2 new, 2 gone, 1 same\n\nnew:\n" LINE("b") LINE("d") "\ngone:\n" LINE("a")
              LINE("e") "\nsame:\n" LINE("c"));
}

static void programs_get_one_object(void **state)
{
    (void)state;
    char *text = told("ab", "bc", snarl_difference_write_json);
    json_t *object = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    json_t *expected = json_pack(
        "{s:s, s:[{s:s, s:s, s:s}], s:[{s:s, s:s, s:s}], s:[{s:s, s:s, s:s}]}", "schema",
        "snarl-diff/1", "new", "id", "000000000000000c", "kind", "deadlock", "message", "about c",
        "gone", "id", "000000000000000a", "kind", "deadlock", "message", "about a", "same", "id",
        "000000000000000b", "kind", "deadlock", "message", "about b");
    assert_non_null(expected);
    assert_true(json_equal(object, expected));
    json_decref(object);
    json_decref(expected);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(new_gone_and_same_are_told_apart),
        cmocka_unit_test(programs_get_one_object),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
