/*
 * The stage the scenarios play on: options, log lines, and turns. No lesson is hidden in here.
 */
#ifndef SCENARIOS_STAGE_H
#define SCENARIOS_STAGE_H

#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

/* A whole number the user may choose, `least` to `most`: --name=N. */
struct stage_option {
    const char *name;
    const char *help;
    long *value; /* holds the default until the command line is read */
    long least;
    long most;
};

/* Call first in main. Reads the command line (--help shows `lesson` and the options; a mistake
 * ends the program with status 64) and makes standard output flush at each line, so that what was
 * said before a hang can be seen. `options` ends with a row whose name is NULL. */
void stage_set(int argc, char **argv, const char *lesson, const struct stage_option *options);

/* Prints one line: seconds since stage_set, the calling thread's name, the message. */
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Names the calling thread (15 characters at most, the rest is cut off). */
void name_thread(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* A moment so many milliseconds from now, and how many have passed since one: by CLOCK_MONOTONIC,
 * which nobody sets. */
struct timespec moment_from_now(long milliseconds);
long milliseconds_since(struct timespec moment);

/* For calls that return 0 or an error number: says which call failed, and exits with status 70. */
#define must(call) stage_must((call), #call)
void stage_must(int error, const char *call);

/*
 * Turns force one order of events upon threads that would else run in any: a number that only
 * grows, and threads that wait until it has reached theirs.
 */
struct turn {
    pthread_mutex_t lock;
    pthread_cond_t passed;
    long now;
};

#define TURN_INITIALIZER                                                                           \
    {                                                                                              \
        PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0                                     \
    }

void turn_await(struct turn *turn, long number);
void turn_pass(struct turn *turn);

/*
 * A cue forces an order in time and promises nothing about memory: what was written before it is
 * given need not be seen by who awaits it. A race that a cue stages stays a race, where a turn,
 * which is a lock, would mend it. Who awaits one keeps the processor busy, so only for an instant.
 */
struct cue {
    atomic_long given;
};

/* A row for the options of who is staged by cues: --cues=0 plays it without. */
extern long stage_cues;
#define STAGE_CUES                                                                                 \
    {                                                                                              \
        "cues", "0: leave to chance what they force", &stage_cues, 0, 1                            \
    }

void cue_give(struct cue *cue);

/* Waits until it was given so often in all; not at all where there are to be no cues. */
void cue_await(struct cue *cue, long times);

#endif
