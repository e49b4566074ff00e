/* Programs run under `snarl run --races`, and the data races that are told of them. */
#ifndef SNARL_TESTS_RACE_RUN_H
#define SNARL_TESTS_RACE_RUN_H

#include <jansson.h>
#include <stdbool.h>

#include "support/command.h"

/* A group's own directory, for reports: its set-up and tear-down. */
int race_set_up(void **state);
int race_tear_down(void **state);

/* Whether `snarl doctor` says that there are watchpoints here. */
bool race_has_watchpoints(void);

/* Whether system calls are confined by seccomp, as in some containers: then nothing is looked for.
 */
bool race_is_confined(void);

struct race_run {
    struct command_result result;
    json_t *report;
};

/* `options`: SNARL_OPTIONS for the run; NULL for none. */
struct race_run race_run(const char *const *arguments, const char *options);
void race_run_free(struct race_run *run);

/*
 * The data races as text, to be freed: for each "SEVERITY OBJECT\n", then what its threads did,
 * sorted, "  FUNCTION ACTION\n"; ? stands for a function that has no name.
 */
char *race_words(const json_t *report);

#endif
