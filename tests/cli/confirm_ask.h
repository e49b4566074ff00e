/* What the tests of snarl confirm ask of it, each in a directory of its own. */
#ifndef SNARL_TESTS_CONFIRM_ASK_H
#define SNARL_TESTS_CONFIRM_ASK_H

#include <jansson.h>

#include "support/cmocka_all.h"

#define SCENARIO(name) SNARL_SCENARIOS "/" name

extern char *place; /* where the report and the schedules of the test at hand go */
extern char *path;  /* of the report */

int enter(void **state);
int leave(void **state);

#define TEST(name) cmocka_unit_test_setup_teardown(name, enter, leave)

/* The report of a confirmation, to be given back. */
#define CONFIRM(status_, ...)                                                                      \
    run_and_load(status_, (const char *const[]){SNARL_COMMAND, "confirm", "-f", "json", "-o",      \
                                                path, "--schedules", place, __VA_ARGS__, NULL})

json_t *run_and_load(int status, const char *const *arguments);

/* The report of a run that follows a schedule, likewise. */
json_t *replay(int status, const char *schedule, const char *cycle);

/* What is found, without the lines of steps whose locks have no names. */
void check_findings(const json_t *report, const char *expected);

#endif
