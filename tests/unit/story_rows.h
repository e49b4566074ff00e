/* Tables of stories: each true story has a twin that differs from it in one token and comes out
 * otherwise. */
#ifndef SNARL_TESTS_STORY_ROWS_H
#define SNARL_TESTS_STORY_ROWS_H

#include <stddef.h>

struct story_row {
    const char *name;
    const char *story, *cycles;
    const char *twin, *twin_cycles;
};

/* Runs each row as a test of its own, with and without the cycles that cannot happen; returns how
 * many fail. */
int story_rows_run(const struct story_row *rows, size_t count);

#endif
