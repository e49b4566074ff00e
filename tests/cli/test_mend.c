/* The fix that a report proposes is taken at its word: applied to the source, it leaves nothing. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report_words.h"
#include "support/cmocka_all.h"
#include "support/command.h"

enum {
    MOST_LINES = 400
};

/* A source file, line by line. */
struct source {
    char *lines[MOST_LINES];
    size_t count;
};

static void read_source(struct source *source, const char *path)
{
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    size_t size = 0;
    source->count = 0;
    while (source->count < MOST_LINES) {
        source->lines[source->count] = NULL;
        if (getline(&source->lines[source->count], &size, file) < 0)
            break;
        size = 0;
        source->count++;
    }
    free(source->lines[source->count]);
    fclose(file);
}

/* "in FUNCTION() (FILE:LINE), take FIRST before SECOND ...": SECOND is taken at LINE now, and FIRST
 * within the next few: they change places. */
static void apply(struct source *source, const char *fix)
{
    char function[64], file[64], first[64], second[64], needle[96];
    unsigned line;
    assert_int_equal(sscanf(fix, "in %63[^(]() (%63[^:]:%u), take %63s before %63[^,]", function,
                            file, &line, first, second),
                     5);
    assert_string_equal(file, "deadlock_abba_latent.c");
    assert_true(line >= 1 && line < source->count);
    snprintf(needle, sizeof needle, "lock(&%s)", second);
    assert_non_null(strstr(source->lines[line - 1], needle));
    snprintf(needle, sizeof needle, "lock(&%s)", first);
    for (size_t other = line; other < line + 3; other++) {
        if (strstr(source->lines[other], needle) == NULL)
            continue;
        char *line_now = source->lines[line - 1];
        source->lines[line - 1] = source->lines[other];
        source->lines[other] = line_now;
        return;
    }
    fail_msg("%s is not taken after line %u", first, line);
}

static void write_source(struct source *source, const char *path)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    for (size_t i = 0; i < source->count; i++) {
        fputs(source->lines[i], file);
        free(source->lines[i]);
    }
    assert_int_equal(fclose(file), 0);
}

static void build(const char *source, const char *program)
{
    CHECK(0, "", "", SNARL_CC, "-g", "-O1", "-pthread", "-D_GNU_SOURCE", "-I", SNARL_SOURCES, "-o",
          program, source, SNARL_SOURCES "/common/stage.c");
}

/* Runs the program; its findings in words, and the first fix, both to be freed. */
static char *findings_of(const char *directory, const char *program, char **fix)
{
    char *path = path_in(directory, "report.json");
    struct command_result result =
        COMMAND(SNARL_COMMAND, "run", "--format", "json", "-o", path, "--", program);
    json_t *report = report_load(path);
    char *findings = report_findings(report);
    assert_int_equal(result.status, findings[0] == '\0' ? 0 : 66);
    if (fix != NULL)
        *fix = strdup(json_string_value(report_at(report, "findings.0.fix")));
    command_free(&result);
    json_decref(report);
    free(path);
    return findings;
}

static void the_proposed_fix_mends_it(void **state)
{
    (void)state;
    char *directory = directory_make();
    char *broken = path_in(directory, "broken"), *mended = path_in(directory, "mended");
    char *mended_source = path_in(directory, "mended.c");
    build(SNARL_SOURCES "/deadlock/deadlock_abba_latent.c", broken);
    char *fix, *findings = findings_of(directory, broken, &fix);
    assert_string_equal(findings,
                        "lock-order-cycle predicted error\n"
                        "  payer holds alice.lock (pay) wants bob.lock (pay)\n"
                        "  refunder holds bob.lock (refund) wants alice.lock (refund)\n");
    free(findings);

    struct source source;
    read_source(&source, SNARL_SOURCES "/deadlock/deadlock_abba_latent.c");
    apply(&source, fix);
    write_source(&source, mended_source);
    build(mended_source, mended);
    findings = findings_of(directory, mended, NULL);
    assert_string_equal(findings, "");

    free(findings);
    free(fix);
    free(mended_source);
    free(mended);
    free(broken);
    directory_remove(directory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_proposed_fix_mends_it)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
