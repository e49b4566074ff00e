/*
 * One line on standard error, straight to the descriptor: no stdio. Any context.
 * The line gets "snarl: " in front and a newline behind; errno is preserved.
 */
#ifndef SNARL_PRELOAD_SAY_H
#define SNARL_PRELOAD_SAY_H

/* Remembers which file standard error is. A host may close it, and have another file of its own
 * under that number: from then on nothing is said any more. */
void snarl_say_start(void);

/* Up to three parts are put together; NULL for none. */
void snarl_say(const char *first, const char *second, const char *third);

#endif
