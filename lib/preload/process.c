/* Other programs started from here, and this one ended. */
#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "preload/policies.h"
#include "preload/session.h"

static void write_start(enum snarl_start_kind kind, const char *path, pid_t pid)
{
    struct snarl_fact_start fact = {
        .header.kind = SNARL_FACT_START,
        .kind = kind,
        .pid = (uint64_t)pid,
        .path_size = (uint32_t)strlen(path) + 1,
    };
    struct iovec parts[] = {{&fact, sizeof fact}, {(void *)(uintptr_t)path, fact.path_size}};
    snarl_session_lock();
    snarl_session_write(parts, 2);
    snarl_session_unlock();
}

static void announce(enum snarl_start_kind kind, const char *path, pid_t pid, enum snarl_call call)
{
    struct snarl_thread *self = snarl_thread_ready();
    if (self == NULL || path == NULL)
        return;
    snarl_thread_note_call(self, call);
    struct snarl_entry entry = snarl_enter(self);
    write_start(kind, path, pid);
    snarl_leave(self, entry);
}

void snarl_exec_announce(const char *path, enum snarl_call call)
{
    announce(SNARL_START_EXEC, path, getpid(), call);
}

void snarl_spawned(const char *path, pid_t child, enum snarl_call call)
{
    announce(SNARL_START_SPAWN, path, child, call);
}

void snarl_exec_failed(void)
{
    struct snarl_thread *self = snarl_thread_ready();
    if (self == NULL)
        return;
    struct snarl_entry entry = snarl_enter(self);
    struct snarl_fact_start_failed fact = {.header.kind = SNARL_FACT_START_FAILED};
    struct iovec part = {&fact, sizeof fact};
    snarl_session_lock();
    snarl_session_write(&part, 1);
    snarl_session_unlock();
    snarl_leave(self, entry);
}

SNARL_EXPORT int execve(const char *path, char *const argv[],
                        char *const envp[]){POLICY_EXEC(execve, (path, argv, envp))}

/* The program has no name but that of the descriptor. */
SNARL_EXPORT int fexecve(int descriptor, char *const argv[], char *const envp[])
{
    char name[40];
    struct snarl_text path = snarl_text_over(name, sizeof name);
    snarl_text_add(&path, "/proc/self/fd/");
    snarl_text_add_decimal(&path, (unsigned)descriptor);
    snarl_exec_announce(name, SNARL_CALL_fexecve);
    int result = SNARL_REAL(fexecve)(descriptor, argv, envp);
    snarl_exec_failed();
    return result;
}

/* How many arguments there are up to the NULL that ends them, the first one included. */
static size_t count_arguments(va_list list)
{
    size_t count = 1;
    while (va_arg(list, char *) != NULL)
        count++;
    return count;
}

/* The variadic calls: their arguments in an array on the stack, as libc does it too (the caller may
 * be the child of a vfork), then the call that takes an array. */
#define EXEC_VARIADIC(call, array_call_with_rest)                                                  \
    va_list list;                                                                                  \
    va_start(list, argument);                                                                      \
    size_t count = count_arguments(list);                                                          \
    va_end(list);                                                                                  \
    char **argv = __builtin_alloca((count + 1) * sizeof *argv);                                    \
    argv[0] = (char *)(uintptr_t)argument;                                                         \
    va_start(list, argument);                                                                      \
    for (size_t i = 1; i <= count; i++)                                                            \
        argv[i] = va_arg(list, char *);                                                            \
    snarl_exec_announce(path, SNARL_CALL_##call);                                                  \
    int result = array_call_with_rest;                                                             \
    va_end(list);                                                                                  \
    snarl_exec_failed();                                                                           \
    return result;

SNARL_EXPORT int execl(const char *path, const char *argument,
                       ...){EXEC_VARIADIC(execl, SNARL_REAL(execv)(path, argv))}

SNARL_EXPORT int execlp(const char *path, const char *argument,
                        ...){EXEC_VARIADIC(execlp, SNARL_REAL(execvp)(path, argv))}

SNARL_EXPORT int execle(const char *path, const char *argument, ...){
    EXEC_VARIADIC(execle, SNARL_REAL(execve)(path, argv, va_arg(list, char **)))}

SNARL_EXPORT void _exit(int status)
{
    snarl_session_end();
    SNARL_REAL(_exit)(status);
    __builtin_unreachable();
}

SNARL_EXPORT void _Exit(int status)
{
    _exit(status);
}

/* Unlike exit() it does not run our destructor. */
SNARL_EXPORT void quick_exit(int status)
{
    snarl_session_end();
    SNARL_REAL(quick_exit)(status);
    __builtin_unreachable();
}
