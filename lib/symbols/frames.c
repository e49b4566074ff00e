/* From an instruction to functions, files and lines. */
#include <dwarf.h>
#include <string.h>

#include "symbols/module.h"

/* All frames at one offset, as they were found the first time. */
struct snarl_answer {
    UT_hash_handle hh;
    uint64_t offset;
    size_t count;
    struct snarl_frame frames[];
};

/* What encloses an instruction: the function, then what is inlined there, outermost first. */
struct chain {
    size_t count;
    Dwarf_Die dies[SNARL_DIE_DEPTH + 1];
};

static void add_function(struct snarl_module *module, const struct snarl_scope *scope,
                         void *context)
{
    struct snarl_unit *unit = context;
    Dwarf_Addr low;
    if (dwarf_tag(scope->die) != DW_TAG_subprogram ||
        (!dwarf_hasattr(scope->die, DW_AT_ranges) && dwarf_lowpc(scope->die, &low) != 0))
        return;
    Dwarf_Die *kept = snarl_arena_allocate(&module->symbols->arena, sizeof *kept);
    if (!kept)
        return;
    *kept = *scope->die;
    snarl_module_add_ranges(module, &unit->functions, kept, kept);
}

static const Dwarf_Die *function_at(struct snarl_module *module, struct snarl_unit *unit,
                                    Dwarf_Addr address)
{
    if (!unit->indexed) {
        unit->indexed = true;
        snarl_module_walk(module, &unit->root, add_function, unit);
        snarl_ranges_sort(&unit->functions);
    }
    const struct snarl_range *range = snarl_ranges_find(&unit->functions, address);
    return range ? range->what : NULL;
}

/* Appends what is inlined around `address` below `scope`. */
static void add_inlined(struct snarl_module *module, Dwarf_Die *scope, Dwarf_Addr address,
                        struct chain *chain)
{
    Dwarf_Die here = *scope, child;
    unsigned depth = SNARL_DIE_DEPTH;
    bool more = dwarf_child(&here, &child) == 0;
    while (more && depth > 0 && snarl_module_spend(module)) {
        int tag = dwarf_tag(&child);
        bool inlined = tag == DW_TAG_inlined_subroutine;
        bool is_block =
            tag == DW_TAG_lexical_block || tag == DW_TAG_try_block || tag == DW_TAG_catch_block;
        if ((inlined || is_block) && dwarf_haspc(&child, address) == 1) {
            if (inlined)
                chain->dies[chain->count++] = child;
            here = child;
            depth--;
            more = dwarf_child(&here, &child) == 0;
        } else {
            more = dwarf_siblingof(&child, &child) == 0;
        }
    }
}

static unsigned number_of(Dwarf_Die *die, unsigned attribute_name)
{
    Dwarf_Attribute attribute;
    Dwarf_Word number;
    if (dwarf_formudata(dwarf_attr(die, attribute_name, &attribute), &number) != 0 ||
        number > UINT32_MAX)
        return 0;
    return (unsigned)number;
}

static void set_line(struct snarl_frame *frame, struct snarl_unit *unit, Dwarf_Addr address)
{
    Dwarf_Line *line = dwarf_getsrc_die(&unit->lines, address);
    int number;
    if (!line || dwarf_lineno(line, &number) != 0 || number <= 0)
        return;
    frame->line = (unsigned)number;
    frame->file = dwarf_linesrc(line, NULL, NULL);
}

static void set_call_site(struct snarl_frame *frame, struct snarl_unit *unit, Dwarf_Die *inlined)
{
    Dwarf_Files *files;
    size_t count;
    frame->line = number_of(inlined, DW_AT_call_line);
    if (frame->line == 0 || dwarf_getsrcfiles(&unit->root, &files, &count) != 0)
        return;
    frame->file = dwarf_filesrc(files, number_of(inlined, DW_AT_call_file), NULL, NULL);
}

/* The function proper: by debug information, else by symbol. A C++ function private to its file has
 * no linkage name in gcc's debug information; its symbol has, and tells more. */
static const char *function_name(struct snarl_module *module, Dwarf_Die *die, uint64_t offset)
{
    bool qualified = false;
    const char *name = die ? snarl_module_die_name(module, die, &qualified) : NULL;
    const struct snarl_range *symbol =
        qualified ? NULL : snarl_module_function_symbol(module, offset);
    if (!symbol)
        return name;
    const char *demangled = snarl_symbols_demangle(module->symbols, symbol->what);
    if (demangled)
        return demangled;
    return name ? name : symbol->what;
}

static void find_chain(struct snarl_module *module, struct snarl_unit *unit, Dwarf_Addr address,
                       struct chain *chain)
{
    const Dwarf_Die *function = unit ? function_at(module, unit, address) : NULL;
    if (!function)
        return;
    chain->dies[chain->count++] = *function;
    add_inlined(module, &chain->dies[0], address, chain);
}

static struct snarl_answer *answer(struct snarl_module *module, uint64_t offset)
{
    snarl_module_open(module);
    Dwarf_Addr address = offset - module->bias;
    struct snarl_unit *unit = snarl_module_unit(module, address);
    struct chain chain = {.count = 0};
    find_chain(module, unit, address, &chain);

    struct snarl_arena *arena = &module->symbols->arena;
    size_t count = chain.count > 0 ? chain.count : 1;
    struct snarl_answer *found =
        snarl_arena_allocate(arena, sizeof *found + count * sizeof found->frames[0]);
    if (!found)
        return NULL;
    found->offset = offset;
    found->count = count;
    for (size_t i = 0; i < count; i++) {
        struct snarl_frame *frame = &found->frames[i];
        Dwarf_Die *die = i < chain.count ? &chain.dies[chain.count - 1 - i] : NULL;
        bool inlined = i + 1 < count;
        *frame = (struct snarl_frame){
            .function = inlined ? snarl_module_die_name(module, die, NULL)
                                : function_name(module, die, offset),
            .module = module->path,
            .offset = offset,
            .foreign = module->foreign,
            .inlined = inlined,
        };
        if (unit && i == 0)
            set_line(frame, unit, address);
        else if (unit)
            set_call_site(frame, unit, die + 1);
    }
    HASH_ADD(hh, module->answers, offset, sizeof offset, found);
    return found;
}

void snarl_module_frames(struct snarl_module *module, uint64_t offset,
                         void (*add)(void *context, const struct snarl_frame *frame), void *context)
{
    struct snarl_answer *found;
    HASH_FIND(hh, module->answers, &offset, sizeof offset, found);
    if (!found)
        found = answer(module, offset);
    if (!found) {
        const struct snarl_frame unknown = {
            .module = module->path, .offset = offset, .foreign = module->foreign};
        add(context, &unknown);
        return;
    }
    for (size_t i = 0; i < found->count; i++)
        add(context, &found->frames[i]);
}
