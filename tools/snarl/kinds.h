/* Sets of finding kinds: what a report holds against what the manifest expects. */
#ifndef SNARL_KINDS_H
#define SNARL_KINDS_H

#include <stddef.h>
#include <stdint.h>

#include "analysis/manifest.h"
#include "report/model.h"

/* Bit 1 << kind for each member. */
typedef uint64_t snarl_kinds;

_Static_assert(SNARL_FINDING_KINDS <= 64, "a kind is one bit");

snarl_kinds snarl_kinds_expected(const struct snarl_scenario_kinds *expected);

/* Of the findings that are more than notes. */
snarl_kinds snarl_kinds_found(const struct snarl_report *report);

/* Writes "deadlock, data-race", or "nothing", into `text` (cut to `size`) and returns it. */
const char *snarl_kinds_words(snarl_kinds kinds, char *text, size_t size);

#endif
