#include "symbols/symbols.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "symbols/module.h"

/* Far more than a large program has, and a matter of seconds. */
static const uint64_t die_budget = 100000000;

static const char *const foreign_prefixes[] = {
    "libc.so.",   "libc-2.",     "libpthread.so.",   "libpthread-2.",  "ld-linux",
    "ld-2.",      "ld.so",       "libstdc++.so.",    "libgcc_s.so.",   "libunwind.so.",
    "libunwind-", "libsnarl.so", "libsnarl-race.so", "linux-vdso.so.", "[vdso]",
};

struct snarl_symbols *snarl_symbols_open(void)
{
    struct snarl_symbols *symbols = calloc(1, sizeof *symbols);
    if (!symbols)
        return NULL;
    snarl_arena_start(&symbols->arena, 0, false);
    /* Names can be read without it, so that snarl needs no C++ library. */
    symbols->demangler = dlopen("libstdc++.so.6", RTLD_LAZY | RTLD_LOCAL);
    if (symbols->demangler)
        *(void **)&symbols->demangle = dlsym(symbols->demangler, "__cxa_demangle");
    return symbols;
}

static void module_close(struct snarl_module *module)
{
    for (struct snarl_unit *unit = module->unit_list; unit; unit = unit->next)
        snarl_ranges_free(&unit->functions);
    snarl_ranges_free(&module->units);
    snarl_ranges_free(&module->variables);
    snarl_ranges_free(&module->function_symbols);
    snarl_ranges_free(&module->object_symbols);
    if (module->dwfl)
        dwfl_end(module->dwfl);
}

void snarl_symbols_close(struct snarl_symbols *symbols)
{
    if (!symbols)
        return;
    for (struct snarl_module *module = symbols->modules; module; module = module->hh.next)
        module_close(module);
    if (symbols->demangler)
        dlclose(symbols->demangler);
    snarl_arena_end(&symbols->arena); /* the hash tables, the modules and every string */
    free(symbols);
}

const char *snarl_symbols_keep(struct snarl_symbols *symbols, const char *text)
{
    size_t size = strlen(text) + 1;
    char *kept = snarl_arena_allocate(&symbols->arena, size);
    return kept ? memcpy(kept, text, size) : NULL;
}

struct snarl_module *snarl_symbols_module(struct snarl_symbols *symbols, const char *path,
                                          const void *build_id, size_t build_id_size)
{
    struct snarl_arena *arena = &symbols->arena;
    size_t path_size = strlen(path) + 1;
    size_t key_size = path_size + build_id_size;
    char *key = snarl_arena_allocate(arena, key_size);
    if (!key)
        return NULL;
    memcpy(key, path, path_size);
    if (build_id_size > 0)
        memcpy(key + path_size, build_id, build_id_size);

    struct snarl_module *module;
    HASH_FIND(hh, symbols->modules, key, key_size, module);
    if (module) {
        snarl_arena_free(arena, key, key_size);
        return module;
    }
    module = snarl_arena_allocate(arena, sizeof *module);
    if (!module)
        return NULL;
    module->symbols = symbols;
    module->path = key;
    module->build_id = key + path_size;
    module->build_id_size = build_id_size;
    module->foreign = snarl_module_is_foreign(path);
    module->budget = die_budget;
    HASH_ADD_KEYPTR(hh, symbols->modules, key, key_size, module);
    return SNARL_TABLE_HAS(module, hh) ? module : NULL;
}

/* The descriptor of a regular file, or -1 with the reason. A recording can name anything: opening
 * must not wait for a pipe's other end. */
static int open_regular(struct snarl_module *module)
{
    int descriptor = open(module->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (descriptor < 0) {
        module->trouble =
            errno == ENOENT ? "no such file" : snarl_symbols_keep(module->symbols, strerror(errno));
        return -1;
    }
    struct stat status;
    if (fstat(descriptor, &status) != 0 || !S_ISREG(status.st_mode)) {
        module->trouble = "not a regular file";
        close(descriptor);
        return -1;
    }
    return descriptor;
}

/* Reports the file to libdw at the addresses it names itself, so that offsets need no bias. */
static void open_elf(struct snarl_module *module)
{
    static const Dwfl_Callbacks callbacks = {
        .find_elf = dwfl_build_id_find_elf,
        .find_debuginfo = dwfl_standard_find_debuginfo,
        .section_address = dwfl_offline_section_address,
    };
    int descriptor = open_regular(module);
    if (descriptor < 0)
        return;
    module->dwfl = dwfl_begin(&callbacks);
    if (module->dwfl) {
        dwfl_report_begin(module->dwfl);
        module->file =
            dwfl_report_elf(module->dwfl, module->path, module->path, descriptor, 0, true);
        dwfl_report_end(module->dwfl, NULL, NULL);
    }
    if (!module->file) {
        close(descriptor);
        module->trouble = "not an ELF file";
    }
}

static bool has_section(Elf *elf, GElf_Word type)
{
    Elf_Scn *section = NULL;
    while ((section = elf_nextscn(elf, section))) {
        GElf_Shdr header;
        if (gelf_getshdr(section, &header) && header.sh_type == type)
            return true;
    }
    return false;
}

/* Why nothing in the file is to be believed, or NULL. */
static const char *distrust(struct snarl_module *module, Elf *elf)
{
    GElf_Ehdr header;
    if (!elf || !gelf_getehdr(elf, &header) ||
        (header.e_type != ET_EXEC && header.e_type != ET_DYN))
        return "not an ELF program or library";
    size_t size = 0;
    elf_rawfile(elf, &size);
    /* Linkers write the section headers last. */
    if (header.e_shoff > size ||
        (uint64_t)header.e_shnum * header.e_shentsize > size - header.e_shoff)
        return "truncated";
    const unsigned char *build_id;
    GElf_Addr address;
    int build_id_size = dwfl_module_build_id(module->file, &build_id, &address);
    if (module->build_id_size > 0 &&
        (build_id_size < 0 || (size_t)build_id_size != module->build_id_size ||
         memcmp(build_id, module->build_id, module->build_id_size) != 0))
        return "another build-id";
    return NULL;
}

void snarl_module_open(struct snarl_module *module)
{
    if (module->opened)
        return;
    module->opened = true;
    open_elf(module);
    Elf *elf = NULL;
    GElf_Addr bias;
    if (module->file) {
        elf = dwfl_module_getelf(module->file, &bias);
        module->trouble = distrust(module, elf);
    }
    if (module->trouble) {
        if (module->dwfl)
            dwfl_end(module->dwfl);
        module->dwfl = NULL;
        module->file = NULL;
        return;
    }
    module->dwarf = dwfl_module_getdwarf(module->file, &module->bias);
    Dwarf_CU *first = NULL;
    if (module->dwarf && dwarf_get_units(module->dwarf, NULL, &first, NULL, NULL, NULL, NULL) != 0)
        module->dwarf = NULL;
    if (!module->dwarf)
        module->trouble = has_section(elf, SHT_SYMTAB) ? "no debug information" : "stripped";
}

const char *snarl_module_trouble(struct snarl_module *module)
{
    snarl_module_open(module);
    return module->trouble;
}

bool snarl_module_is_foreign(const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash ? slash + 1 : path;
    for (size_t i = 0; i < sizeof foreign_prefixes / sizeof foreign_prefixes[0]; i++) {
        if (strncmp(name, foreign_prefixes[i], strlen(foreign_prefixes[i])) == 0)
            return true;
    }
    return false;
}
