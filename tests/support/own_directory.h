/* A directory of the test group's own, made by its set_up and removed by its tear_down. */
#ifndef SNARL_TESTS_OWN_DIRECTORY_H
#define SNARL_TESTS_OWN_DIRECTORY_H

#include "support/command.h"

static char *directory;

static int set_up(void **state)
{
    (void)state;
    directory = directory_make();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    directory_remove(directory);
    return 0;
}

#endif
