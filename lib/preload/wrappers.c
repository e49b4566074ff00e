/* The exported wrappers, one for each row of calls.def whose policy is not OWN. */
#include "preload/policies.h"

/* KIND_POLICY(...) of a row is what to do, the policy, and the arguments that the row gives it. */
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

#define EMIT_SKIP(policy, given, name, result_type, parameters, arguments)
#define EMIT_MAKE(policy, given, name, result_type, parameters, arguments)                         \
    SNARL_EXPORT result_type name parameters                                                       \
    {                                                                                              \
        POLICY_##policy(name, arguments)                                                           \
    }
#define EMIT_MAKE_WITH(policy, given, name, result_type, parameters, arguments)                    \
    SNARL_EXPORT result_type name parameters                                                       \
    {                                                                                              \
        APPLY(POLICY_##policy, name, arguments, LIST given)                                        \
    }

#define EMIT(what, policy, given, ...) EMIT_##what(policy, given, __VA_ARGS__)
#define WRAP(kind, ...) EMIT(kind, __VA_ARGS__)

#define CALL(name, version, policy, result_type, parameters, arguments)                            \
    WRAP(KIND_##policy, name, result_type, parameters, arguments)
#include "preload/calls.def"
#undef CALL
