/* How a fixture of test_symbols describes itself. Linked into the module it describes. */
#include "symbols_fixture.h"

#include <link.h>
#include <stdint.h>
#include <stdio.h>

static uintptr_t recorded;

struct symbols_fixture_place *symbols_fixture_mark(struct symbols_fixture_place *place,
                                                   unsigned frame, const char *function,
                                                   const char *file, int line)
{
    place->frames[frame].function = function;
    place->frames[frame].file = file;
    place->frames[frame].line = line;
    if (place->depth <= frame)
        place->depth = frame + 1;
    return place;
}

SYMBOLS_FIXTURE_NOINLINE void symbols_fixture_record(const struct symbols_fixture_place *place)
{
    (void)place;
    recorded = (uintptr_t)__builtin_return_address(0);
}

/* Looks for the module around `*context`, and makes that an offset. */
static int subtract_bias(struct dl_phdr_info *info, size_t size, void *context)
{
    (void)size;
    uintptr_t *address = context;
    for (unsigned i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *header = &info->dlpi_phdr[i];
        if (header->p_type == PT_LOAD &&
            *address - (info->dlpi_addr + header->p_vaddr) < header->p_memsz) {
            *address -= info->dlpi_addr;
            return 1;
        }
    }
    return 0;
}

static unsigned long offset_of(uintptr_t address)
{
    dl_iterate_phdr(subtract_bias, &address);
    return address;
}

void symbols_fixture_print(const struct symbols_fixture_place *place)
{
    printf("frames\t%lx", offset_of(recorded) - 1);
    for (unsigned i = 0; i < place->depth; i++)
        printf("\t%s\t%s\t%d", place->frames[i].function, place->frames[i].file,
               place->frames[i].line);
    printf("\n");
}

void symbols_fixture_variable(const volatile void *address, const char *name,
                              const volatile void *root, const char *root_name)
{
    printf("variable\t%lx\t%s", offset_of((uintptr_t)address), name);
    if (root) {
        unsigned long rest = (uintptr_t)address - (uintptr_t)root;
        printf(rest ? "\t%s+0x%lx" : "\t%s", root_name, rest);
    }
    printf("\n");
}
