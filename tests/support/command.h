/*
 * Runs a command and captures all it says, for tests.
 *
 * What cannot be set up fails the running cmocka test. No time limit: ctest has one.
 */
#ifndef SNARL_TESTS_COMMAND_H
#define SNARL_TESTS_COMMAND_H

#include <stddef.h>
#include <sys/types.h>

struct command {
    const char *const *arguments;   /* the program, found along PATH, its arguments, NULL */
    const char *const *environment; /* "NAME=value" or "NAME" to remove it, NULL; or NULL */
    const char *directory;          /* to run in; NULL for the test's own */
};

struct command_result {
    int status; /* exit status; 128 + the signal that ended it */
    pid_t pid;
    char *output; /* standard output, terminated */
    size_t output_size;
    char *error; /* standard error, terminated */
    size_t error_size;
};

/* A command that still runs. */
struct command_running {
    pid_t pid;
    int streams[2]; /* what it writes: standard output, standard error */
    struct command_result result;
};

/* Runs it to its end. Standard input is empty. The result is freed by command_free. */
struct command_result command_run(const struct command *command);

/* The same for arguments alone, ended by NULL. */
#define COMMAND(...)                                                                               \
    command_run(&(struct command){.arguments = (const char *const[]){__VA_ARGS__, NULL}})

/* Starts it; command_finish waits for its end, and closes what command_start opened. */
void command_start(struct command_running *running, const struct command *command);

/* Reads standard output until `text` is in it. Fails the test if the output ends before. */
void command_await(struct command_running *running, const char *text);

struct command_result command_finish(struct command_running *running);

void command_free(struct command_result *result);

/* Runs it, compares the status and all of both streams exactly, and frees the result. */
void command_check(const struct command *command, int status, const char *output,
                   const char *error);

#define CHECK(status, output, error, ...)                                                          \
    command_check(&(struct command){.arguments = (const char *const[]){__VA_ARGS__, NULL}},        \
                  status, output, error)

/* A new directory below $TMPDIR or /tmp, to be removed by directory_remove, which also frees it.
 * directory_remove takes what is in it along. */
char *directory_make(void);
void directory_remove(char *path);

/* "DIRECTORY/NAME", to be freed. */
char *path_in(const char *directory, const char *name);

/* All of a file that is not empty, terminated, to be freed; its size without the terminator. */
char *file_read(const char *path, size_t *size);

/* Writes a file of `size` bytes with these permissions. */
void file_write(const char *path, const void *bytes, size_t size, mode_t mode);

#endif
