/* What misuse.c misuses, and the other party's part in it: each act in a function of its own, by
 * whose name it is found in a stack. */
#ifndef SNARL_TESTS_MISUSE_OBJECTS_H
#define SNARL_TESTS_MISUSE_OBJECTS_H

#include <stdbool.h>
#include <threads.h>

#include "program.h"

extern pthread_mutex_t mutex;   /* of no special kind; as all others, ready for use */
extern pthread_mutex_t checked; /* PTHREAD_MUTEX_ERRORCHECK */
extern pthread_rwlock_t rwlock;
extern pthread_spinlock_t spin;
extern mtx_t c11;
extern sem_t semaphore; /* of value 0 */
extern pthread_barrier_t barrier;
extern pthread_cond_t condition;
extern pthread_mutex_t *block; /* in memory that the case provides */

void take_mutex(void);
void give_mutex(void);
void destroy_mutex(void);
void init_mutex(void);
void take_checked(void);
void give_checked(void);
void take_rwlock(void);
void read_rwlock(void);
void give_rwlock(void);
void destroy_rwlock(void);
void init_rwlock(void);
void take_spin(void);
void give_spin(void);
void destroy_spin(void);
void init_spin(void);
void take_c11(void);
void take_block(void);
void give_block(void);
void init_block(void);
void init_semaphore(void);
void destroy_semaphore(void);
void wait_for_post(void);
void init_barrier(void);
void destroy_barrier(void);
void init_condition(void);
void destroy_condition(void);

/* Runs `first`, then `second` unless it is NULL, in another thread that then sleeps until the
 * program ends. Returns when it has run them. */
void elsewhere(void (*first)(void), void (*second)(void));

/* Starts a thread that does this, and ends. */
pthread_t begin(void (*act)(void));

/* Starts such a thread and returns when it sleeps, or has ended: `act` announces
 * itself first. */
pthread_t begin_and_await_sleep(void (*act)(void));
void announce(void);

/* The cases themselves. */
#define MISUSE_CASE(identifier, ...) void identifier(bool wrong);
#include "misuse.def"
#undef MISUSE_CASE

#endif
