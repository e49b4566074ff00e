/*
 * Marks in a file that tell what made it: a text in one of its sections, or a symbol.
 *
 * Much cheaper than the questions of symbols.h: no debug information is looked for. The same rules
 * hold otherwise: offline, any file will do, and one of another build-id is not believed.
 */
#ifndef SNARL_SYMBOLS_MARKS_H
#define SNARL_SYMBOLS_MARKS_H

#include <stddef.h>

struct snarl_mark {
    const char *section; /* where the text stands; NULL: it begins the name of a symbol that the
                            file defines */
    const char *text;
};

/* The first of the marks that the file at `path` has; NULL for none, and where the file cannot be
 * read. `build_id` may be NULL with size 0: unknown. Linear in the sections and symbols. */
const struct snarl_mark *snarl_marks_find(const char *path, const void *build_id,
                                          size_t build_id_size, const struct snarl_mark *marks,
                                          size_t count);

#endif
