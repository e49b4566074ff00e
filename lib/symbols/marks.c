#include "symbols/marks.h"

#include <elfutils/libdwelf.h>
#include <fcntl.h>
#include <gelf.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_believed(Elf *elf, const void *build_id, size_t size)
{
    GElf_Ehdr header;
    if (elf_kind(elf) != ELF_K_ELF || gelf_getehdr(elf, &header) == NULL)
        return false;
    if (size == 0)
        return true;
    const void *found;
    ssize_t found_size = dwelf_elf_gnu_build_id(elf, &found);
    return found_size >= 0 && (size_t)found_size == size && memcmp(found, build_id, size) == 0;
}

static bool section_holds(Elf *elf, Elf_Scn *section, const GElf_Shdr *header,
                          const struct snarl_mark *mark)
{
    size_t names;
    if (elf_getshdrstrndx(elf, &names) != 0)
        return false;
    const char *name = elf_strptr(elf, names, header->sh_name);
    if (name == NULL || strcmp(name, mark->section) != 0)
        return false;
    Elf_Data *data = elf_rawdata(section, NULL);
    return data != NULL && data->d_buf != NULL &&
           memmem(data->d_buf, data->d_size, mark->text, strlen(mark->text)) != NULL;
}

static bool symbol_begins(Elf *elf, Elf_Scn *section, const GElf_Shdr *header,
                          const struct snarl_mark *mark)
{
    if (header->sh_type != SHT_SYMTAB && header->sh_type != SHT_DYNSYM)
        return false;
    Elf_Data *data = elf_getdata(section, NULL);
    size_t length = strlen(mark->text);
    GElf_Sym symbol;
    for (int i = 0; data != NULL && gelf_getsym(data, i, &symbol) != NULL; i++) {
        if (symbol.st_shndx == SHN_UNDEF)
            continue;
        const char *name = elf_strptr(elf, header->sh_link, symbol.st_name);
        if (name != NULL && strncmp(name, mark->text, length) == 0)
            return true;
    }
    return false;
}

static bool has_mark(Elf *elf, const struct snarl_mark *mark)
{
    Elf_Scn *section = NULL;
    while ((section = elf_nextscn(elf, section)) != NULL) {
        GElf_Shdr header;
        if (gelf_getshdr(section, &header) == NULL)
            continue;
        if (mark->section != NULL ? section_holds(elf, section, &header, mark)
                                  : symbol_begins(elf, section, &header, mark))
            return true;
    }
    return false;
}

/* A recording can name anything: opening must not wait for a pipe's other end. */
static int open_regular(const char *path)
{
    int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    struct stat status;
    if (descriptor >= 0 && (fstat(descriptor, &status) != 0 || !S_ISREG(status.st_mode))) {
        close(descriptor);
        return -1;
    }
    return descriptor;
}

const struct snarl_mark *snarl_marks_find(const char *path, const void *build_id,
                                          size_t build_id_size, const struct snarl_mark *marks,
                                          size_t count)
{
    int descriptor = open_regular(path);
    if (descriptor < 0)
        return NULL;
    const struct snarl_mark *found = NULL;
    elf_version(EV_CURRENT);
    Elf *elf = elf_begin(descriptor, ELF_C_READ_MMAP, NULL);
    if (elf != NULL && is_believed(elf, build_id, build_id_size))
        for (size_t i = 0; i < count && found == NULL; i++)
            if (has_mark(elf, &marks[i]))
                found = &marks[i];
    elf_end(elf);
    close(descriptor);
    return found;
}
