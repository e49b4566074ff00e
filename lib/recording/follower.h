/*
 * Reads the rows of a recording that is still being written, again and again, from outside.
 *
 * Each look goes on where the last one stopped: facts are skipped by their headers, and only the
 * tables' places are kept. Rows are copied by read(2), not mapped, so that a file which is cut off
 * meanwhile harms nobody. They are copied while their threads may change them: a row says something
 * for certain only where another look finds the same odd sequence number in it.
 *
 * Trusts nothing, as reader.h. Keeps no descriptor between looks. Memory comes from malloc. Not
 * thread-safe.
 */
#ifndef SNARL_RECORDING_FOLLOWER_H
#define SNARL_RECORDING_FOLLOWER_H

#include <stdbool.h>
#include <stddef.h>

#include "recording/layout.h"

struct snarl_follower {
    char *path;
    uint64_t pid; /* of the process that writes it, as that sees itself */
    uint64_t started_real;
    uint64_t device, inode;
    uint64_t position;                   /* private: of the next fact */
    struct snarl_followed_table *tables; /* private */
    size_t table_count;
    struct snarl_thread_row *rows; /* of the threads that were alive at the last look */
    size_t row_count;
    size_t room; /* private: for so many rows */
};

/* Opens the recording at `path`, which is copied. False, with nothing to close, as long as it has
 * no whole header of this version. */
bool snarl_follower_open(struct snarl_follower *follower, const char *path);

/* Reads what has been added, and the rows as they are now. False, and no rows, if the file has
 * gone, has been replaced or is damaged. */
bool snarl_follower_look(struct snarl_follower *follower);

void snarl_follower_close(struct snarl_follower *follower);

#endif
