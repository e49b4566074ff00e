/* What the command's exit status means, in the order in which one overrides the next. */
#ifndef SNARL_EXIT_STATUS_H
#define SNARL_EXIT_STATUS_H

enum snarl_exit_status {
    SNARL_EXIT_TROUBLE = 125,     /* snarl itself failed */
    SNARL_EXIT_UNWATCHABLE = 126, /* the program cannot be run under snarl */
    SNARL_EXIT_NOT_FOUND = 127,   /* there is no such program */
    SNARL_EXIT_FINDINGS = 66,     /* there is a finding of severity error */
    SNARL_EXIT_TIMEOUT = 124,     /* --timeout ended the program */
    SNARL_EXIT_SIGNAL = 128,      /* plus the signal that ended the program */
};

#endif
