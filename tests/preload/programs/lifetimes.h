/* What the parts of the program share; see lifetimes.c. */
#ifndef SNARL_TESTS_LIFETIMES_H
#define SNARL_TESTS_LIFETIMES_H

#include "program.h"

enum {
    PAGE = 4096,
    SPARE = 256 * 1024
};

extern pthread_mutex_t *alice, *bob;
extern int renews;  /* as the second argument says */
extern int quiet;   /* see ask() in lifetimes.c */
extern char *spare; /* a stack of that size, in a frame of main */
extern sem_t owner_ready, owner_may_go;

/* Makes two mutexes there. */
void place(void *new_alice, void *new_bob);

/* Lets one side take alice, then bob; and the other one bob, then alice. */
void first_time(void);
void second_time(void);

/* A call that is seen, and no more. */
void visit(void);

void thread_stack(void);
void local_variables(void);
void frame(void);
void quiet_frame(void);
void loop(void);
void signal_stack(void);
void coroutine(void);
void alternating(void);

#endif
