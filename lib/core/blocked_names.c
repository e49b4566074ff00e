#include "core/blocked.h"

const char *snarl_cause_name(enum snarl_cause cause)
{
    static const char *const names[] = {
#define CAUSE(identifier, name) name,
        SNARL_CAUSES(CAUSE)
#undef CAUSE
    };
    return names[cause];
}

const char *snarl_waker_name(enum snarl_waker waker)
{
    static const char *const names[] = {
#define WAKER(identifier, name) name,
        SNARL_WAKERS(WAKER)
#undef WAKER
    };
    return names[waker];
}
