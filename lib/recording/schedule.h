/*
 * A schedule: how to steer a program into a deadlock that was predicted for it.
 *
 * One step for each thread of the cycle: who it is, which lock it holds and where it took it, and
 * where it wants the lock that the next step holds (the last one, what the first holds). Written
 * down so that another run can be matched with it: a thread by where it was created, a lock by the
 * variable that it is or by where it was initialised, a call path by modules and offsets. Never an
 * address.
 *
 * As text, one line each; words are separated by one space:
 *
 *     snarl-schedule 1
 *     finding 6630af67c5fd0216          what it was made for
 *     hold wanted                       wanted | taken | either: see enum snarl_schedule_hold
 *     seed 1                            which step is held where, with `either`, and who goes first
 *     bound 1000                        milliseconds for which a thread is held at most
 *     module 5fd83a... /home/me/bank    build-id (- for none) and path; numbered from 1
 *     step
 *     thread made 1+0x12a4 2+0x3f01     main | made PATH | any
 *     holds variable 1+0x4060           variable PLACE | made PATH | any
 *     taken 1+0x11f2 1+0x12a0           call path, innermost first: return addresses
 *     wanted 1+0x1202 1+0x12a0          ... and of the want; several pairs are several ways there
 *
 * A place is MODULE+0xOFFSET, or ? for one in no module, which matches any. A line that begins with
 * # is a comment.
 *
 * Sole owner of the format: the command writes schedules, libsnarl.so reads them. No malloc, no
 * stdio, no system call. Not thread-safe.
 */
#ifndef SNARL_RECORDING_SCHEDULE_H
#define SNARL_RECORDING_SCHEDULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

enum {
    SNARL_SCHEDULE_VERSION = 1,
    SNARL_SCHEDULE_STEPS = 32,  /* most of each; a cycle that needs more is not steered into */
    SNARL_SCHEDULE_WAYS = 8,    /* into one step */
    SNARL_SCHEDULE_FRAMES = 16, /* of a call path, the innermost; those further out do not count */
    SNARL_SCHEDULE_PLACES = 8192,
    SNARL_SCHEDULE_MODULES = 64,
    SNARL_SCHEDULE_BUILD_ID = 32,     /* bytes */
    SNARL_SCHEDULE_SIZE = 256 * 1024, /* bytes of text that any schedule fits into */
    SNARL_SCHEDULE_BOUND = 1000,      /* milliseconds, where nothing else is said */
};

/* Where a thread of the cycle waits for the others. */
enum snarl_schedule_hold {
    SNARL_HOLD_WANTED, /* before it asks for the lock that it wants */
    SNARL_HOLD_TAKEN,  /* once it has taken the lock that it holds */
    SNARL_HOLD_EITHER, /* each step the one or the other, by the seed */
};

struct snarl_schedule_place {
    uint32_t module; /* from 1; 0 for none */
    uint64_t offset; /* from the module's load bias */
};

/* Of the schedule's places, `count` from `first` on. */
struct snarl_schedule_path {
    uint32_t first, count;
};

struct snarl_schedule_module {
    uint8_t build_id[SNARL_SCHEDULE_BUILD_ID];
    uint32_t build_id_size; /* bytes; 0 for none: then the path tells which module it is */
    const char *path;
};

enum snarl_schedule_thread_kind {
    SNARL_THREAD_ANY,
    SNARL_THREAD_MAIN,
    SNARL_THREAD_MADE, /* by pthread_create, there */
};

enum snarl_schedule_lock_kind {
    SNARL_LOCK_ANY,
    SNARL_LOCK_VARIABLE, /* of a module */
    SNARL_LOCK_MADE,     /* initialised by a call, there */
};

struct snarl_schedule_way {
    struct snarl_schedule_path taken, wanted;
};

struct snarl_schedule_step {
    enum snarl_schedule_thread_kind thread;
    enum snarl_schedule_lock_kind holds;
    struct snarl_schedule_path thread_made, lock_made;
    struct snarl_schedule_place variable;
    struct snarl_schedule_way ways[SNARL_SCHEDULE_WAYS];
    uint32_t way_count;
};

struct snarl_schedule {
    char finding[17];
    enum snarl_schedule_hold hold;
    uint64_t seed;
    uint64_t bound_ms;
    struct snarl_schedule_module modules[SNARL_SCHEDULE_MODULES];
    uint32_t module_count;
    struct snarl_schedule_step steps[SNARL_SCHEDULE_STEPS];
    uint32_t step_count;
    struct snarl_schedule_place places[SNARL_SCHEDULE_PLACES];
    uint32_t place_count;
};

struct snarl_schedule_error {
    unsigned line;    /* from 1 */
    const char *what; /* a static string */
};

/*
 * Reads `text`, of `size` bytes and one more for a terminator; its line ends are overwritten, and
 * the schedule's strings point into it. False, with the first error, where it is no whole schedule.
 */
bool snarl_schedule_parse(struct snarl_schedule *schedule, char *text, size_t size,
                          struct snarl_schedule_error *error);

/* Writes it; `text` says whether it was too small. */
void snarl_schedule_write(const struct snarl_schedule *schedule, struct snarl_text *text);

/* Puts a place at the end of a path, which must be the one that was begun last. False where there
 * is no room: the path then ends here, unless it is still empty. */
bool snarl_schedule_add_place(struct snarl_schedule *schedule, struct snarl_schedule_path *path,
                              struct snarl_schedule_place place);

/* Whether the step is to be held at its want, rather than once it has taken its lock. */
bool snarl_schedule_holds_at_want(const struct snarl_schedule *schedule, uint32_t step);

#endif
