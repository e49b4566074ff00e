/*
 * The stacks of a running process's threads, taken from outside.
 *
 * By ptrace, as eu-stack does: each thread is stopped while its own stack is read and then goes
 * on. For a process that hangs and is about to be ended.
 */
#ifndef SNARL_STACKS_H
#define SNARL_STACKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum {
    SNARL_STACKS_DEPTH = 128, /* frames of each stack, at most */
};

/*
 * Calls `add` for each thread of `pid` with its stack, innermost first, as return addresses: one
 * instruction is always before the address, also in the innermost frame and in frames that a
 * signal interrupted (there one is added to the exact address). `addresses` are the callback's
 * only while it runs.
 *
 * Returns false, with a one-line reason in `error`, where the process cannot be looked at.
 */
bool snarl_stacks_take(pid_t pid,
                       void (*add)(void *context, pid_t tid, const uint64_t *addresses,
                                   size_t count),
                       void *context, char *error, size_t error_size);

#endif
