/* Which of libc's symbols have to do with synchronisation, and which of them nobody accounts for.
 */
#ifndef SNARL_TESTS_SELECTION_H
#define SNARL_TESTS_SELECTION_H

#include "surface/exports.h"

/* A symbol of calls.def. */
struct surface_row {
    const char *name;
    const char *version; /* NULL for the preferred one */
    int since; /* the minor version of the first glibc that has it; 0 for 2.31 and before */
};

/* A row of left_alone.def. */
struct surface_left_alone {
    const char *pattern, *reason;
    int since;
};

struct surface {
    const struct surface_row *rows;
    size_t row_count;
    const struct surface_left_alone *left;
    size_t left_count;
    const struct exports *exports; /* of libc */
    int minor;                     /* of the libc that they are of: 36 for glibc 2.36 */
};

/* By its name alone, and meant to err towards yes. */
bool surface_is_synchronisation(const char *name);

/* Whether the pattern is for this symbol. One with an "@" is for "name@VERSION". */
bool surface_matches(const char *pattern, const struct export_symbol *symbol);

/* Each returns what is wrong, a line each that says what to do; "" where nothing is. To be freed.
 */
char *surface_unaccounted(const struct surface *surface);    /* neither a row nor left alone */
char *surface_other_versions(const struct surface *surface); /* of rows, and not left alone */
char *surface_overlaps(const struct surface *surface);       /* a row, and left alone */
char *surface_strangers(const struct surface *surface);      /* in a table, and not in libc */

#endif
