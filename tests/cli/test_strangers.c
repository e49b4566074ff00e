/* Programs that no one here wrote, and what they stand for: the same output and status with and
 * without snarl, nothing found, nothing lost, and every lock counted. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "report_words.h"
#include "support/cmocka_all.h"
#include "support/command.h"

static const struct stranger {
    const char *name; /* of the test */
    const char *arguments[4];
    const char *environment[2];
    const char *needs;              /* a file; the test is skipped where it is not there */
    unsigned threads, acquisitions; /* at least */
} strangers[] = {
    {"python3 with threads",
     {"/usr/bin/python3", SNARL_STRANGERS "/threads.py"},
     {NULL},
     "/usr/bin/python3",
     10,
     1000},
    {"C++ with std::mutex and exceptions across threads",
     {SNARL_STRANGERS_BUILT "/exceptions"},
     {NULL},
     SNARL_STRANGERS_BUILT "/exceptions",
     302,
     1200},
    {"machine code of luajit",
     {"/usr/bin/luajit", SNARL_STRANGERS "/jit.lua"},
     {NULL},
     "/usr/bin/luajit",
     1,
     200000},
    {"python3 on jemalloc",
     {"/usr/bin/python3", SNARL_STRANGERS "/threads.py"},
     {"LD_PRELOAD=" SNARL_JEMALLOC},
     SNARL_JEMALLOC,
     10,
     1000},
    {"C++ on jemalloc",
     {SNARL_STRANGERS_BUILT "/exceptions"},
     {"LD_PRELOAD=" SNARL_JEMALLOC},
     SNARL_JEMALLOC,
     302,
     1200},
};

static void stranger_runs_unharmed(void **state)
{
    const struct stranger *stranger = *state;
    if (access(stranger->needs, R_OK) != 0) {
        print_message("%s is not installed\n", stranger->needs);
        skip();
    }
    char *directory = directory_make(), *path = path_in(directory, "report.json");
    struct command alone = {.arguments = stranger->arguments, .environment = stranger->environment};
    struct command_result native = command_run(&alone);

    const char *arguments[16] = {SNARL_COMMAND, "run", "--format", "json", "-o", path, "--"};
    size_t count = 7;
    for (size_t i = 0; stranger->arguments[i] != NULL; i++)
        arguments[count++] = stranger->arguments[i];
    struct command under = {.arguments = arguments, .environment = stranger->environment};
    struct command_result watched = command_run(&under);

    assert_string_equal(watched.output, native.output);
    assert_string_equal(watched.error, native.error);
    assert_int_equal(watched.status, native.status);
    assert_int_equal(native.status, 0);

    json_t *report = report_load(path);
    char *findings = report_findings(report);
    assert_string_equal(findings, "");
    assert_true(json_integer_value(report_at(report, "statistics.threads")) >= stranger->threads);
    assert_true(json_integer_value(report_at(report, "statistics.acquisitions")) >=
                stranger->acquisitions);
    free(findings);
    json_decref(report);
    command_free(&native);
    command_free(&watched);
    free(path);
    directory_remove(directory);
}

int main(void)
{
    enum {
        COUNT = sizeof strangers / sizeof strangers[0]
    };
    struct CMUnitTest tests[COUNT];
    for (int i = 0; i < COUNT; i++)
        tests[i] = (struct CMUnitTest){strangers[i].name, stranger_runs_unharmed, NULL, NULL,
                                       (void *)(uintptr_t)&strangers[i]};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
