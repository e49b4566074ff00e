/*
 * From the policy of a row of calls.def to a function for that row: for files that make one
 * function for each, as wrappers.c does.
 *
 * KIND_POLICY(...) of a row is what to do, the policy, and the arguments that the row gives it.
 */
#ifndef SNARL_PRELOAD_POLICY_KINDS_H
#define SNARL_PRELOAD_POLICY_KINDS_H

#define KIND_OWN SKIP, OWN, ()
#define KIND_PASS MAKE, PASS, ()
#define KIND_INIT(...) MAKE_WITH, INIT, (__VA_ARGS__)
#define KIND_DESTROY(...) MAKE_WITH, DESTROY, (__VA_ARGS__)
#define KIND_LOCK(...) MAKE_WITH, LOCK, (__VA_ARGS__)
#define KIND_TRY_LOCK(...) MAKE_WITH, TRY_LOCK, (__VA_ARGS__)
#define KIND_TIMED_LOCK(...) MAKE_WITH, TIMED_LOCK, (__VA_ARGS__)
#define KIND_UNLOCK(...) MAKE_WITH, UNLOCK, (__VA_ARGS__)
#define KIND_SEMAPHORE_TRY MAKE, SEMAPHORE_TRY, ()
#define KIND_SEMAPHORE_POST MAKE, SEMAPHORE_POST, ()
#define KIND_SEMAPHORE_WAIT MAKE, SEMAPHORE_WAIT, ()
#define KIND_SEMAPHORE_TIMED_WAIT MAKE, SEMAPHORE_TIMED_WAIT, ()
#define KIND_BARRIER_WAIT MAKE, BARRIER_WAIT, ()
#define KIND_SIGNAL(...) MAKE_WITH, SIGNAL, (__VA_ARGS__)
#define KIND_CONDITION_WAIT(...) MAKE_WITH, CONDITION_WAIT, (__VA_ARGS__)
#define KIND_EXEC MAKE, EXEC, ()
#define KIND_SPAWN MAKE, SPAWN, ()

#define LIST(...) __VA_ARGS__
#define APPLY(macro, ...) macro(__VA_ARGS__)

#endif
