/*
 * The signal that the sampler lives by, SIGTRAP, shared with a host that may use it itself.
 *
 * Our handler is installed, and stays; the host's calls of sigaction and its like are kept aside,
 * and its handler called for what is not ours. It is never blocked in truth; a host that blocks it
 * sees it blocked, and gets it once it unblocks it. A host that waits for it (sigwait, signalfd)
 * ends our use of it: says so, in one line.
 */
#ifndef SNARL_RACE_SIGNALS_H
#define SNARL_RACE_SIGNALS_H

#include <signal.h>
#include <stdbool.h>
#include <ucontext.h>

/* Returns whether the signal was ours; else the host gets it. */
typedef bool snarl_signal_taker(const siginfo_t *info, ucontext_t *context);

/* Installs the handler. Once, before there are other threads. `on_loss` is called when the host
 * claims the signal for itself. False where that fails. */
bool snarl_signals_start(snarl_signal_taker *taker, void (*on_loss)(void));

/* Whether the host has claimed it for itself. */
bool snarl_signals_are_lost(void);

#endif
