/*
 * What Valgrind's tools for threads, Helgrind and DRD, have reported, in snarl's own kinds.
 *
 * Reads their XML (Valgrind's docs/internals/xml-output-protocol4.txt). The text may be cut
 * anywhere: what is whole counts. Any thread; not inside a host program.
 */
#ifndef SNARL_SUITE_VALGRIND_ERRORS_H
#define SNARL_SUITE_VALGRIND_ERRORS_H

#include <stdbool.h>
#include <stddef.h>

#include "suite/kinds.h"

/* The kinds of the errors in the `size` bytes at `xml`; "other" where snarl has no word for one.
 * Races within libc (of stdio's buffers, say, whose locks DRD does not see) are left out. */
snarl_kinds snarl_valgrind_errors(const char *xml, size_t size);

/* Whether the report goes to its end: a program that was killed leaves one that does not. */
bool snarl_valgrind_is_whole(const char *xml, size_t size);

#endif
