/*
 * Reads a recording, outside the host program: the mirror of writer.h.
 *
 * Trusts nothing: every fact handed out has been checked to lie within the file, with its arrays
 * and strings. What cannot be read ends the reading, and `lost` says how many bytes that was.
 * Memory comes from malloc. Not thread-safe.
 */
#ifndef SNARL_RECORDING_READER_H
#define SNARL_RECORDING_READER_H

#include <stdbool.h>
#include <stddef.h>

#include "recording/layout.h"

struct snarl_reader {
    const struct snarl_file_header *header;
    size_t size;     /* of the file */
    size_t position; /* of the next fact */
    size_t lost;     /* bytes at the end that are no whole facts; valid once next returned NULL */
    void *memory;
};

/* Reads the whole file. False, with a one-line reason in `error`, if it cannot be read, is empty,
 * is no recording, or is of a version that this program does not know. */
bool snarl_reader_open(struct snarl_reader *reader, const char *path, char *error,
                       size_t error_size);

/* The next fact of a kind that is known, or NULL at the end. Valid until the reader is closed. */
const struct snarl_fact_header *snarl_reader_next(struct snarl_reader *reader);

/* Back to the first fact. */
void snarl_reader_rewind(struct snarl_reader *reader);

void snarl_reader_close(struct snarl_reader *reader);

/* The row `index` of a table. */
const struct snarl_thread_row *snarl_reader_row(const struct snarl_fact_table *table,
                                                uint32_t index);

/* The string that follows `string`, for facts that hold several. */
const char *snarl_reader_string_after(const char *string);

/* The steps of a deadlock; there are as many as its `count` says. */
const struct snarl_deadlock_step *snarl_reader_first_step(const struct snarl_fact_deadlock *);
const struct snarl_deadlock_step *snarl_reader_step_after(const struct snarl_deadlock_step *);

/* A loss in words; for a number that is not known, says that. */
const char *snarl_loss_words(uint32_t loss);

#endif
