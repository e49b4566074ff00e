/* The exported wrappers, one for each row of calls.def whose policy is not OWN. */
#include "preload/policies.h"

/* Rows of hand-written wrappers make nothing here. */
#define WRAP(name, policy, result_type, parameters, arguments)                                     \
    SNARL_EXPORT result_type name parameters                                                       \
    {                                                                                              \
        POLICY_##policy(name, arguments)                                                           \
    }
#define WRAP_OWN(name, policy, result_type, parameters, arguments)

#define KIND_OWN WRAP_OWN
#define KIND_PASS WRAP
#define KIND_INIT WRAP
#define KIND_DESTROY WRAP
#define KIND_LOCK WRAP
#define KIND_TRY_LOCK WRAP
#define KIND_TIMED_LOCK WRAP
#define KIND_UNLOCK WRAP
#define KIND_CONDITION_WAIT WRAP
#define KIND_CONDITION_TIMED_WAIT WRAP
#define KIND_EXEC WRAP
#define KIND_SPAWN WRAP

#define CALL(name, version, policy, result_type, parameters, arguments)                            \
    KIND_##policy(name, policy, result_type, parameters, arguments)
#include "preload/calls.def"
#undef CALL
