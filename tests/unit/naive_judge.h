/*
 * Which deadlocks a small program can come to, by the condition that lib/core keeps to, read off
 * the program's text and without a line of lib/core: a chain of wants of distinct threads, each for
 * a lock that the next one has and nobody else of the chain; none of which comes before another by
 * the making and joining of threads; and no two of which are inside two different holds of one
 * lock, of which one at least is no reader's. A want is inside its thread's own holds, and inside
 * any hold that begins before it and ends after it by the making and joining of threads.
 */
#ifndef SNARL_TESTS_NAIVE_JUDGE_H
#define SNARL_TESTS_NAIVE_JUDGE_H

#include <stdbool.h>

#include "lock_program.h"

struct naive_judgement {
    /* By the set of locks wanted. */
    bool deadlocks[PROGRAM_LOCK_SETS];
    /* By the set of locks: rings of the plain lock graph, who ever takes them how, that go round no
     * shorter one. */
    bool rings[PROGRAM_LOCK_SETS];
};

void naive_judge(const struct lock_program *program, struct naive_judgement *judgement);

#endif
