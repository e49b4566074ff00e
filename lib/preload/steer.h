/*
 * Steering: drives the run into a deadlock that was predicted for it, by a schedule.
 *
 * A thread of the cycle that has come to the place of its step is held there, for a bounded time,
 * until the threads of all other steps stand at theirs; then all are let go and walk into their
 * real calls. (The idea of DeadlockFuzzer: Joshi, Park, Sen, Naik, PLDI 2009; here with locks that
 * must agree between the steps: what a step wants is the very lock that the next one holds.) A
 * thread that is held while nothing else can run any more is let go, for the others need it; one
 * that was held in vain is held half as long the next time.
 *
 * Off, it costs nothing: no line of a fast path knows of it. On, the tries with which wrappers
 * begin say "busy", so that every call that may wait comes by the slow path, where the hooks are.
 *
 * A held thread waits in our code, but with the host's signals delivered as ever.
 */
#ifndef SNARL_PRELOAD_STEER_H
#define SNARL_PRELOAD_STEER_H

#include "preload/object.h"
#include "preload/stacks.h"
#include "preload/thread.h"

/* Whether this run is steered. Set once, at start. */
extern bool snarl_steering;

/* Reads the schedule that the options name, if they do; says so in one line, and lets the program
 * run unsteered, where that is none. Once, at start, before the session begins. */
void snarl_steer_start(void);

/* When a forked child begins its session: nobody is held in it. */
void snarl_steer_in_child(void);

/* A module is mapped; and a stack is new. Only while steering; session lock. */
struct snarl_fact_module;
void snarl_steer_note_module(const struct snarl_fact_module *module, const char *path);
void snarl_steer_note_stack(uint32_t stack, const uintptr_t *addresses, uint32_t count);

/* The calling thread, READY, is about to ask for the lock, or has taken it: it may be held here.
 * Returns the thread as snarl_thread_ready would: a signal handler may have forked meanwhile. errno
 * is preserved. */
struct snarl_thread *snarl_steer_before(struct snarl_thread *self, struct snarl_thing thing,
                                        struct snarl_site site);
struct snarl_thread *snarl_steer_after(struct snarl_thread *self, struct snarl_thing thing);

#endif
