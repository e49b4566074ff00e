/* Names of things: demangled, from DIEs and from ELF symbols. */
#include <dwarf.h>
#include <stdlib.h>
#include <string.h>

#include "symbols/module.h"

/* Rust ends its names in "::h" and sixteen hexadecimal digits, different with every compiler. */
static void cut_rust_hash(char *name)
{
    enum {
        HASH_LENGTH = 19
    };
    size_t length = strlen(name);
    if (length <= HASH_LENGTH)
        return;
    char *hash = name + length - HASH_LENGTH;
    if (strncmp(hash, "::h", 3) == 0 && strspn(hash + 3, "0123456789abcdef") == 16)
        *hash = '\0';
}

/* gcc marks copies it made of a function: "pay() [clone .constprop.0]". */
static void cut_clone(char *name)
{
    char *clone = strstr(name, " [clone ");
    if (clone)
        *clone = '\0';
}

const char *snarl_symbols_demangle(struct snarl_symbols *symbols, const char *name)
{
    if (!symbols->demangle || strncmp(name, "_Z", 2) != 0)
        return NULL;
    int status;
    char *demangled = symbols->demangle(name, NULL, NULL, &status);
    if (!demangled)
        return NULL;
    cut_clone(demangled);
    cut_rust_hash(demangled);
    const char *kept = snarl_symbols_keep(symbols, demangled);
    free(demangled);
    return kept;
}

const char *snarl_module_die_name(struct snarl_module *module, Dwarf_Die *die, bool *qualified)
{
    static const unsigned linkage_attributes[] = {DW_AT_linkage_name, DW_AT_MIPS_linkage_name};
    const char *linkage_name = NULL, *name = NULL;
    Dwarf_Attribute attribute;
    for (size_t i = 0; !linkage_name && i < 2; i++)
        linkage_name =
            dwarf_formstring(dwarf_attr_integrate(die, linkage_attributes[i], &attribute));
    if (linkage_name)
        name = snarl_symbols_demangle(module->symbols, linkage_name);
    if (qualified)
        *qualified = name != NULL;
    if (!name)
        name = dwarf_formstring(dwarf_attr_integrate(die, DW_AT_name, &attribute));
    return name ? name : linkage_name;
}

/* Which table of the module a symbol belongs in, NULL for none. */
static struct snarl_ranges *table_for(struct snarl_module *module, const GElf_Sym *symbol)
{
    if (symbol->st_shndx == SHN_UNDEF)
        return NULL;
    switch (GELF_ST_TYPE(symbol->st_info)) {
    case STT_FUNC:
    case STT_GNU_IFUNC:
        return &module->function_symbols;
    case STT_OBJECT:
        return &module->object_symbols;
    default:
        return NULL;
    }
}

/* libdw's numbering covers .symtab, or .dynsym where that is stripped, of whichever file has it. */
static void list_symbols(struct snarl_module *module)
{
    if (module->symbols_listed || !module->file)
        return;
    module->symbols_listed = true;
    int count = dwfl_module_getsymtab(module->file);
    for (int i = 0; i < count; i++) {
        GElf_Sym symbol;
        GElf_Addr address;
        const char *name =
            dwfl_module_getsym_info(module->file, i, &symbol, &address, NULL, NULL, NULL);
        struct snarl_ranges *table = name && *name ? table_for(module, &symbol) : NULL;
        if (!table)
            continue;
        /* Of several names the public one, without underscores, is what people know. */
        bool is_public = GELF_ST_BIND(symbol.st_info) != STB_LOCAL;
        snarl_ranges_add(table, (struct snarl_range){
                                    .low = address,
                                    .high = address + symbol.st_size,
                                    .preference = 2 * is_public + (*name != '_'),
                                    .what = name,
                                });
    }
    snarl_ranges_sort(&module->function_symbols);
    snarl_ranges_sort(&module->object_symbols);
}

const struct snarl_range *snarl_module_function_symbol(struct snarl_module *module, uint64_t offset)
{
    list_symbols(module);
    return snarl_ranges_find(&module->function_symbols, offset);
}

const struct snarl_range *snarl_module_object_symbol(struct snarl_module *module, uint64_t offset)
{
    list_symbols(module);
    return snarl_ranges_find(&module->object_symbols, offset);
}
