/* A scenario is one C file and one row of a manifest: a file without a row, or a row without a
 * file, fails the configuration. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support/cmocka_all.h"
#include "support/command.h"

static char *directory;

static char *in_copy(const char *name)
{
    char path[512];
    snprintf(path, sizeof path, "%s/scenarios/%s", directory, name);
    return strdup(path);
}

/* A project of the scenarios alone, which are a copy. */
static int set_up(void **state)
{
    static const char project[] =
        "cmake_minimum_required(VERSION 3.22)\n"
        "project(rows C)\n"
        "include(GNUInstallDirs)\n"
        "find_package(Threads REQUIRED)\n"
        "add_subdirectory(scenarios)\n";
    (void)state;
    directory = directory_make();
    char *lists = path_in(directory, "CMakeLists.txt"), *copy = path_in(directory, "scenarios");
    file_write(lists, project, strlen(project), 0600);
    CHECK(0, "", "", "cp", "-r", SNARL_SOURCES, copy);
    free(lists), free(copy);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    directory_remove(directory);
    return 0;
}

/* Configures; the complaint's own line breaks are CMake's, so that words are compared. */
static void check_configuration(const char *complaint)
{
    char *build = path_in(directory, "build"), words[4096] = "";
    struct command_result result = COMMAND(SNARL_CMAKE, "-S", directory, "-B", build);
    for (const char *word = strtok(result.error, " \n"); word; word = strtok(NULL, " \n")) {
        assert_true(strlen(words) + strlen(word) + 2 < sizeof words);
        strcat(strcat(words, word), " ");
    }
    assert_int_equal(result.status == 0, complaint == NULL);
    if (complaint && !strstr(words, complaint))
        fail_msg("%s", words);
    command_free(&result);
    free(build);
}

static void files_and_rows_must_agree(void **state)
{
    (void)state;
    char *file = in_copy("race/counter_race.c"), *other = in_copy("race/extra.c");
    check_configuration(NULL);

    assert_int_equal(link(file, other), 0);
    check_configuration("no row in the manifest of its folder for: scenarios/race/extra.c ");
    assert_int_equal(unlink(other), 0);

    assert_int_equal(rename(file, other), 0);
    check_configuration(
        "scenarios/race/manifest.json has a row counter_race, but there is no "
        "scenarios/race/counter_race.c ");
    assert_int_equal(rename(other, file), 0);
    check_configuration(NULL);
    free(file), free(other);
}

static void a_row_stands_once(void **state)
{
    (void)state;
    char *path = in_copy("lock/manifest.json");
    static const char twice[] =
        "{\"scenarios\": [{\"name\": \"lock_ten_threads\"}, {\"name\": \"lock_ten_threads\"}]}";
    static const char none[] = "{\"scenarios\": []}";
    file_write(path, twice, strlen(twice), 0600);
    check_configuration("scenarios/lock/manifest.json has two rows lock_ten_threads ");
    file_write(path, none, strlen(none), 0600);
    check_configuration("scenarios/lock/manifest.json has no scenarios ");
    free(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_and_rows_must_agree),
        cmocka_unit_test(a_row_stands_once),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
