/*
 * What the files thread_sanitizer*.c share: the text as lines, and the warning that is being read.
 * Private to them.
 */
#ifndef SNARL_ANALYSIS_THREAD_SANITIZER_PARTS_H
#define SNARL_ANALYSIS_THREAD_SANITIZER_PARTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "report/model.h"

/* ThreadSanitizer's number of a mutex, which holds within one warning only, and ours. */
struct snarl_sanitizer_mutex {
    unsigned number;
    unsigned lock; /* id in the report */
};

struct snarl_sanitizer_reading {
    struct snarl_report *report;
    const char **lines;
    size_t line_count;
    size_t next; /* line to read */
    size_t end;  /* line after the warning's last */

    /* The warning that is being read. */
    size_t process;
    struct snarl_report_finding *finding;
    struct snarl_sanitizer_mutex *mutexes;
    size_t mutex_count;
    const char *object;      /* of a race, in words; NULL where unknown */
    unsigned *named_threads; /* ids of those that have a section of their own */
    size_t named_thread_count;
};

/* Makes room for one more item behind `count` items of `size` bytes; returns where they are now,
 * the new one zeroed. What they leave behind is freed with the report; it adds up to less than
 * what is kept. */
void *snarl_sanitizer_room(struct snarl_report *report, void *items, size_t count, size_t size);

/* Reads one line of a stack ("#0 pay bank.c:21 (transfer+0x12ab)"); false if it is none. */
bool snarl_sanitizer_frame(struct snarl_report *report, const char *line,
                           struct snarl_frame *frame);

/* Reads the stack that begins at the next line, up to an empty line or the next heading. Lines in
 * between that are no frames are left out. */
struct snarl_stack snarl_sanitizer_stack(struct snarl_sanitizer_reading *reading);

/* The id of a lock or thread that ThreadSanitizer calls by a number; made where it is new. An
 * `address` of 0 is unknown. */
unsigned snarl_sanitizer_lock(struct snarl_sanitizer_reading *reading, unsigned number,
                              uint64_t address);
unsigned snarl_sanitizer_thread(struct snarl_sanitizer_reading *reading, unsigned number);

/* Whether the line is an empty one, a heading within a warning, or the end of one. */
bool snarl_sanitizer_is_break(const char *line);
bool snarl_sanitizer_is_rule(const char *line);

/* After `prefix`; NULL if the text does not begin with it. */
const char *snarl_sanitizer_after(const char *text, const char *prefix);

/* Reads the next line and what belongs to it (its stack) into the finding. */
void snarl_sanitizer_section(struct snarl_sanitizer_reading *reading);

#endif
