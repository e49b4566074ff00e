/* Files of suppressions: what is read from them, and what is said about those that are damaged. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "report/suppressions.h"

/* The rules as "LINE TYPE PATTERN\n", or "LINE: WHAT "WORD" [first right word]"; to be freed. */
static char *told(const char *text, size_t size)
{
    char *words = NULL;
    size_t written;
    FILE *stream = open_memstream(&words, &written);
    struct snarl_suppressions suppressions = {0};
    struct snarl_file_error error;
    if (snarl_suppressions_parse(&suppressions, "file", text, size, &error)) {
        for (size_t index = 0; index < suppressions.count; index++) {
            const struct snarl_suppression_rule *rule = &suppressions.rules[index];
            assert_string_equal(rule->file, "file");
            fprintf(stream, "%u %s <%s>\n", rule->line, snarl_suppression_name(rule->type),
                    rule->pattern);
        }
    } else {
        fprintf(stream, "%u: %s <%s>%s", error.line, error.what, error.word,
                error.right != NULL ? error.right[0] : "");
    }
    fclose(stream);
    snarl_suppressions_free(&suppressions);
    return words;
}

static void check(const char *text, const char *expected)
{
    char *words = told(text, strlen(text));
    assert_string_equal(words, expected);
    free(words);
}

static void all_types_of_thread_sanitizer_are_read(void **state)
{
    (void)state;
    check("deadlock:a\nrace:b\nrace_top:c\nmutex:d\nthread:e\nsignal:f\ncalled_from_lib:libg.so\n",
          "1 deadlock <a>\n2 race <b>\n3 race_top <c>\n4 mutex <d>\n5 thread <e>\n6 signal <f>\n"
          "7 called_from_lib <libg.so>\n");
}

static void blanks_and_comments_are_skipped_as_thread_sanitizer_does(void **state)
{
    (void)state;
    check("", "");
    check("\n\n", "");
    check("# deadlock:a\n  # and\n", "");
    check(" \t deadlock:a \t\r\n\r\n\nrace:operator new(unsigned long)\n",
          "1 deadlock <a>\n4 race <operator new(unsigned long)>\n");
    check("race: b\n", "1 race < b>\n"); /* what follows the colon is the pattern, all of it */
    check("race:b # c\n", "1 race <b # c>\n");
    check("race:std::vector<int>\n", "1 race <std::vector<int>>\n");
}

static void damage_is_told_by_line(void **state)
{
    (void)state;
    check("race:a\n\ndeadlok:b\n", "3: unknown type <deadlok>deadlock");
    check("Race:a\n", "1: unknown type <Race>deadlock");
    check("race :a\n", "1: unknown type <race >deadlock");
    check(":a\n", "1: unknown type <>deadlock");
    check("race\n", "1: expected TYPE:PATTERN, not <race>");
    check("# fine\nrace:\n", "2: an empty pattern (for all, write *): <race:>");
    check("race:^$\n", "1: an empty pattern (for all, write *): <race:^$>");
    check("race:a\nrace:b",
          "2: the file ends in the middle of a line (was it cut short? else end the line) <>");
    check("r\033[31m:a\n", "1: unknown type <r?[31m>deadlock");
    char *words = told("race:a\nra\0ce:b\n", 15);
    assert_string_equal(words, "2: this is no text <>");
    free(words);
}

/* However a file is cut off, no rule in it is wider than it was. */
static void a_file_that_is_cut_off_never_matches_more(void **state)
{
    (void)state;
    static const char text[] = "# known\ndeadlock:^pay$\nmutex:^close*account$\n";
    for (size_t size = 0; size < sizeof text - 1; size++) {
        char *words = told(text, size);
        bool whole_lines = size == 0 || text[size - 1] == '\n';
        bool fine = strstr(words, "the middle of a line") == NULL;
        assert_int_equal(fine, whole_lines);
        free(words);
    }
}

/* What each type concerns, and which one is proposed for a kind. */
static void every_kind_has_its_type(void **state)
{
    (void)state;
    static const struct {
        enum snarl_finding_kind kind;
        enum snarl_suppression type;
    } kinds[] = {
        {SNARL_FINDING_LOCK_ORDER_CYCLE, SNARL_SUPPRESSION_DEADLOCK},
        {SNARL_FINDING_DEADLOCK, SNARL_SUPPRESSION_DEADLOCK},
        {SNARL_FINDING_SELF_DEADLOCK, SNARL_SUPPRESSION_DEADLOCK},
        {SNARL_FINDING_ALL_THREADS_BLOCKED, SNARL_SUPPRESSION_DEADLOCK},
        {SNARL_FINDING_DATA_RACE, SNARL_SUPPRESSION_RACE},
        {SNARL_FINDING_UNLOCK_NOT_LOCKED, SNARL_SUPPRESSION_MUTEX},
        {SNARL_FINDING_DESTROY_LOCKED, SNARL_SUPPRESSION_MUTEX},
        {SNARL_FINDING_SIGNAL_WITHOUT_LOCK, SNARL_SUPPRESSION_MUTEX},
        {SNARL_FINDING_EXIT_HOLDING_LOCK, SNARL_SUPPRESSION_THREAD},
        {SNARL_FINDING_JOIN_TWICE, SNARL_SUPPRESSION_THREAD},
        {SNARL_FINDING_DETACH_TWICE, SNARL_SUPPRESSION_THREAD},
        {SNARL_FINDING_OTHER, SNARL_SUPPRESSION_TYPES},
    };
    for (size_t row = 0; row < sizeof kinds / sizeof kinds[0]; row++) {
        enum snarl_finding_kind kind = kinds[row].kind;
        assert_int_equal(snarl_suppression_of(kind), kinds[row].type);
        for (int type = 0; type < SNARL_SUPPRESSION_TYPES; type++) {
            bool concerned =
                (int)kinds[row].type == type || type == SNARL_SUPPRESSION_LIB ||
                (type == SNARL_SUPPRESSION_RACE_TOP && kind == SNARL_FINDING_DATA_RACE);
            assert_int_equal(snarl_suppression_concerns((enum snarl_suppression)type, kind),
                             concerned);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_types_of_thread_sanitizer_are_read),
        cmocka_unit_test(blanks_and_comments_are_skipped_as_thread_sanitizer_does),
        cmocka_unit_test(damage_is_told_by_line),
        cmocka_unit_test(a_file_that_is_cut_off_never_matches_more),
        cmocka_unit_test(every_kind_has_its_type),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
