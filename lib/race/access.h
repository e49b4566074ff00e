/*
 * What the next instruction of a thread will do to memory: decoded by Zydis, its address computed
 * from the registers.
 *
 * Only what an explicit operand says: of instructions with implicit ones (push, call, movs, stos
 * and their like) and of those with many addresses (gather, scatter) nothing is known. So too of
 * what does not access memory (lea, nop, prefetch), and of jumps and calls by way of memory, which
 * are the linker's in nearly all cases.
 *
 * Async-signal-safe, no memory of its own, some hundred nanoseconds.
 */
#ifndef SNARL_RACE_ACCESS_H
#define SNARL_RACE_ACCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <ucontext.h>

enum snarl_access_flags {
    SNARL_ACCESS_READS = 1,
    SNARL_ACCESS_WRITES = 2,
    SNARL_ACCESS_ATOMIC = 4,  /* LOCK, or an exchange with memory */
    SNARL_ACCESS_SEGMENT = 8, /* relative to FS or GS: the thread's own storage */
    SNARL_ACCESS_STACK = 16,  /* relative to the stack pointer */
};

/* What a thread must not be stepped over, or only with care. */
enum snarl_instruction {
    SNARL_INSTRUCTION_PLAIN,
    SNARL_INSTRUCTION_SYSTEM_CALL,
    SNARL_INSTRUCTION_CALL,
    SNARL_INSTRUCTION_FLAGS, /* saves, or sets, the flags: the trap flag would leak */
    SNARL_INSTRUCTION_UNKNOWN,
};

struct snarl_access {
    uintptr_t address;
    uint32_t size;   /* bytes; 0 where there is no access that is known of */
    uint32_t flags;  /* enum snarl_access_flags */
    uint32_t length; /* of the instruction, bytes; 0 where it is none */
    enum snarl_instruction instruction;
};

/* Opens Zydis, privately. False where it cannot be had. Once, before the others; not from a signal
 * handler. */
bool snarl_access_open(void);

/* Decodes the instruction in `code`, of which `size` bytes can be read, for a thread that has these
 * registers and is about to execute it. */
struct snarl_access snarl_access_decode(const void *code, size_t size, const gregset_t registers);

#endif
