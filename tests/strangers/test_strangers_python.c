/* Python's own tests of its threads, queues and pools: each has the same result with and without
 * snarl. An argument chooses one of the tests here by its name. */
#include <stdlib.h>
#include <string.h>

#include "support/cmocka_all.h"
#include "support/command.h"
#include "unharmed.h"

#define PYTHON "/usr/bin/python3"
#define RUNNER PYTHON, SNARL_STRANGERS "/python_tests.py"

/* There are so many tests at least (some more in later versions of Python), and none fails. */
static void python_tests(const char *const *arguments, unsigned tests,
                         const struct unharmed_counts *counts)
{
    unharmed_needs(PYTHON);
    unharmed_needs(SNARL_PYTHON_TESTS "/test_queue.py");
    struct command_result native = unharmed_run(arguments, counts);
    const char *last_line = strrchr(native.output, ' ');
    assert_non_null(last_line);
    assert_string_equal(last_line, " tests\n");
    while (last_line > native.output && last_line[-1] != '\n')
        last_line--;
    assert_true(strtoul(last_line, NULL, 10) >= tests);
    command_free(&native);
}

#define PYTHON_TESTS(tests, counts, ...)                                                           \
    python_tests((const char *const[]){RUNNER, __VA_ARGS__, NULL}, tests,                          \
                 &(struct unharmed_counts)counts)

#define COUNTS(processes, threads, acquisitions)                                                   \
    {                                                                                              \
        processes, threads, acquisitions                                                           \
    }

static void queue(void **state)
{
    (void)state;
    PYTHON_TESTS(54, COUNTS(1, 480, 50000), "test.test_queue");
}

static void threading(void **state)
{
    (void)state;
    PYTHON_TESTS(190, COUNTS(50, 700, 20000), "test.test_threading");
}

/* Not here: the tests of waiting with a time limit, each of which sleeps for six seconds. */
static void futures_in_threads(void **state)
{
    (void)state;
    PYTHON_TESTS(55, COUNTS(3, 200, 10000), "test.test_concurrent_futures", "--but",
                 "*.test_*timeout", "--but", "ProcessPool*");
}

/* Nor here; and from pools whose processes are started afresh (by spawn and forkserver), only the
 * tests of their beginning: the others are those of fork again, and start some 200 interpreters. */
static void futures_in_processes(void **state)
{
    (void)state;
    PYTHON_TESTS(55, COUNTS(100, 200, 10000), "test.test_concurrent_futures", "--but",
                 "*.test_*timeout", "--only", "ProcessPoolFork[!s]*", "--only",
                 "ProcessPool*InitializerTest.*");
}

int main(int count, char **arguments)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(queue),
        cmocka_unit_test(threading),
        cmocka_unit_test(futures_in_threads),
        cmocka_unit_test(futures_in_processes),
    };
    if (count > 1)
        cmocka_set_test_filter(arguments[1]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
