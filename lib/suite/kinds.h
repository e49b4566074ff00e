/* Sets of finding kinds: what a report holds against what a manifest expects. */
#ifndef SNARL_SUITE_KINDS_H
#define SNARL_SUITE_KINDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "report/model.h"

/* Bit 1 << kind for each member. */
typedef uint64_t snarl_kinds;

_Static_assert(SNARL_FINDING_KINDS <= 64, "a kind is one bit");

/* Of the findings that are more than notes. */
snarl_kinds snarl_kinds_found(const struct snarl_report *report);

/* The kind of that name, alone; 0 where there is none. */
snarl_kinds snarl_kinds_named(const char *name);

/* Calls `visit` with the name of each member, in the order of finding.def. */
void snarl_kinds_each(snarl_kinds kinds, void (*visit)(const char *name, void *context),
                      void *context);

/* Writes "deadlock, data-race", or "nothing", into `text` (cut to `size`) and returns it. */
const char *snarl_kinds_words(snarl_kinds kinds, char *text, size_t size);

#endif
