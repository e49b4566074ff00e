/*
 * Runs a program that was built with ThreadSanitizer, and reads what it reports.
 *
 * Nothing of snarl's is preloaded: it would change ThreadSanitizer's own reports. Where the
 * kernel's address randomisation breaks it, the program is run again without.
 */
#ifndef SNARL_SANITIZED_H
#define SNARL_SANITIZED_H

#include <stdbool.h>

#include "child.h"
#include "report/model.h"

struct snarl_sanitized {
    struct snarl_child_end end;
    struct snarl_report *report; /* the caller frees it */
    bool fixed_addresses;        /* it had to be run without address randomisation */
    bool broken;                 /* ThreadSanitizer could not start, even so */
};

struct snarl_sanitized_plan {
    char *const *arguments; /* ended by NULL */
    double time_limit_s;
    int output;    /* descriptor that standard output goes to; -1 for nowhere */
    bool together; /* the reports go there, too, so that each stands where it was made */
    /* As in child.h. */
    void (*tick)(void *context);
    int tick_ms;
    void *context;
};

/* Its standard input is empty. Returns false, with `reason` (one line, of `reason_size` bytes),
 * where it could not be run; there is no report then. `sanitized->end` has the process's number
 * while it runs. */
bool snarl_sanitized_run(const struct snarl_sanitized_plan *plan, struct snarl_sanitized *sanitized,
                         char *reason, size_t reason_size);

#endif
