/*
 * The ways into a finding, and the stacks of each.
 *
 * Pure; any thread.
 */
#ifndef SNARL_REPORT_WAYS_H
#define SNARL_REPORT_WAYS_H

#include <stdbool.h>
#include <stddef.h>

#include "report/model.h"

/* One of 1 + also_count ways, by number from 0: the finding's own steps, then those under `also`.
 */
struct snarl_report_variant snarl_finding_way(const struct snarl_report_finding *finding,
                                              size_t number);

/* Sees one stack; `of_call` where it is that of a call that is a part of the finding (or of an
 * access), rather than of something held besides, of a creation, of one who could have woken.
 * Returns true to see no more. */
typedef bool snarl_see_stack(const struct snarl_stack *stack, bool of_call, void *context);

/* Shows every stack of one way, and returns whether one was enough. */
bool snarl_way_any_stack(const struct snarl_report *report,
                         const struct snarl_report_finding *finding,
                         const struct snarl_report_variant *way, snarl_see_stack *see,
                         void *context);

#endif
