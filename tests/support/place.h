/* A directory of the test group's own, for one program that it writes: a group's set-up and
 * tear-down, whose state is a struct place. */
#ifndef SNARL_TESTS_PLACE_H
#define SNARL_TESTS_PLACE_H

struct place {
    char *directory, *path; /* of the program, "DIRECTORY/program" */
};

int place_set_up(void **state);
int place_tear_down(void **state);

#endif
