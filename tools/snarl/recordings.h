/* The directory that a run's recordings are written to, and the recordings in it. */
#ifndef SNARL_RECORDINGS_H
#define SNARL_RECORDINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define SNARL_RECORDINGS_STEM "rec" /* names are rec.PID.UNIQUE.rec */

struct snarl_recording {
    char *path;
    uint64_t pid;     /* of the process that wrote it */
    uint64_t started; /* nanoseconds since the epoch */
    bool silent;      /* its process was ended before it could write anything */
    int copy; /* what `path` names is a copy in memory, of this descriptor; 0 if it is not */
};

struct snarl_recordings {
    char *directory; /* of this run, absolute; NULL for others' recordings */
    bool temporary;  /* the directory is ours, and goes at the end */
    struct snarl_recording *items;
    size_t count;
    uint64_t since; /* recordings that began earlier are another run's */
};

/* Opens `keep`, made where it is missing, or a new temporary directory where `keep` is NULL.
 * Returns false, with a one-line reason in `error`. */
bool snarl_recordings_open(struct snarl_recordings *recordings, const char *keep, char *error,
                           size_t error_size);

/* Adds one by its path, whatever it is. */
void snarl_recordings_add(struct snarl_recordings *recordings, const char *path);

/* Adds all the recordings (*.rec) of a directory, as their processes started. Returns false, with
 * a one-line reason in `error`, where there are none. */
bool snarl_recordings_add_directory(struct snarl_recordings *recordings, const char *directory,
                                    char *error, size_t error_size);

/* Lists the recordings of this run: those of `program` first, then as their processes started.
 * Returns whether `program` left one that says anything. */
bool snarl_recordings_collect(struct snarl_recordings *recordings, pid_t program);

/* Adds a fact, `size` bytes that begin with its header. A recording whose process is alive is left
 * alone: a copy in memory takes its place in the list, and gets the fact. */
void snarl_recording_add_fact(struct snarl_recording *recording, void *fact, size_t size,
                              bool alive);

/* Frees all; removes a temporary directory with what is in it. */
void snarl_recordings_close(struct snarl_recordings *recordings);

#endif
