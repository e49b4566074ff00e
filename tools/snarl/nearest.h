/*
 * The nearest right word to a wrong one, for "did you mean ...?".
 *
 * Pure, but for the words it points to.
 */
#ifndef SNARL_NEAREST_H
#define SNARL_NEAREST_H

#include <stddef.h>

struct snarl_nearest {
    const char *word; /* the wrong one; the caller's */
    const char *best; /* nearest candidate so far; NULL while none is near */
    size_t distance;  /* of `best`; while there is none, one more than still counts as near */
};

/* Starts a search. A candidate is near when at most 1 + a third of the letters are to be changed.
 */
struct snarl_nearest snarl_nearest_to(const char *word);

/* Offers a right word; on a tie the earlier one stays. It must outlive the search. */
void snarl_nearest_try(struct snarl_nearest *nearest, const char *candidate);

/* How many letters to insert, delete, replace, or swap with their neighbour (optimal string
 * alignment). Words longer than 63 letters are far from everything: SIZE_MAX. */
size_t snarl_edit_distance(const char *left, const char *right);

#endif
