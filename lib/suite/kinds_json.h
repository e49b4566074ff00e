/* Sets of finding kinds in JSON: an array of their names. */
#ifndef SNARL_SUITE_KINDS_JSON_H
#define SNARL_SUITE_KINDS_JSON_H

#include <jansson.h>

#include "suite/kinds.h"

/* The caller gives it back. */
json_t *snarl_kinds_json(snarl_kinds kinds);

#endif
