/*
 * What things are called in the formats that people read: "thread 2 \"payer\"", "alice.lock",
 * "bank.c:21", "3 threads", "4 s".
 *
 * All strings come from the pool, or are the report's own; none is NULL. They may hold whatever the
 * program put into them: snarl_utf8_printable is for those who print them.
 */
#ifndef SNARL_REPORT_WORDS_H
#define SNARL_REPORT_WORDS_H

#include "report/model.h"
#include "report/paths.h"
#include "report/pool.h"

struct snarl_words {
    const struct snarl_report *report;
    struct snarl_pool *pool;
    struct snarl_paths paths;
    /* Whose threads are told of: those of another process are named with it. NULL for any's. */
    const struct snarl_report_process *home;
};

/* thread 2 "payer", or by the function that it started in: thread 1 (main); of another process:
 * thread 1 (main) of pid 4712; of one that fork() left behind: thread 2 (not in this process) */
const char *snarl_words_thread(struct snarl_words *words, unsigned thread);

/* thread 2; thread 1 of pid 4712 */
const char *snarl_words_thread_number(struct snarl_words *words, unsigned thread);

/* threads 3, 5 and 7 to 9: numbers of one process, at least one; sorts them */
const char *snarl_words_thread_numbers(struct snarl_words *words, unsigned *numbers, size_t count);

/* The lock's name, else its kind and address. */
const char *snarl_words_lock(struct snarl_words *words, unsigned lock);

/* What a thread does to its target: wants (a lock), joins (a thread), waits on (a condition
 * variable or semaphore), waits at (a barrier), destroys. */
const char *snarl_words_verb(enum snarl_target target);

/* The same, with how a lock is wanted: wants; wants to read */
const char *snarl_words_wish(enum snarl_target target, bool shared);

/* That target, with what limits the wait: alice.lock; thread 3; alice.lock (timed); where it is not
 * known, a condition variable */
const char *snarl_words_target(struct snarl_words *words, enum snarl_target target, unsigned id,
                               bool timed);

/* pay; pay (inlined); libbank.so+0x21 where the function is unknown */
const char *snarl_words_function(struct snarl_words *words, const struct snarl_frame *frame);

/* bank.c:21; "" where the file is unknown */
const char *snarl_words_line(struct snarl_words *words, const struct snarl_frame *frame);

/* The shortest that tells where a stack is: bank.c:21, else the function, else "". */
const char *snarl_words_place(struct snarl_words *words, const struct snarl_stack *stack);

/* Function and line in one, pay (bank.c:21); the frame may be NULL: (unknown) */
const char *snarl_words_spot(struct snarl_words *words, const struct snarl_frame *frame);

/* The command line, cut to what fits on part of a line. */
const char *snarl_words_command(struct snarl_words *words, char *const *argv, size_t argc);

/* 1 thread, 3 threads, 2 processes */
const char *snarl_words_count(struct snarl_words *words, uint64_t count, const char *noun);

/* 40 ms, 4 s, 3 min, 1.5 h */
const char *snarl_words_duration(struct snarl_words *words, double seconds);

/* a; a and b; a, b and c */
const char *snarl_words_list(struct snarl_words *words, const char *const *items, size_t count);

#endif
