/* Two locks in opposite orders: what the cases of feasible.c and feasible_objects.c share. */
#ifndef SNARL_TESTS_FEASIBLE_H
#define SNARL_TESTS_FEASIBLE_H

#include "program.h"

/* So that the sides come one after the other in each run; snarl cannot see it. */
void await(int number);
void go(int number);

/* alice, then bob; bob, then alice. Functions of their own on any stack. */
void pay(void) __attribute__((noinline));
void refund(void) __attribute__((noinline));

/* A thread that pays at once; one that refunds when the payer has paid. */
void *payer(void *unused);
void *refunder(void *unused);

/* Cases with what threads meet at: barriers, initialisations, conditions, semaphores. */
void barrier_of_two(void);
void barrier_of_two_for_four(void);
void rounds_by_turns(void);
void in_the_same_rounds(void);
void barrier_and_joined(void);
void initialised(void);
void initialised_for_very_many(void);
void initialised_elsewhere(void);
void handed_off(void);
void posted_to(void);

#endif
