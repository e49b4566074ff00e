/* Valgrind's errors in snarl's kinds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "suite/valgrind_errors.h"

#define HEAD "<?xml version=\"1.0\"?>\n<valgrindoutput>\n<protocolversion>4</protocolversion>\n"
#define FRAME(object) "<frame><ip>0x1</ip><obj>" object "</obj><fn>f</fn></frame>"
#define STACK(frames) "<stack>" frames "</stack>"
#define TAIL "</valgrindoutput>\n"

static const struct {
    const char *error, *kinds;
} rows[] = {
    {"", "nothing"},
    {"<error><kind>Race</kind><xwhat><text>Possible data race</text></xwhat></error>", "data-race"},
    {"<error><kind>ConflictingAccess</kind><what>Conflicting store</what></error>", "data-race"},
    {"<error><kind>LockOrder</kind><xwhat><text>x</text></xwhat></error>", "lock-order-cycle"},
    {"<error><kind>MutexErr</kind><what>Mutex not locked: mutex 0x1</what></error>",
     "unlock-not-locked"},
    {"<error><kind>MutexErr</kind><what>Mutex not locked by calling thread: m</what></error>",
     "unlock-not-owner"},
    {"<error><kind>Misc</kind><xwhat><text>Thread #2: Exiting thread still holds 1 lock</text>"
     "</xwhat></error>",
     "exit-holding-lock"},
    {"<error><kind>Unheard</kind><what>of</what></error>", "other"},
    {"<error><kind>Race</kind><what>a</what></error><error><kind>LockOrder</kind></error>",
     "lock-order-cycle, data-race"},
    /* Where it is counts: in the program, also by a function that Valgrind has put in libc's place;
       not in libc itself. */
    {"<error><kind>Race</kind>" STACK(FRAME("/usr/lib/libc.so.6")
                                          FRAME("/home/ann/transfer")) "</error>",
     "nothing"},
    {"<error><kind>Race</kind>" STACK(FRAME("/home/ann/transfer") FRAME("/usr/lib/libc.so.6"))
         STACK(FRAME("/usr/lib/libc.so.6")) "</error>",
     "data-race"},
    {"<error><kind>Race</kind>" STACK(FRAME("/usr/libexec/valgrind/vgpreload_drd-amd64-linux.so")
                                          FRAME("/home/ann/transfer")) "</error>",
     "data-race"},
    {"<error><kind>Race</kind>" STACK(FRAME("/usr/libexec/valgrind/vgpreload_drd-amd64-linux.so")
                                          FRAME("/usr/lib/libc.so.6")) "</error>",
     "nothing"},
    {"<error><kind>LockOrder</kind>" STACK(FRAME("/usr/lib/libc.so.6")) "</error>",
     "lock-order-cycle"},
    /* A further text is not what it says. */
    {"<error><kind>Misc</kind><what>first</what><xauxwhat><text>still holds</text></xauxwhat>"
     "</error>",
     "other"},
};

static const char *kinds_of(const char *text, size_t size)
{
    static char words[256];
    return snarl_kinds_words(snarl_valgrind_errors(text, size), words, sizeof words);
}

static void each_error_has_a_kind(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[1024];
        int size = snprintf(text, sizeof text, HEAD "%s" TAIL, rows[i].error);
        assert_string_equal(kinds_of(text, (size_t)size), rows[i].kinds);
    }
}

/* What is whole counts, and nothing else happens. */
static void any_cut_is_borne(void **state)
{
    (void)state;
    static const char text[] = HEAD "<error><kind>Race</kind><what>a</what></error>\n" TAIL;
    const char *whole = strstr(text, "</error>");
    for (size_t size = 0; size < sizeof text - 1; size++)
        assert_string_equal(kinds_of(text, size),
                            text + size < whole + strlen("</error>") ? "nothing" : "data-race");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_error_has_a_kind),
        cmocka_unit_test(any_cut_is_borne),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
