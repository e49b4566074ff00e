/*
 * The signals that the sampler lives by, SIGTRAP and, where the kernel has no events, SIGPROF;
 * shared with a host that may use them itself.
 *
 * Our handlers are installed, and stay; the host's calls of sigaction and its like for these
 * are kept aside, and its handlers called for what is not ours. Neither is ever blocked in truth; a
 * host that blocks one sees it blocked, and gets it once it unblocks it. A host that waits for one
 * (sigwait, signalfd) ends our use of them: says so, in one line.
 */
#ifndef SNARL_RACE_SIGNALS_H
#define SNARL_RACE_SIGNALS_H

#include <signal.h>
#include <stdbool.h>
#include <ucontext.h>

/* Returns whether the signal was ours; else the host gets it. */
typedef bool snarl_signal_taker(const siginfo_t *info, ucontext_t *context);

/* Installs the handlers. Once, before there are other threads. `on_profile` NULL: SIGPROF is the
 * host's alone. `on_loss` is called when the host claims one for itself. False where that fails. */
bool snarl_signals_start(snarl_signal_taker *on_trap, snarl_signal_taker *on_profile,
                         void (*on_loss)(void));

/* Whether the host has claimed one of them for itself. */
bool snarl_signals_are_lost(void);

#endif
