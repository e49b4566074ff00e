/* The ids of findings stay the same while a program is edited elsewhere: programs are compiled as
 * they are and with edits, and run. */
#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report_words.h"
#include "support/cmocka_all.h"
#include "support/command.h"

/* Code that has nothing to do with the finding, but shifts lines, offsets, the numbers of threads
 * and locks, and what is held when. */
static const char elsewhere[] =
    "\n\n\n"
    "static pthread_mutex_t elsewhere_lock = PTHREAD_MUTEX_INITIALIZER;\n"
    "static pthread_mutex_t elsewhere_inner = PTHREAD_MUTEX_INITIALIZER;\n\n"
    "static void *elsewhere_thread(void *unused)\n"
    "{\n"
    "    pthread_mutex_lock(&elsewhere_lock);\n"
    "    pthread_mutex_lock(&elsewhere_inner);\n"
    "    pthread_mutex_unlock(&elsewhere_inner);\n"
    "    pthread_mutex_unlock(&elsewhere_lock);\n"
    "    return unused;\n"
    "}\n\n"
    "__attribute__((constructor)) static void elsewhere(void)\n"
    "{\n"
    "    pthread_t thread;\n"
    "    must(pthread_create(&thread, NULL, elsewhere_thread, NULL));\n"
    "    must(pthread_join(thread, NULL));\n"
    "}\n\n\n";

static const struct {
    const char *source;
    const char *function; /* on the path of its finding, or where its locks are made */
} rows[] = {
    {SNARL_SOURCES "/deadlock/deadlock_abba_latent.c", "pay"},
    {SNARL_SOURCES "/deadlock/deadlock_abba.c", "write_letter"},
    {SNARL_SOURCES "/deadlock/deadlock_dining.c", "dine"},
    {SNARL_SOURCES "/deadlock/deadlock_relock.c", "withdraw"},
    {SNARL_SOURCES "/queue/producer_consumer_lost_wakeup.c", "consume"},
    {SNARL_PROGRAMS "/heap_bank.c", "move"},
    {SNARL_PROGRAMS "/heap_bank.c", "open_account"},
};

enum {
    ROWS = sizeof rows / sizeof *rows
};

static bool is_word_at(const char *place, const char *text, const char *word)
{
    size_t length = strlen(word);
    bool begins = place == text || !(isalnum((unsigned char)place[-1]) || place[-1] == '_');
    return begins && strncmp(place, word, length) == 0 &&
           !(isalnum((unsigned char)place[length]) || place[length] == '_');
}

/* Copies the source, with the function renamed, and with `before` put before main(); each may be
 * NULL. */
static void edit(const char *source, const char *edited, const char *function, const char *before)
{
    size_t size;
    char *text = file_read(source, &size);
    FILE *file = fopen(edited, "w");
    assert_non_null(file);
    for (const char *place = text; *place; place++) {
        if (before && strncmp(place, "int main(", 9) == 0)
            fputs(before, file);
        if (function && is_word_at(place, text, function))
            fputs("renamed_", file);
        fputc(*place, file);
    }
    assert_int_equal(fclose(file), 0);
    free(text);
}

/* Compiles and runs it; the id of its only finding, to be freed. */
static char *id_of(const char *directory, const char *source)
{
    char *program = path_in(directory, "program"), *path = path_in(directory, "report.json");
    CHECK(0, "", "", SNARL_CC, "-g", "-O1", "-pthread", "-D_GNU_SOURCE", "-I", SNARL_SOURCES, "-o",
          program, source, SNARL_SOURCES "/common/stage.c");
    struct command_result result =
        COMMAND(SNARL_COMMAND, "run", "--format", "json", "-o", path, "--", program);
    assert_int_equal(result.status, 66);
    command_free(&result);
    json_t *report = report_load(path);
    assert_int_equal(json_array_size(report_at(report, "findings")), 1);
    char *id = strdup(json_string_value(report_at(report, "findings.0.id")));
    json_decref(report);
    free(program), free(path);
    return id;
}

static void edits_elsewhere_keep_the_id_and_a_new_name_changes_it(void **state)
{
    (void)state;
    char *directory = directory_make(), *edited = path_in(directory, "edited.c");
    for (size_t i = 0; i < ROWS; i++) {
        const char *source = rows[i].source;
        edit(source, edited, NULL, NULL);
        char *id = id_of(directory, edited);
        edit(source, edited, NULL, elsewhere);
        char *moved = id_of(directory, edited);
        assert_string_equal(moved, id);
        edit(source, edited, rows[i].function, elsewhere);
        char *renamed = id_of(directory, edited);
        assert_string_not_equal(renamed, id);
        free(renamed), free(moved), free(id);
    }
    free(edited);
    directory_remove(directory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(edits_elsewhere_keep_the_id_and_a_new_name_changes_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
