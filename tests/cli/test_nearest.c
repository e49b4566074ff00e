/* The nearest right word. */
#include "nearest.h"

#include <stdint.h>

#include "support/cmocka_all.h"

static void distance_counts_changes(void **state)
{
    (void)state;
    assert_int_equal(snarl_edit_distance("", ""), 0);
    assert_int_equal(snarl_edit_distance("", "abc"), 3);
    assert_int_equal(snarl_edit_distance("json", "json"), 0);
    assert_int_equal(snarl_edit_distance("jsn", "json"), 1);
    assert_int_equal(snarl_edit_distance("jason", "json"), 1);
    assert_int_equal(snarl_edit_distance("jton", "json"), 1);
    assert_int_equal(snarl_edit_distance("josn", "json"), 1); /* neighbours swapped */
    assert_int_equal(snarl_edit_distance("kitten", "sitting"), 3);
}

static void long_words_are_far(void **state)
{
    (void)state;
    char word[65] = {0};
    for (int i = 0; i < 64; i++)
        word[i] = 'a';
    assert_true(snarl_edit_distance(word, "a") == SIZE_MAX);
    assert_true(snarl_edit_distance("a", word) == SIZE_MAX);
    word[63] = '\0';
    assert_int_equal(snarl_edit_distance(word, "a"), 62);
}

static const char *nearest(const char *word)
{
    struct snarl_nearest search = snarl_nearest_to(word);
    snarl_nearest_try(&search, "report");
    snarl_nearest_try(&search, "run");
    snarl_nearest_try(&search, "runs");
    return search.best ? search.best : "none";
}

static void the_first_of_the_nearest_wins(void **state)
{
    (void)state;
    assert_string_equal(nearest("run"), "run");
    assert_string_equal(nearest("rnu"), "run");
    assert_string_equal(nearest("rune"), "run");
    assert_string_equal(nearest("reprot"), "report");
    assert_string_equal(nearest("doctor"), "none");
    assert_string_equal(nearest("walk"), "none");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(distance_counts_changes),
        cmocka_unit_test(long_words_are_far),
        cmocka_unit_test(the_first_of_the_nearest_wins),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
