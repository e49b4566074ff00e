/*
 * What the files of lib/symbols share: the store, its modules and how to walk their DWARF.
 *
 * libdw survives bad input but not input that goes in circles; whatever follows references or
 * nesting here is bounded, either by depth or by the module's `budget` of debugging information
 * entries (DIEs) to visit. Where a bound is met the answer is "unknown".
 *
 * Everything handed out lives in the store's arena, or in libdw's memory, until the store closes.
 */
#ifndef SNARL_SYMBOLS_MODULE_H
#define SNARL_SYMBOLS_MODULE_H

#include <elfutils/libdwfl.h>

#include "base/table.h"
#include "base/text.h"
#include "symbols/ranges.h"
#include "symbols/symbols.h"

enum {
    SNARL_DIE_DEPTH = 64, /* deepest nesting of scopes, inlining, types that is followed */
    SNARL_NAME_SIZE = 1024,
};

struct snarl_symbols {
    struct snarl_arena arena;
    struct snarl_module *modules; /* uthash, by path and build-id */
    char *(*demangle)(const char *mangled, char *output, size_t *length, int *status);
    void *demangler; /* dlopen's handle */
};

/* A compilation unit. */
struct snarl_unit {
    Dwarf_Die lines;               /* the DIE that has the line table */
    Dwarf_Die root;                /* the DIE that has the functions: another for split DWARF */
    struct snarl_ranges functions; /* to Dwarf_Die, once indexed */
    bool indexed;
    struct snarl_unit *next;
};

struct snarl_module {
    UT_hash_handle hh;
    struct snarl_symbols *symbols;
    const char *path;
    const void *build_id;
    size_t build_id_size; /* 0: any will do */
    bool foreign;

    bool opened; /* the rest is meaningful */
    const char *trouble;
    Dwfl *dwfl;        /* NULL where the file is of no use */
    Dwfl_Module *file; /* the only one in dwfl */
    Dwarf *dwarf;      /* NULL without debug information */
    Dwarf_Addr bias;   /* offset minus address in the debug information; 0 unless prelinked */
    uint64_t budget;   /* DIEs that may yet be visited */

    struct snarl_ranges units;            /* to struct snarl_unit */
    struct snarl_unit *unit_list;         /* all of them */
    struct snarl_ranges variables;        /* to struct snarl_variable */
    struct snarl_ranges function_symbols; /* to names */
    struct snarl_ranges object_symbols;   /* to names */
    bool units_listed, variables_listed, symbols_listed;
    struct snarl_answer *answers; /* uthash, by offset */
    struct snarl_name *names;     /* uthash, by offset */
};

/* Opens the module's file unless that was done or tried before. */
void snarl_module_open(struct snarl_module *module);

/* Copies text into the store's arena; NULL on exhaustion. */
const char *snarl_symbols_keep(struct snarl_symbols *symbols, const char *text);

/* `name` without C++ or Rust mangling; NULL where it has none or no demangler is installed. */
const char *snarl_symbols_demangle(struct snarl_symbols *symbols, const char *name);

/* ELF symbols around an offset. NULL for none. */
const struct snarl_range *snarl_module_function_symbol(struct snarl_module *, uint64_t offset);
const struct snarl_range *snarl_module_object_symbol(struct snarl_module *, uint64_t offset);

/* The unit around an address in the debug information; NULL for none. */
struct snarl_unit *snarl_module_unit(struct snarl_module *module, Dwarf_Addr address);

/* Makes the list of all units. */
void snarl_module_list_units(struct snarl_module *module);

/* A DIE inside its scopes, innermost first. */
struct snarl_scope {
    const struct snarl_scope *outer;
    Dwarf_Die *die;
};

/* Calls `visit` for each function and variable below `root`, however deep in namespaces, classes,
 * functions and blocks. */
void snarl_module_walk(struct snarl_module *module, Dwarf_Die *root,
                       void (*visit)(struct snarl_module *module, const struct snarl_scope *die,
                                     void *context),
                       void *context);

/* Takes one DIE from the module's budget; false once that is spent. */
bool snarl_module_spend(struct snarl_module *module);

/* Adds every range of code that belongs to `die`. */
void snarl_module_add_ranges(struct snarl_module *module, struct snarl_ranges *ranges,
                             Dwarf_Die *die, const void *what);

/* The name of a function or variable: demangled where it has a linkage name that can be, else as
 * in the source. `*qualified` (may be NULL) says that it includes its scopes. NULL for none. */
const char *snarl_module_die_name(struct snarl_module *module, Dwarf_Die *die, bool *qualified);

/* Adds ".member[index]" as far as the type says what lies `offset` bytes into it, then "+0xrest"
 * for what it does not say. */
void snarl_type_describe(Dwarf_Die *type, uint64_t offset, struct snarl_text *text);

/* The DIE that `die` names as its type; false for none. */
bool snarl_type_of(Dwarf_Die *die, Dwarf_Die *type);

/* Whether what lies `offset` bytes into it is atomic, or a part of something that is; `*name` what
 * the type there is called, or NULL. */
bool snarl_type_is_atomic(Dwarf_Die *type, uint64_t offset, const char **name);

/* Size in bytes, 0 where unknown. */
uint64_t snarl_type_size(Dwarf_Die *type);

#endif
