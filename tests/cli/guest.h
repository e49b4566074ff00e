/* A process that a test looks at from outside: set up by a function, then asleep for ever. */
#ifndef SNARL_TESTS_GUEST_H
#define SNARL_TESTS_GUEST_H

#include <stdbool.h>
#include <sys/types.h>

/* Starts it: `set_up` runs in it, with signal handlers and limits as a new program has them.
 * Returns once it is set up and about to sleep; a failure in there fails the test at hand. */
pid_t guest_start(void (*set_up)(const void *), const void *argument);

/* To be called in it. */
void guest_must(bool good);

_Noreturn void guest_sleep(void);

/* In it: one more thread, which sleeps for ever too; its kernel's number. */
pid_t guest_thread(void);

/* Kills it, and waits for its end. */
void guest_end(pid_t pid);

#endif
