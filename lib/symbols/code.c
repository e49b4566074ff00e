/* The code of a module, as its file has it. */
#include <string.h>

#include "symbols/module.h"

/* The section's bytes that hold the address, from it on. */
static const char *bytes_at(Elf *elf, uint64_t address, size_t *left)
{
    GElf_Shdr header;
    for (Elf_Scn *section = NULL; (section = elf_nextscn(elf, section)) != NULL;) {
        if (gelf_getshdr(section, &header) == NULL || header.sh_type != SHT_PROGBITS ||
            !(header.sh_flags & SHF_EXECINSTR) || address < header.sh_addr ||
            address - header.sh_addr >= header.sh_size)
            continue;
        const Elf_Data *data = elf_getdata(section, NULL);
        uint64_t from = address - header.sh_addr;
        if (data == NULL || data->d_buf == NULL || from >= data->d_size)
            return NULL;
        *left = data->d_size - from;
        return (const char *)data->d_buf + from;
    }
    return NULL;
}

size_t snarl_module_code(struct snarl_module *module, uint64_t offset, void *bytes, size_t size)
{
    GElf_Addr bias;
    size_t left = 0;
    snarl_module_open(module);
    Elf *elf = module->file != NULL ? dwfl_module_getelf(module->file, &bias) : NULL;
    const char *code = elf != NULL ? bytes_at(elf, offset, &left) : NULL;
    if (code == NULL)
        return 0;
    size = left < size ? left : size;
    memcpy(bytes, code, size);
    return size;
}

uint64_t snarl_module_function_start(struct snarl_module *module, uint64_t offset)
{
    snarl_module_open(module);
    const struct snarl_range *symbol =
        module->file != NULL ? snarl_module_function_symbol(module, offset) : NULL;
    return symbol != NULL ? symbol->low : 0;
}
