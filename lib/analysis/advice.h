/*
 * What a finding says in words. One file for each family of kinds; the entry is
 * snarl_builder_advise. Private to the files advice*.c.
 *
 * Strings live as long as the report.
 */
#ifndef SNARL_ANALYSIS_ADVICE_H
#define SNARL_ANALYSIS_ADVICE_H

#include "analysis/builder.h"
#include "core/objects.h"

/* What is being put into words. */
struct snarl_advice {
    struct snarl_report *report;
    struct snarl_report_finding *finding;
    bool several_processes; /* its threads are of more than one: each is named with its own */
};

/* alice.lock; "a lock" where unknown */
const char *snarl_advice_lock(const struct snarl_advice *, unsigned lock);

/* thread 2 "payer"; thread 2 (worker); thread 1 (main) of pid 4712 */
const char *snarl_advice_thread(const struct snarl_advice *, unsigned thread);

/* refund() (bank.c:33), or as much of it as is known; NULL where nothing is. */
const char *snarl_advice_place(const struct snarl_advice *, const struct snarl_stack *stack);

/* The step's hold of the lock, or NULL. */
const struct snarl_report_hold *snarl_advice_hold(const struct snarl_report_step *, unsigned lock);

/* How to turn round the one step that goes against the others; for steps that all want locks. */
const char *snarl_advice_order(const struct snarl_advice *);

/* The finding's locks in one list, the one that the first step holds first. */
const char *snarl_advice_locks(const struct snarl_advice *);

/* A cycle that goes against an order which the program has declared; false for any other. */
bool snarl_advise_declared(const struct snarl_advice *);

void snarl_advise_self_deadlock(const struct snarl_advice *);
void snarl_advise_deadlock(const struct snarl_advice *);
void snarl_advise_blocked(const struct snarl_advice *);

/* Sets message, why and fix from the other members of a finding, unless it has a message. */
void snarl_advise(struct snarl_report *report, struct snarl_report_finding *finding);

/* A misuse, with its parties by name; NULL for what is not known. */
struct snarl_misuse_story {
    uint32_t misuse; /* enum snarl_misuse, one that is known */
    const char *thread, *object, *kind;
    const char *other_thread, *other_object;
    bool other_made_it;    /* the other party is who initialised the object */
    const char *call_kind; /* what the call is for, where it was given a wrong object */
    const char *place, *other_place;
};

/* Whether there are words for this number. */
bool snarl_advice_knows_misuse(uint32_t misuse);

/* Sets the message and its like, and the actions of the steps. */
void snarl_advise_misuse(const struct snarl_advice *, const struct snarl_misuse_story *);

#endif
