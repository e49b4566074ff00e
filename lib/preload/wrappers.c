/* The exported wrappers, one for each row of calls.def whose policy is not OWN. */
#include "preload/policies.h"
#include "preload/policy_kinds.h"

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
