/* Runs a scenario once, natively or under a tool: what compare and suite share. */
#ifndef SNARL_LEG_H
#define SNARL_LEG_H

#include "suite/outcome.h"

struct snarl_leg_plan {
    const struct snarl_scenario *scenario;
    enum snarl_leg_kind kind;
    const char *programs; /* the folder of the programs; NULL for snarl's own scenarios */
    double time_limit_s;
};

/*
 * Runs it to its end, its standard input empty. One that is to hang is ended once all of its
 * threads have stood still for a second; the time limit ends whatever does not end by itself.
 * The command has no other children meanwhile.
 */
void snarl_leg_run(const struct snarl_leg_plan *plan, struct snarl_outcome *outcome);

#endif
