#include "program.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "exit_status.h"
#include "program_file.h"

enum {
    SCRIPT_DEPTH = 5, /* the kernel's own limit */
};

__attribute__((format(printf, 3, 4))) static bool refuse(struct snarl_program *program, int status,
                                                         const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    program->status = status;
    vsnprintf(program->reason, sizeof program->reason, format, arguments);
    va_end(arguments);
    return false;
}

/* 0, or the errno that execve would give before it looks into the file. */
static int executable(const char *path)
{
    struct stat status;
    if (stat(path, &status) < 0)
        return errno;
    if (S_ISDIR(status.st_mode))
        return EISDIR;
    if (!S_ISREG(status.st_mode))
        return EACCES;
    return faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) < 0 ? errno : 0;
}

/* Along $PATH; an empty entry is the working directory. The first that can be executed, else the
 * first that could not for another reason than being absent. */
static int search_path(const char *name, char *found)
{
    char fallback[PATH_MAX] = "";
    const char *entry = getenv("PATH");
    if (!entry) {
        confstr(_CS_PATH, fallback, sizeof fallback);
        entry = fallback;
    }
    int trouble = ENOENT;
    for (;; entry++) {
        size_t length = strcspn(entry, ":");
        char candidate[PATH_MAX];
        int size = snprintf(candidate, sizeof candidate, "%.*s%s%s", (int)length, entry,
                            length ? "/" : "./", name);
        int error = size < PATH_MAX ? executable(candidate) : ENAMETOOLONG;
        if (error == 0 || (error == EACCES && trouble == ENOENT))
            strcpy(found, candidate);
        if (error == 0)
            return 0;
        if (error == EACCES)
            trouble = EACCES;
        entry += length;
        if (!*entry)
            return trouble;
    }
}

/* Fills in `path`. `role` is "" or says which part `name` plays, as in "interpreter ". */
static bool find(struct snarl_program *program, const char *name, const char *role, char *path)
{
    int error = ENOENT;
    if (strchr(name, '/') && strlen(name) < PATH_MAX)
        error = executable(strcpy(path, name));
    else if (*name && !strchr(name, '/'))
        error = search_path(name, path);
    switch (error) {
    case 0:
        return true;
    case ENOENT:
    case ENOTDIR:
        return refuse(program, SNARL_EXIT_NOT_FOUND, "%s\"%s\": %s", role, name,
                      strchr(name, '/') ? "no such file" : "not found along PATH");
    case EISDIR:
        return refuse(program, SNARL_EXIT_UNWATCHABLE, "%s\"%s\": is a directory", role, name);
    case EACCES:
        return refuse(program, SNARL_EXIT_UNWATCHABLE, "%s\"%s\": not executable", role, path);
    default:
        return refuse(program, SNARL_EXIT_UNWATCHABLE, "%s\"%s\": %s", role, name, strerror(error));
    }
}

/* A program that gains rights is started in the loader's secure mode, which ignores LD_PRELOAD.
 * One that is set to the identity we have already gains nothing. */
static bool gains_no_rights(struct snarl_program *program, const char *path)
{
    struct stat status;
    struct statvfs mount;
    if (stat(path, &status) < 0 || (statvfs(path, &mount) == 0 && (mount.f_flag & ST_NOSUID)))
        return true;
    const char *gain = NULL;
    if ((status.st_mode & S_ISUID) && status.st_uid != geteuid())
        gain = "set-user-ID";
    else if ((status.st_mode & S_ISGID) && (status.st_mode & S_IXGRP) && status.st_gid != getegid())
        gain = "set-group-ID";
    else if (geteuid() != 0 && getxattr(path, "security.capability", NULL, 0) > 0)
        gain = "file capabilities";
    return !gain ||
           refuse(program, SNARL_EXIT_UNWATCHABLE,
                  "\"%s\" cannot be watched: %s, so the loader ignores LD_PRELOAD", path, gain);
}

/* What `env [-S] COMMAND` as an interpreter goes on to run, in `word`; false for anything else. */
static bool env_runs(const char *interpreter, const char *argument, char word[PATH_MAX])
{
    const char *base = strrchr(interpreter, '/');
    if (strcmp(base ? base + 1 : interpreter, "env") != 0)
        return false;
    if (strncmp(argument, "-S", 2) == 0)
        argument += 2;
    argument += strspn(argument, " \t");
    size_t length = strcspn(argument, " \t");
    snprintf(word, PATH_MAX, "%.*s", (int)length, argument);
    return *word && *word != '-' && !strchr(word, '=');
}

static bool judge(struct snarl_program *program, const char *path, unsigned depth)
{
    if (depth > SCRIPT_DEPTH)
        return refuse(program, SNARL_EXIT_UNWATCHABLE, "\"%s\": too many nested interpreters",
                      program->path);
    struct snarl_program_file file;
    if (!snarl_program_file_read(path, &file))
        return refuse(program, SNARL_EXIT_UNWATCHABLE, "\"%s\" cannot be watched: %s", path,
                      file.trouble);
    /* The kernel heeds neither set-ID bits nor capabilities of a script, only its interpreter's. */
    if (file.kind == SNARL_PROGRAM_ELF)
        return gains_no_rights(program, path);
    const char *interpreter = file.kind == SNARL_PROGRAM_SCRIPT ? file.interpreter : "/bin/sh";
    char next[PATH_MAX] = "", word[PATH_MAX];
    if (!find(program, interpreter, "interpreter ", next) || !judge(program, next, depth + 1))
        return false;
    return !env_runs(interpreter, file.argument, word) ||
           (find(program, word, "interpreter ", next) && judge(program, next, depth + 1));
}

void snarl_program_find(const char *name, struct snarl_program *program)
{
    *program = (struct snarl_program){.status = 0};
    if (find(program, name, "", program->path))
        judge(program, program->path, 0);
}
