/* Ways through the debug information: units, and what lies in them. */
#include <dwarf.h>

#include "symbols/module.h"

bool snarl_module_spend(struct snarl_module *module)
{
    if (module->budget == 0)
        return false;
    module->budget--;
    return true;
}

void snarl_module_add_ranges(struct snarl_module *module, struct snarl_ranges *ranges,
                             Dwarf_Die *die, const void *what)
{
    ptrdiff_t next = 0;
    Dwarf_Addr base, low, high;
    while ((next = dwarf_ranges(die, next, &base, &low, &high)) > 0 && snarl_module_spend(module))
        snarl_ranges_add(ranges, (struct snarl_range){.low = low, .high = high, .what = what});
}

/* Not from .debug_aranges: clang writes none unless asked, so in a program of mixed objects they
 * are there and yet incomplete. The units' own ranges cost one DIE each. */
void snarl_module_list_units(struct snarl_module *module)
{
    if (module->units_listed || !module->dwarf)
        return;
    module->units_listed = true;
    Dwarf_CU *cursor = NULL;
    uint8_t type;
    Dwarf_Die root, split;
    while (snarl_module_spend(module) &&
           dwarf_get_units(module->dwarf, cursor, &cursor, NULL, &type, &root, &split) == 0) {
        if (type != DW_UT_compile && type != DW_UT_skeleton)
            continue;
        struct snarl_unit *unit = snarl_arena_allocate(&module->symbols->arena, sizeof *unit);
        if (!unit)
            break;
        unit->lines = root;
        unit->root = dwarf_tag(&split) == DW_TAG_compile_unit ? split : root;
        unit->next = module->unit_list;
        module->unit_list = unit;
        snarl_module_add_ranges(module, &module->units, &root, unit);
    }
    snarl_ranges_sort(&module->units);
}

struct snarl_unit *snarl_module_unit(struct snarl_module *module, Dwarf_Addr address)
{
    snarl_module_list_units(module);
    const struct snarl_range *range = snarl_ranges_find(&module->units, address);
    return range ? (struct snarl_unit *)range->what : NULL;
}

static bool may_hold_code(int tag)
{
    switch (tag) {
    case DW_TAG_namespace:
    case DW_TAG_module:
    case DW_TAG_class_type:
    case DW_TAG_structure_type:
    case DW_TAG_union_type:
    case DW_TAG_subprogram:
    case DW_TAG_lexical_block:
    case DW_TAG_try_block:
    case DW_TAG_catch_block:
        return true;
    default:
        return false;
    }
}

struct walk {
    void (*visit)(struct snarl_module *module, const struct snarl_scope *die, void *context);
    void *context;
};

static void walk_below(struct snarl_module *module, const struct snarl_scope *scope,
                       const struct walk *walk, unsigned depth)
{
    Dwarf_Die child;
    if (depth == 0 || dwarf_child(scope->die, &child) != 0)
        return;
    do {
        if (!snarl_module_spend(module))
            return;
        struct snarl_scope here = {.outer = scope, .die = &child};
        int tag = dwarf_tag(&child);
        if (tag == DW_TAG_subprogram || tag == DW_TAG_variable)
            walk->visit(module, &here, walk->context);
        if (may_hold_code(tag))
            walk_below(module, &here, walk, depth - 1);
    } while (dwarf_siblingof(&child, &child) == 0);
}

void snarl_module_walk(struct snarl_module *module, Dwarf_Die *root,
                       void (*visit)(struct snarl_module *module, const struct snarl_scope *die,
                                     void *context),
                       void *context)
{
    struct snarl_scope scope = {.outer = NULL, .die = root};
    struct walk walk = {.visit = visit, .context = context};
    walk_below(module, &scope, &walk, SNARL_DIE_DEPTH);
}
