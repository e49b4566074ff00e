#include "support/command.h"

#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/cmocka_all.h"

static void change_environment(const char *const *changes)
{
    for (; changes && *changes; changes++) {
        const char *equals = strchr(*changes, '=');
        char *name = strndup(*changes, equals ? (size_t)(equals - *changes) : strlen(*changes));
        if (equals)
            setenv(name, equals + 1, 1);
        else
            unsetenv(name);
        free(name);
    }
}

static _Noreturn void become(const struct command *command, const int outputs[2])
{
    int nothing = open("/dev/null", O_RDONLY);
    dup2(nothing, STDIN_FILENO);
    dup2(outputs[0], STDOUT_FILENO);
    dup2(outputs[1], STDERR_FILENO);
    change_environment(command->environment);
    if (!command->directory || chdir(command->directory) == 0)
        execvp(command->arguments[0], (char *const *)command->arguments);
    perror(command->arguments[0]);
    _exit(255);
}

void command_start(struct command_running *running, const struct command *command)
{
    int output[2], error[2];
    *running = (struct command_running){.pid = -1};
    assert_true(pipe2(output, O_CLOEXEC) == 0 && pipe2(error, O_CLOEXEC) == 0);
    fflush(NULL);
    running->pid = fork();
    assert_true(running->pid >= 0);
    if (running->pid == 0)
        become(command, (const int[2]){output[1], error[1]});
    close(output[1]);
    close(error[1]);
    running->streams[0] = output[0];
    running->streams[1] = error[0];
    running->result.output = calloc(1, 1);
    running->result.error = calloc(1, 1);
}

/* Returns false at the end of the stream. */
static bool read_more(int stream, char **text, size_t *size)
{
    char part[4096];
    ssize_t length = read(stream, part, sizeof part);
    if (length <= 0)
        return false;
    *text = realloc(*text, *size + (size_t)length + 1);
    assert_true(*text);
    memcpy(*text + *size, part, (size_t)length);
    *size += (size_t)length;
    (*text)[*size] = '\0';
    return true;
}

void command_await(struct command_running *running, const char *text)
{
    struct command_result *result = &running->result;
    while (!strstr(result->output, text))
        assert_true(read_more(running->streams[0], &result->output, &result->output_size));
}

struct command_result command_finish(struct command_running *running)
{
    struct command_result *result = &running->result;
    struct pollfd watched[] = {{running->streams[0], POLLIN, 0}, {running->streams[1], POLLIN, 0}};
    while (watched[0].fd >= 0 || watched[1].fd >= 0) {
        assert_true(poll(watched, 2, -1) > 0);
        if (watched[0].revents && !read_more(watched[0].fd, &result->output, &result->output_size))
            watched[0].fd = -1;
        if (watched[1].revents && !read_more(watched[1].fd, &result->error, &result->error_size))
            watched[1].fd = -1;
    }
    int status;
    assert_true(waitpid(running->pid, &status, 0) == running->pid);
    close(running->streams[0]);
    close(running->streams[1]);
    result->pid = running->pid;
    result->status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
    return *result;
}

struct command_result command_run(const struct command *command)
{
    struct command_running running;
    command_start(&running, command);
    return command_finish(&running);
}

void command_free(struct command_result *result)
{
    free(result->output);
    free(result->error);
    *result = (struct command_result){0};
}

void command_check(const struct command *command, int status, const char *output, const char *error)
{
    struct command_result result = command_run(command);
    assert_string_equal(result.error, error);
    assert_string_equal(result.output, output);
    assert_int_equal(result.status, status);
    command_free(&result);
}

char *path_in(const char *directory, const char *name)
{
    char *path;
    assert_true(asprintf(&path, "%s/%s", directory, name) > 0);
    return path;
}

char *directory_make(void)
{
    const char *parent = getenv("TMPDIR");
    char *path = path_in(parent ? parent : "/tmp", "snarl-test.XXXXXX");
    assert_true(mkdtemp(path));
    return path;
}

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *place)
{
    (void)status, (void)kind, (void)place;
    return remove(path);
}

void directory_remove(char *path)
{
    assert_true(nftw(path, remove_one, 8, FTW_DEPTH | FTW_PHYS) == 0);
    free(path);
}

char *file_read(const char *path, size_t *size)
{
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    char *text = NULL;
    size_t room = 0, length = 0;
    do {
        room = 2 * room + 4096;
        text = realloc(text, room + 1);
        assert_non_null(text);
        length += fread(text + length, 1, room - length, file);
    } while (length == room);
    assert_true(length > 0);
    text[length] = '\0';
    fclose(file);
    *size = length;
    return text;
}

void file_write(const char *path, const void *bytes, size_t size, mode_t mode)
{
    int descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
    assert_true(descriptor >= 0 && write(descriptor, bytes, size) == (ssize_t)size);
    assert_true(fchmod(descriptor, mode) == 0);
    close(descriptor);
}
