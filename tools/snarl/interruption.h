/* The user ends a command that runs a program again and again: what it knows by then is told. */
#ifndef SNARL_INTERRUPTION_H
#define SNARL_INTERRUPTION_H

/*
 * From begin to end a signal that would end the command is noted only (SIGINT, SIGTERM, SIGHUP,
 * SIGQUIT; one that is ignored stays so). Programs that the command starts have them as before.
 * Not nested; by one thread.
 */
void snarl_interruption_begin(void);
void snarl_interruption_end(void);

/* The last one since begin; 0 for none. What snarl_child_run takes for its program is in its end,
 * not here. */
int snarl_interruption_signal(void);

#endif
