/* The bounded text buffer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"

static void pieces_follow_each_other(void **state)
{
    (void)state;
    char buffer[64];
    struct snarl_text text = snarl_text_over(buffer, sizeof buffer);
    assert_string_equal(buffer, "");
    snarl_text_add(&text, "lock ");
    snarl_text_add_decimal(&text, 17);
    snarl_text_add_char(&text, ' ');
    snarl_text_add_bytes(&text, "at the", 2);
    snarl_text_add(&text, "");
    snarl_text_add(&text, " 0x");
    snarl_text_add_hex(&text, 0xbeef, 8);
    assert_string_equal(buffer, "lock 17 at 0x0000beef");
    assert_int_equal(text.length, strlen(buffer));
    assert_false(text.truncated);
}

struct number {
    uint64_t number;
    unsigned digits; /* 0: decimal */
    const char *written;
};

static void numbers(void **state)
{
    (void)state;
    static const struct number numbers[] = {
        {0, 0, "0"},
        {9, 0, "9"},
        {10, 0, "10"},
        {UINT64_MAX, 0, "18446744073709551615"},
        {0, 1, "0"},
        {0, 4, "0000"},
        {0xa, 1, "a"},
        {0x12345, 2, "12345"},
        {UINT64_MAX, 16, "ffffffffffffffff"},
        {1, 20, "00000000000000000001"},
    };
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        char buffer[32];
        struct snarl_text text = snarl_text_over(buffer, sizeof buffer);
        if (numbers[i].digits == 0)
            snarl_text_add_decimal(&text, numbers[i].number);
        else
            snarl_text_add_hex(&text, numbers[i].number, numbers[i].digits);
        assert_string_equal(buffer, numbers[i].written);
    }
}

static void more_digits_than_there_is_room_for(void **state)
{
    (void)state;
    char buffer[128], zeros[65];
    struct snarl_text text = snarl_text_over(buffer, sizeof buffer);
    snarl_text_add_hex(&text, 0, 1000);
    memset(zeros, '0', 64);
    zeros[64] = '\0';
    assert_string_equal(buffer, zeros);
}

/* At every size of the buffer: the beginning of the text, terminated, and nothing behind it. */
static void what_does_not_fit_is_cut_off(void **state)
{
    (void)state;
    const char *whole = "ab1234cd";
    for (size_t size = 1; size <= 12; size++) {
        char buffer[16], expected[16];
        memset(buffer, '#', sizeof buffer);
        struct snarl_text text = snarl_text_over(buffer, size);
        snarl_text_add(&text, "ab");
        snarl_text_add_decimal(&text, 1234);
        snarl_text_add_char(&text, 'c');
        snarl_text_add_bytes(&text, "d", 1);

        size_t length = size - 1 < strlen(whole) ? size - 1 : strlen(whole);
        memset(expected, 0, sizeof expected);
        memcpy(expected, whole, length);
        assert_string_equal(buffer, expected);
        assert_int_equal(text.length, length);
        assert_int_equal(text.truncated, length < strlen(whole));
        for (size_t i = size; i < sizeof buffer; i++)
            assert_int_equal(buffer[i], '#');
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_follow_each_other),
        cmocka_unit_test(numbers),
        cmocka_unit_test(more_digits_than_there_is_room_for),
        cmocka_unit_test(what_does_not_fit_is_cut_off),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
