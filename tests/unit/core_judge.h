/* What lib/core says of a small program, after it has been told one run of it. */
#ifndef SNARL_TESTS_CORE_JUDGE_H
#define SNARL_TESTS_CORE_JUDGE_H

#include <stdbool.h>

#include "explorer.h"

struct core_judgement {
    /* By the set of locks wanted. */
    bool predicted[PROGRAM_LOCK_SETS];
    bool infeasible[PROGRAM_LOCK_SETS];
    unsigned predicted_count, infeasible_count;
};

/* `run` is one that ended. */
void core_judge(const struct lock_program *program, const struct explored *run,
                struct core_judgement *judgement);

#endif
