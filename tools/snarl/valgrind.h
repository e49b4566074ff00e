/* Runs a program under Helgrind or DRD, and reads what they report. Nothing of snarl's is
 * preloaded.
 */
#ifndef SNARL_VALGRIND_H
#define SNARL_VALGRIND_H

#include <stdbool.h>
#include <stddef.h>

#include "child.h"
#include "suite/kinds.h"

struct snarl_valgrind_plan {
    const char *tool;       /* "helgrind" or "drd" */
    char *const *arguments; /* ended by NULL */
    double time_limit_s;
    int output; /* descriptor that standard output goes to */
    /* As in child.h. */
    void (*tick)(void *context);
    int tick_ms;
    void *context;
};

struct snarl_valgrind {
    struct snarl_child_end end; /* has the process's number while it runs */
    snarl_kinds found;
};

/* Where valgrind is, to be freed; NULL where it is not installed. */
char *snarl_valgrind_find(void);

/* Returns false, with `reason` (one line, of `reason_size` bytes), where it could not be run. */
bool snarl_valgrind_run(const struct snarl_valgrind_plan *plan, struct snarl_valgrind *valgrind,
                        char *reason, size_t reason_size);

#endif
