/* Which findings each type of suppressions concerns. */
#include "report/suppressions.h"

const char *snarl_suppression_name(enum snarl_suppression type)
{
    static const char *const names[] = {
#define SUPPRESSION(identifier, name) name,
#include "report/suppressions.def"
#undef SUPPRESSION
    };
    return names[type];
}

enum snarl_suppression snarl_suppression_of(enum snarl_finding_kind kind)
{
    switch (kind) {
    case SNARL_FINDING_LOCK_ORDER_CYCLE:
    case SNARL_FINDING_DEADLOCK:
    case SNARL_FINDING_SELF_DEADLOCK:
    case SNARL_FINDING_ALL_THREADS_BLOCKED:
        return SNARL_SUPPRESSION_DEADLOCK;
    case SNARL_FINDING_DATA_RACE:
        return SNARL_SUPPRESSION_RACE;
    case SNARL_FINDING_EXIT_HOLDING_LOCK:
    case SNARL_FINDING_JOIN_TWICE:
    case SNARL_FINDING_JOIN_DETACHED:
    case SNARL_FINDING_JOIN_SELF:
    case SNARL_FINDING_DETACH_TWICE:
        return SNARL_SUPPRESSION_THREAD;
    case SNARL_FINDING_OTHER:
    case SNARL_FINDING_KINDS:
        return SNARL_SUPPRESSION_TYPES;
    default:
        return SNARL_SUPPRESSION_MUTEX;
    }
}

bool snarl_suppression_concerns(enum snarl_suppression type, enum snarl_finding_kind kind)
{
    switch (type) {
    case SNARL_SUPPRESSION_LIB:
        return true;
    case SNARL_SUPPRESSION_RACE_TOP:
        return kind == SNARL_FINDING_DATA_RACE;
    default:
        return snarl_suppression_of(kind) == type;
    }
}
