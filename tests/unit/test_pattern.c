/* The patterns of suppressions: what each sign means, and a naive matcher beside. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "report/pattern.h"

static const struct row {
    const char *pattern, *text;
    bool matches;
} rows[] = {
    {"pay", "pay", true},
    {"pay", "repay_all", true},
    {"pay", "play", false},
    {"pay", "", false},
    {"pay", NULL, false},
    {"^pay", "pay_all", true},
    {"^pay", "repay", false},
    {"pay$", "repay", true},
    {"pay$", "payer", false},
    {"pay$", "pay_and_pay", true},
    {"^pay$", "pay", true},
    {"^pay$", "payer", false},
    {"^pay$", "repay", false},
    {"p*y", "a play", true},
    {"p*y", "yp", false},
    {"^p*y$", "pay my way", true},
    {"^p*y$", "pay my ways", false},
    {"*", "anything", true},
    {"^*", "anything", true},
    {"*$", "anything", true},
    {"*", "", false},
    {"^*pay", "repay", true},
    {"a*a", "a", false},
    {"a*a", "aa", true},
    {"^operator*$", "operator*", true},
    {"a^b", "a^b", true},         /* '^' has a meaning at the front only */
    {"pay$ more", "repay", true}, /* '$' ends the pattern, as in ThreadSanitizer */
    {"libbank.so", "/usr/lib/libbank.so.1", true},
    {"libbank.so$", "/usr/lib/libbank.so.1", false},
    {"bank::account::~account", "bank::account::~account()", true},
    {" pay", "pay", false},
};

static void every_sign_means_what_it_means_to_thread_sanitizer(void **state)
{
    (void)state;
    for (size_t row = 0; row < sizeof rows / sizeof rows[0]; row++)
        if (snarl_pattern_matches(rows[row].pattern, rows[row].text) != rows[row].matches)
            fail_msg("%s with %s", rows[row].pattern, rows[row].text);
}

/* Whether the rest of a pattern matches a beginning of the text, or all of it where it is tied. */
static bool matches_here(const char *pattern, const char *text)
{
    if (*pattern == '\0')
        return true;
    if (*pattern == '$')
        return *text == '\0';
    if (*pattern == '*')
        return matches_here(pattern + 1, text) ||
               (*text != '\0' && matches_here(pattern, text + 1));
    return *text == *pattern && matches_here(pattern + 1, text + 1);
}

static bool matches_somewhere(const char *pattern, const char *text)
{
    if (*pattern == '^')
        return matches_here(pattern + 1, text);
    for (; *text != '\0'; text++)
        if (matches_here(pattern, text))
            return true;
    return matches_here(pattern, text);
}

static void fill(char *text, size_t size, const char *letters)
{
    size_t length = (size_t)rand() % size;
    for (size_t index = 0; index < length; index++)
        text[index] = letters[(size_t)rand() % strlen(letters)];
    text[length] = '\0';
}

static void a_naive_matcher_agrees(void **state)
{
    (void)state;
    unsigned matched = 0;
    enum {
        ROUNDS = 200000
    };
    srand(1);
    for (unsigned round = 0; round < ROUNDS; round++) {
        char pattern[8], text[10];
        fill(pattern, sizeof pattern, "aab*^$");
        fill(text, sizeof text, "aab");
        bool expected = *text != '\0' && matches_somewhere(pattern, text);
        if (snarl_pattern_matches(pattern, text) != expected)
            fail_msg("%s with %s", pattern, text);
        matched += expected;
    }
    assert_in_range(matched, ROUNDS / 5, ROUNDS - ROUNDS / 5);
}

static void a_pattern_of_signs_alone_says_nothing(void **state)
{
    (void)state;
    static const char *const nothing[] = {"", "^", "$", "^$", "^$pay"};
    static const char *const something[] = {"*", "^*", "p", "^p", "*$", "p$"};
    for (size_t index = 0; index < sizeof nothing / sizeof *nothing; index++)
        assert_false(snarl_pattern_says_something(nothing[index]));
    for (size_t index = 0; index < sizeof something / sizeof *something; index++)
        assert_true(snarl_pattern_says_something(something[index]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_sign_means_what_it_means_to_thread_sanitizer),
        cmocka_unit_test(a_naive_matcher_agrees),
        cmocka_unit_test(a_pattern_of_signs_alone_says_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
