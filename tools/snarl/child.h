/*
 * Runs one program and waits for its end.
 *
 * While it runs, the command is a subreaper: what the program's children leave behind becomes the
 * command's, so that a time limit can end all of it. At a normal end, processes that are left are
 * left running, as they would be without snarl.
 *
 * SIGTERM, SIGINT, SIGHUP and SIGQUIT that were sent to the command alone are passed on to the
 * program; those that the terminal sent have reached it already.
 *
 * One at a time, from the command's only thread. The command has no other children meanwhile.
 */
#ifndef SNARL_CHILD_H
#define SNARL_CHILD_H

#include <stdbool.h>
#include <sys/types.h>

struct snarl_child_plan {
    const char *path;         /* with a '/' */
    char *const *arguments;   /* ended by NULL */
    char *const *environment; /* ended by NULL */
    const char *directory;    /* to run in; NULL for the command's own */
    int descriptors[3];       /* standard input, output, error; -1 for the command's own */
    double time_limit_s;      /* seconds; 0 for none */
    bool fixed_addresses;     /* no address randomisation */
    /* Called for the program and each living descendant before a time limit kills them; or NULL. */
    void (*before_kill)(pid_t pid, void *context);
    /* Called while the program runs, `tick_ms` after its start and after each call; or NULL. */
    void (*tick)(void *context);
    int tick_ms;
    void *context;
};

struct snarl_child_end {
    pid_t pid;
    int start_error; /* errno where it could not be started; the rest is then 0 */
    bool timed_out;
    int exit_code;
    int signal; /* that ended it; 0 for none */
    int asked;  /* the last signal that asked the command to end, while it ran; 0 for none */
    double wall_s;
    long peak_kib; /* most memory resident at once, KiB */
};

/* Returns false, with errno in `start_error`, where the program could not be started. */
bool snarl_child_run(const struct snarl_child_plan *plan, struct snarl_child_end *end);

/* The program's own status, or 128 + the signal that ended it. */
int snarl_child_status(const struct snarl_child_end *end);

#endif
