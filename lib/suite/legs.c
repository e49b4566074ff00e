#include "suite/legs.h"

static const struct {
    const char *name, *title, *suffix;
} legs[] = {
#define LEG(identifier, name, title, suffix) {name, title, suffix},
    SNARL_LEGS(LEG)
#undef LEG
};

const char *snarl_leg_name(enum snarl_leg_kind leg)
{
    return legs[leg].name;
}

const char *snarl_leg_title(enum snarl_leg_kind leg)
{
    return legs[leg].title;
}

const char *snarl_leg_suffix(enum snarl_leg_kind leg)
{
    return legs[leg].suffix;
}
