/*
 * The name that a finding keeps from run to run.
 *
 * It comes from the kind, from the locks, each by the name that the program gives it, by its
 * variable, or by the functions and modules where it was created, and from the user's functions on
 * the stacks of each step. Addresses, lines and thread numbers play no part, nor does the order of
 * locks, steps or holds, nor how often a function repeats in a row (recursion). For a data race and
 * for kind `other` the message counts too, as it names the object: it must hold nothing that
 * changes from run to run. Of a process in which all threads are blocked, the first step alone
 * counts, with what it waits for.
 */
#ifndef SNARL_ANALYSIS_IDENTIFY_H
#define SNARL_ANALYSIS_IDENTIFY_H

#include "report/model.h"

/* The name of the lock that the dynamic loader works under: there is one only, and it has no
 * variable. */
#define SNARL_LOADER_LOCK_NAME "the loader's lock"

/*
 * Sets finding->id from the finding's other members and the locks of `report`, which must be
 * complete. A lock's name counts where the program itself gives it, or where it looks like a
 * variable's ("alice.lock", "forks[2]"); one that holds a space or a line number ("mutex 3 made in
 * open_account() bank.c:12") is taken for a description, but for the loader's lock, and the
 * functions of its `created` stack, or else of `first_taken`, count instead.
 *
 * Any thread that owns the finding; allocates nothing from the report; linear in the frames.
 */
void snarl_finding_identify(struct snarl_report_finding *finding,
                            const struct snarl_report *report);

#endif
