/*
 * One process, looked at from outside: are all of its threads asleep for ever?
 *
 * To be looked at now and then, no closer together than SNARL_SLEEPER_INTERVAL. A look reads the
 * rows of the recording; only where they say that every thread waits without a limit, and have said
 * so before, the kernel is asked, at this look and at the next one. What the kernel says for long
 * enough to be in vain is asked for less often. So a process that runs costs a few microseconds a
 * look, and notices nothing.
 */
#ifndef SNARL_SLEEPER_H
#define SNARL_SLEEPER_H

#include "recording/follower.h"
#include "tasks.h"

enum {
    SNARL_SLEEPER_INTERVAL = 100, /* milliseconds */
};

struct snarl_sleeper {
    struct snarl_follower follower;
    struct snarl_fact_asleep fact; /* the last look that found it asleep; `count` 0: none did */
    bool waiting;                  /* another look may find it asleep, for what this one saw */
    /* Private: the first of two looks at the kernel, and what was seen of the rows before. */
    bool looking, suspected, judged;
    uint64_t sequences;
    unsigned skip, patience;
    struct snarl_asleep_thread *threads[2];
    size_t counts[2];
    struct snarl_tasks tasks[2];
};

/* False, with nothing to close, where there is no recording (yet) at `path`. */
bool snarl_sleeper_open(struct snarl_sleeper *sleeper, const char *path);

/* Whether the process is there. It may be another one of the same number. */
bool snarl_sleeper_alive(const struct snarl_sleeper *sleeper);

/* Looks. True where this look found it asleep, as none before has found it in these waits. */
bool snarl_sleeper_look(struct snarl_sleeper *sleeper);

void snarl_sleeper_close(struct snarl_sleeper *sleeper);

#endif
