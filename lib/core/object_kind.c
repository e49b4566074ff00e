#include <stddef.h>

#include "core/objects.h"

static const struct {
    const char *name;
    bool recursive;
} kinds[] = {
#define OBJECT(identifier, number, name, recursive) [number] = {name, recursive},
#include "core/object.def"
#undef OBJECT
};

static bool is_known(uint32_t kind)
{
    return kind < sizeof kinds / sizeof kinds[0] && kinds[kind].name != NULL;
}

const char *snarl_object_kind_name(uint32_t kind)
{
    return is_known(kind) ? kinds[kind].name : "lock";
}

bool snarl_object_kind_recursive(uint32_t kind)
{
    return is_known(kind) && kinds[kind].recursive;
}
