/* The checklist is true to the tests: its kinds exist, its cases exist and are of those kinds, and
 * every kind of finding is in it. tests/CHECKS.md is what is made from it. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/finding.h"
#include "support/cmocka_all.h"
#include "support/command.h"

static const struct check {
    const char *helgrind, *drd, *kind, *shown_by, *note;
} checks[] = {
#define CHECKED(helgrind, drd, kind, shown_by, note) {helgrind, drd, kind, shown_by, note},
#include "checklist.def"
#undef CHECKED
};

static const struct misuse_case {
    const char *name;
    enum snarl_finding_kind kind;
} cases[] = {
#define MISUSE_CASE(identifier, name, kind, ...) {name, SNARL_FINDING_##kind},
#include "preload/programs/misuse.def"
#undef MISUSE_CASE
};

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* SNARL_FINDING_KINDS where there is none. */
static enum snarl_finding_kind kind_of(const char *name)
{
    int kind = 0;
    while (kind < SNARL_FINDING_KINDS && strcmp(snarl_finding_name(kind), name) != 0)
        kind++;
    return (enum snarl_finding_kind)kind;
}

static void kinds_exist(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(checks); i++)
        if (checks[i].kind[0] != '\0' && kind_of(checks[i].kind) == SNARL_FINDING_KINDS)
            fail_msg("checklist.def: there is no finding \"%s\"", checks[i].kind);
}

static void every_kind_is_listed(void **state)
{
    (void)state;
    for (int kind = 0; kind < SNARL_FINDING_OTHER; kind++) {
        bool found = false;
        for (size_t i = 0; i < COUNT(checks); i++)
            found |= strcmp(checks[i].kind, snarl_finding_name(kind)) == 0;
        if (!found)
            fail_msg("checklist.def: no row for %s", snarl_finding_name(kind));
    }
}

static void what_is_not_shown_has_a_reason(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(checks); i++) {
        const struct check *check = &checks[i];
        if (check->kind[0] == '\0')
            assert_string_equal(check->shown_by, "");
        if (check->shown_by[0] == '\0' && check->note[0] == '\0')
            fail_msg("checklist.def: row %zu has no case, and no reason", i + 1);
    }
}

/* The case of misuse.c, or NULL. */
static const struct misuse_case *misuse_case(const char *shown_by)
{
    for (size_t i = 0; i < COUNT(cases); i++)
        if (strncmp(shown_by, "misuse ", 7) == 0 && strcmp(shown_by + 7, cases[i].name) == 0)
            return &cases[i];
    return NULL;
}

/* Whether tests/preload/programs/PROGRAM.c has a case of that name. */
static bool program_has_case(const char *shown_by)
{
    char path[512], quoted[128];
    size_t size, length = strcspn(shown_by, " ");
    snprintf(path, sizeof path, SNARL_TESTS "/preload/programs/%.*s.c", (int)length, shown_by);
    snprintf(quoted, sizeof quoted, "{\"%s\",", shown_by + length + 1);
    char *source = file_read(path, &size);
    bool has = strstr(source, quoted) != NULL;
    free(source);
    return has;
}

static void cases_show_their_kinds(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(checks); i++) {
        const char *shown_by = checks[i].shown_by;
        if (shown_by[0] == '\0')
            continue;
        assert_non_null(strchr(shown_by, ' '));
        const struct misuse_case *found = misuse_case(shown_by);
        if (found == NULL && !program_has_case(shown_by))
            fail_msg("checklist.def: there is no \"%s\"", shown_by);
        if (found != NULL && found->kind != kind_of(checks[i].kind))
            fail_msg("checklist.def: \"%s\" shows %s, not %s", shown_by,
                     snarl_finding_name(found->kind), checks[i].kind);
    }
}

static void the_page_is_made_from_it(void **state)
{
    (void)state;
    size_t size;
    char *page = file_read(SNARL_TESTS "/CHECKS.md", &size);
    struct command_result made = COMMAND(SNARL_PRINT_CHECKS);
    assert_int_equal(made.status, 0);
    if (strcmp(page, made.output) != 0)
        fail_msg("tests/CHECKS.md is out of date: " SNARL_PRINT_CHECKS " > tests/CHECKS.md");
    command_free(&made);
    free(page);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kinds_exist),
        cmocka_unit_test(every_kind_is_listed),
        cmocka_unit_test(what_is_not_shown_has_a_reason),
        cmocka_unit_test(cases_show_their_kinds),
        cmocka_unit_test(the_page_is_made_from_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
