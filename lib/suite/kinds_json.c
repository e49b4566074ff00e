#include "suite/kinds_json.h"

static void add_kind(const char *name, void *names)
{
    json_array_append_new(names, json_string(name));
}

json_t *snarl_kinds_json(snarl_kinds kinds)
{
    json_t *names = json_array();
    snarl_kinds_each(kinds, add_kind, names);
    return names;
}
