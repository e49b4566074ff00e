/*
 * Writes a recording, from inside the host program.
 *
 * Facts are appended by pwritev(2); they are rare. Before each, the descriptor is checked to be
 * still ours (device and inode): hosts close all descriptors and reuse the numbers. One that was
 * closed is opened anew by its path.
 *
 * No malloc, no stdio; system calls only, so fit for any context in which the caller holds its own
 * lock: not thread-safe by itself. errno is not preserved. Signals that the writing may raise
 * (SIGXFSZ) are avoided by asking for the limit first.
 */
#ifndef SNARL_RECORDING_WRITER_H
#define SNARL_RECORDING_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/uio.h>

#include "recording/layout.h"

enum {
    SNARL_PATH_SIZE = 4096,
    SNARL_FACT_PARTS = 6,
};

struct snarl_writer {
    int descriptor; /* -1 when not open */
    int error;      /* errno of the failure that ended the recording; 0 for none */
    uint64_t device, inode;
    uint64_t size; /* bytes written: where the next fact goes */
    char path[SNARL_PATH_SIZE];
};

/*
 * Creates PREFIX.PID.UNIQUE.rec, mode 0600, and writes its header. A relative prefix is taken from
 * the current directory; if that cannot be written to, a prefix without a slash is tried in
 * $TMPDIR or /tmp. Returns false, with `writer->error` set, if no file could be made.
 * `temporary` is the value of TMPDIR, or NULL.
 */
bool snarl_writer_open(struct snarl_writer *writer, const char *prefix, const char *temporary);

/*
 * Appends one fact: `parts[0]` begins with its header, whose size is filled in here; padding is
 * added. At most SNARL_FACT_PARTS parts. Returns false once the recording has failed, and then for
 * good.
 */
bool snarl_writer_append(struct snarl_writer *writer, const struct iovec *parts, size_t count);

/*
 * Appends a table of SNARL_TABLE_ROWS free rows, its blocks reserved on the disk, and maps it
 * shared. NULL if that cannot be had; the recording may well go on without. The mapping stays for
 * the life of the process.
 */
struct snarl_fact_table *snarl_writer_table(struct snarl_writer *writer);

/* The rows of a table. */
static inline struct snarl_thread_row *snarl_table_rows(struct snarl_fact_table *table)
{
    return (struct snarl_thread_row *)((char *)table + table->rows_offset);
}

/* Closes the descriptor and forgets it: in a forked child, whose parent goes on with the file. */
void snarl_writer_close(struct snarl_writer *writer);

/* Gives the descriptor a high number, as a host may well depend on getting the lowest free ones.
 * The number that it has now. */
int snarl_writer_move_away(int descriptor);

/* Opens an existing recording to append to it, from outside, after its process has ended. A fact
 * that was cut in the middle at its end is cut off. Returns false, with `writer->error` set and
 * nothing open, if that fails; a file that is no recording of this version is left as it was. */
bool snarl_writer_reopen(struct snarl_writer *writer, const char *path);

#endif
