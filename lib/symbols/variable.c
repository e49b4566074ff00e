/* From a data address to the variable that lies there. */
#include <dwarf.h>
#include <string.h>

#include "symbols/module.h"

struct snarl_variable {
    Dwarf_Die die;
    const char *name; /* with its scopes */
};

/* A name as it was found the first time; NULL for "none there" too. */
struct snarl_name {
    UT_hash_handle hh;
    uint64_t offset;
    const char *name;
};

/* Where a variable with static storage lies; false for one without. */
static bool static_address(Dwarf_Die *die, Dwarf_Addr *address)
{
    Dwarf_Attribute location, indirect;
    Dwarf_Op *operations;
    size_t count;
    if (!dwarf_attr(die, DW_AT_location, &location) ||
        dwarf_getlocation(&location, &operations, &count) != 0 || count != 1)
        return false;
    switch (operations[0].atom) {
    case DW_OP_addr:
        *address = operations[0].number;
        return true;
    case DW_OP_addrx:
    case DW_OP_GNU_addr_index:
        return dwarf_getlocation_attr(&location, &operations[0], &indirect) == 0 &&
               dwarf_formaddr(&indirect, address) == 0;
    default:
        return false;
    }
}

/* "function::variable", "namespace::variable"; blocks and files have no name. */
static void add_qualified(struct snarl_module *module, const struct snarl_scope *scope,
                          struct snarl_text *text)
{
    int tag = dwarf_tag(scope->die);
    if (tag == DW_TAG_compile_unit)
        return;
    bool qualified = false;
    const char *name = snarl_module_die_name(module, scope->die, &qualified);
    if (!name && tag == DW_TAG_namespace)
        name = "(anonymous namespace)";
    if (!qualified && scope->outer)
        add_qualified(module, scope->outer, text);
    if (!name)
        return;
    if (text->length > 0)
        snarl_text_add(text, "::");
    snarl_text_add(text, name);
}

static void add_variable(struct snarl_module *module, const struct snarl_scope *scope,
                         void *context)
{
    (void)context;
    Dwarf_Addr address;
    Dwarf_Die type;
    if (dwarf_tag(scope->die) != DW_TAG_variable || !static_address(scope->die, &address))
        return;
    char buffer[SNARL_NAME_SIZE];
    struct snarl_text text = snarl_text_over(buffer, sizeof buffer);
    add_qualified(module, scope, &text);
    uint64_t size = snarl_type_of(scope->die, &type) ? snarl_type_size(&type) : 0;
    struct snarl_variable *variable =
        snarl_arena_allocate(&module->symbols->arena, sizeof *variable);
    if (!variable || text.length == 0)
        return;
    variable->die = *scope->die;
    variable->name = snarl_symbols_keep(module->symbols, buffer);
    snarl_ranges_add(&module->variables, (struct snarl_range){.low = address,
                                                              .high = address + (size ? size : 1),
                                                              .what = variable});
}

/* Nothing says which unit a data address belongs to, so the first question reads them all. */
static void list_variables(struct snarl_module *module)
{
    if (module->variables_listed)
        return;
    module->variables_listed = true;
    snarl_module_list_units(module);
    for (struct snarl_unit *unit = module->unit_list; unit; unit = unit->next)
        snarl_module_walk(module, &unit->root, add_variable, NULL);
    snarl_ranges_sort(&module->variables);
}

static bool describe_by_type(struct snarl_module *module, uint64_t offset, struct snarl_text *text)
{
    list_variables(module);
    Dwarf_Addr address = offset - module->bias;
    const struct snarl_range *range = snarl_ranges_find(&module->variables, address);
    const struct snarl_variable *variable = range ? range->what : NULL;
    if (!variable || !variable->name)
        return false;
    /* As for functions, the symbol knows the C++ scopes that gcc's debug information may not. */
    const struct snarl_range *symbol =
        snarl_module_object_symbol(module, range->low + module->bias);
    const char *demangled = symbol ? snarl_symbols_demangle(module->symbols, symbol->what) : NULL;
    Dwarf_Die die = variable->die, type;
    snarl_text_add(text, demangled ? demangled : variable->name);
    if (snarl_type_of(&die, &type))
        snarl_type_describe(&type, address - range->low, text);
    return true;
}

static bool describe_by_symbol(struct snarl_module *module, uint64_t offset,
                               struct snarl_text *text)
{
    const struct snarl_range *symbol = snarl_module_object_symbol(module, offset);
    if (!symbol)
        return false;
    const char *demangled = snarl_symbols_demangle(module->symbols, symbol->what);
    snarl_text_add(text, demangled ? demangled : symbol->what);
    if (offset > symbol->low) {
        snarl_text_add(text, "+0x");
        snarl_text_add_hex(text, offset - symbol->low, 1);
    }
    return true;
}

const char *snarl_module_variable(struct snarl_module *module, uint64_t offset)
{
    struct snarl_arena *arena = &module->symbols->arena;
    struct snarl_name *known;
    HASH_FIND(hh, module->names, &offset, sizeof offset, known);
    if (known)
        return known->name;

    snarl_module_open(module);
    char buffer[SNARL_NAME_SIZE];
    struct snarl_text text = snarl_text_over(buffer, sizeof buffer);
    bool found =
        describe_by_type(module, offset, &text) || describe_by_symbol(module, offset, &text);
    const char *name = found ? snarl_symbols_keep(module->symbols, buffer) : NULL;
    known = snarl_arena_allocate(arena, sizeof *known);
    if (known) {
        known->offset = offset;
        known->name = name;
        HASH_ADD(hh, module->names, offset, sizeof offset, known);
    }
    return name;
}

enum snarl_atomicity snarl_module_atomicity(struct snarl_module *module, uint64_t offset,
                                            const char **type)
{
    *type = NULL;
    snarl_module_open(module);
    if (module->file == NULL)
        return SNARL_TYPE_UNKNOWN;
    list_variables(module);
    Dwarf_Addr address = offset - module->bias;
    const struct snarl_range *range = snarl_ranges_find(&module->variables, address);
    const struct snarl_variable *variable = range ? range->what : NULL;
    Dwarf_Die found;
    if (!variable)
        return SNARL_TYPE_UNKNOWN;
    Dwarf_Die die = variable->die;
    if (!snarl_type_of(&die, &found))
        return SNARL_TYPE_UNKNOWN;
    bool atomic = snarl_type_is_atomic(&found, address - range->low, type);
    return atomic ? SNARL_TYPE_ATOMIC : SNARL_TYPE_PLAIN;
}
