#include "exports.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <gelf.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support/cmocka_all.h"

enum {
    INDEX_BITS = 0x7fff, /* of a version; the bit above says "not preferred" */
};

/* The dynamic symbols of a file, and their versions. */
struct dynamic {
    Elf *elf;
    Elf_Data *symbols, *versions, *definitions;
    size_t symbol_count;
    size_t symbol_names, definition_names; /* string tables */
};

static void find_sections(struct dynamic *dynamic)
{
    Elf_Scn *section = NULL;
    while ((section = elf_nextscn(dynamic->elf, section)) != NULL) {
        GElf_Shdr header;
        assert_non_null(gelf_getshdr(section, &header));
        if (header.sh_type == SHT_DYNSYM) {
            dynamic->symbols = elf_getdata(section, NULL);
            dynamic->symbol_count = header.sh_size / header.sh_entsize;
            dynamic->symbol_names = header.sh_link;
        } else if (header.sh_type == SHT_GNU_versym) {
            dynamic->versions = elf_getdata(section, NULL);
        } else if (header.sh_type == SHT_GNU_verdef) {
            dynamic->definitions = elf_getdata(section, NULL);
            dynamic->definition_names = header.sh_link;
        }
    }
    assert_non_null(dynamic->symbols);
    assert_non_null(dynamic->versions);
    assert_non_null(dynamic->definitions);
}

static const char *version_name(const struct dynamic *dynamic, unsigned index)
{
    GElf_Verdef definition;
    int offset = 0;
    do {
        GElf_Verdaux name;
        assert_non_null(gelf_getverdef(dynamic->definitions, offset, &definition));
        assert_non_null(
            gelf_getverdaux(dynamic->definitions, offset + (int)definition.vd_aux, &name));
        if (definition.vd_ndx == index)
            return elf_strptr(dynamic->elf, dynamic->definition_names, name.vda_name);
        offset += (int)definition.vd_next;
    } while (definition.vd_next != 0);
    return "";
}

static bool has(const struct exports *exports, const char *name, const char *version)
{
    for (size_t i = 0; i < exports->count; i++)
        if (strcmp(exports->symbols[i].name, name) == 0 &&
            strcmp(exports->symbols[i].version, version) == 0)
            return true;
    return false;
}

static void add_symbol(struct exports *exports, const struct dynamic *dynamic, int index)
{
    GElf_Sym symbol;
    GElf_Versym version;
    assert_non_null(gelf_getsym(dynamic->symbols, index, &symbol));
    assert_non_null(gelf_getversym(dynamic->versions, index, &version));
    int type = GELF_ST_TYPE(symbol.st_info);
    if (symbol.st_shndx == SHN_UNDEF || (type != STT_FUNC && type != STT_GNU_IFUNC))
        return;
    const char *name = elf_strptr(dynamic->elf, dynamic->symbol_names, symbol.st_name);
    const char *version_text = version_name(dynamic, version & INDEX_BITS);
    if (has(exports, name, version_text))
        return;
    exports->symbols = realloc(exports->symbols, (exports->count + 1) * sizeof *exports->symbols);
    assert_non_null(exports->symbols);
    exports->symbols[exports->count++] =
        (struct export_symbol){strdup(name), strdup(version_text),
                               (version & ~(unsigned)INDEX_BITS) == 0, symbol.st_value};
}

void exports_add(struct exports *exports, const char *path)
{
    int file = open(path, O_RDONLY | O_CLOEXEC);
    assert_true(file >= 0);
    assert_int_not_equal(elf_version(EV_CURRENT), EV_NONE);
    struct dynamic dynamic = {.elf = elf_begin(file, ELF_C_READ, NULL)};
    assert_non_null(dynamic.elf);
    find_sections(&dynamic);
    for (size_t i = 1; i < dynamic.symbol_count; i++)
        add_symbol(exports, &dynamic, (int)i);
    elf_end(dynamic.elf);
    close(file);
}

void exports_add_loaded(struct exports *exports, const char *name)
{
    struct link_map *map;
    void *handle = dlopen(name, RTLD_LAZY | RTLD_LOCAL);
    if (handle == NULL)
        return;
    assert_int_equal(dlinfo(handle, RTLD_DI_LINKMAP, &map), 0);
    exports_add(exports, map->l_name);
    dlclose(handle);
}

void exports_free(struct exports *exports)
{
    for (size_t i = 0; i < exports->count; i++) {
        free(exports->symbols[i].name);
        free(exports->symbols[i].version);
    }
    free(exports->symbols);
}
