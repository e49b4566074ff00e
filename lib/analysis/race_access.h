/*
 * What an instruction does to memory, found out when a recording is read: of one that has hit a
 * watchpoint the thread has only told what comes behind it.
 */
#ifndef SNARL_ANALYSIS_RACE_ACCESS_H
#define SNARL_ANALYSIS_RACE_ACCESS_H

#include "analysis/builder.h"

enum {
    SNARL_RACE_LONGEST_INSTRUCTION = 15, /* bytes */
};

struct snarl_race_access {
    bool known;
    bool reads, writes, atomic;
    unsigned size; /* bytes; 0 where unknown */
    uint64_t at;   /* where the instruction begins, or, where that is not known, ends; 0: unknown */
};

struct snarl_race_access snarl_race_access_of(struct snarl_builder *, struct snarl_source *,
                                              const struct snarl_race_side *side);

#endif
