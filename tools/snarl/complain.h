/* One-line complaints on standard error: "snarl: error: ...". */
#ifndef SNARL_COMPLAIN_H
#define SNARL_COMPLAIN_H

#include "nearest.h"

/* Writes the line, newline added, in one piece, and returns `status`: `return snarl_complain(...)`.
 */
int snarl_complain(int status, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Complains of an unknown `what` ("option", "scenario"): names the nearest right word where one is
 * near, else says where to look (`otherwise`, as in "see: snarl --help"). Returns 125. */
int snarl_complain_unknown(const char *what, const struct snarl_nearest *nearest,
                           const char *otherwise);

#endif
