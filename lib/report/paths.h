/*
 * File names as short as they can be and still tell files apart: "bank.c" where the report names
 * only one such file, "old/bank.c" and "new/bank.c" where it names two.
 */
#ifndef SNARL_REPORT_PATHS_H
#define SNARL_REPORT_PATHS_H

#include <stddef.h>

#include "report/model.h"
#include "report/pool.h"

struct snarl_path; /* one source file and what it is called */

struct snarl_paths {
    struct snarl_path *files;
    size_t count;
    size_t capacity;
    const char *strip_prefix;
    struct snarl_pool *pool;
};

/* Gathers every file that the report names. `strip_prefix` may be NULL; the report, the prefix and
 * the pool must outlive the result, whose memory is the pool's. Cost: frames times files. */
struct snarl_paths snarl_paths_of(const struct snarl_report *report, const char *strip_prefix,
                                  struct snarl_pool *pool);

/* The short name of a file that the report names. Points into `file`. */
const char *snarl_paths_short(const struct snarl_paths *paths, const char *file);

/* `file` without the prefix (which may be NULL) and the slashes that follow it. */
const char *snarl_path_strip(const char *file, const char *prefix);

/* What follows the last slash. */
const char *snarl_path_base(const char *path);

#endif
