/*
 * Hardware watchpoints: an address of which the processor tells whoever accesses it, by a SIGTRAP
 * in the very thread that has done so.
 *
 * Made of perf's breakpoint events (perf_event_open(2)) with `sigtrap`, which all threads inherit
 * that are made after they were opened. x86-64 has four. To aim one at another address is one
 * system call, and takes effect in all threads.
 *
 * Async-signal-safe but for opening. The kernel's own accesses are never told of.
 */
#ifndef SNARL_RACE_WATCHPOINTS_H
#define SNARL_RACE_WATCHPOINTS_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    SNARL_WATCHPOINTS = 3, /* the fourth register is each thread's own, see below */
};

/* Opens as many as there are to be had, by the process's only thread. Returns how many; 0 where
 * the kernel, or the machine, offers none. */
int snarl_watchpoints_open(void);

/* The process has got no further use of them, or is a forked child, in which they are not its own.
 */
void snarl_watchpoints_close(void);

/* Aims number `watchpoint` at `size` bytes (1, 2, 4 or 8) at an address that is a multiple of that;
 * `reads` says whether reads are of interest, too. False where that fails. */
bool snarl_watchpoint_arm(int watchpoint, uintptr_t address, uint32_t size, bool reads);
void snarl_watchpoint_disarm(int watchpoint);

/*
 * A breakpoint of the calling thread's own: it stops before it executes the instruction there, and
 * gets a SIGTRAP. For stepping over a call without a step for each instruction.
 *
 * Returns a descriptor; -1 where there is none to be had. Given back by snarl_event_close.
 */
int snarl_breakpoint_open(void);
bool snarl_breakpoint_set(int breakpoint, uintptr_t instruction);
void snarl_breakpoint_clear(int breakpoint);

/* Whether the SIGTRAP is of the thread's own breakpoint. */
bool snarl_breakpoint_is_hit(const siginfo_t *info);

void snarl_event_close(int event);

/* Which watchpoint the SIGTRAP is about; -1 where it is about none, or has come late (it was
 * blocked when it happened, and the thread has gone on). `*late` says which of these. */
int snarl_watchpoint_of(const siginfo_t *info, bool *late);

#endif
