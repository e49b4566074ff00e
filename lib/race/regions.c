#include "race/regions.h"

#include <link.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum {
    MOST = 32,
    PAGE = 4096,
};

static struct {
    uintptr_t start, end;
} regions[MOST];
static size_t count;

static bool is_foreign_library(const char *path)
{
    static const char *const names[] = {"libc.so",  "ld-linux",      "libsnarl",   "libunwind",
                                        "libZydis", "libpthread.so", "linux-vdso", "libgcc_s.so",
                                        "libtsan",  "libasan"};
    const char *slash = strrchr(path, '/'), *name = slash != NULL ? slash + 1 : path;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strncmp(name, names[i], strlen(names[i])) == 0)
            return true;
    return false;
}

static int note(struct dl_phdr_info *info, size_t size, void *unused)
{
    (void)size;
    (void)unused;
    if (!is_foreign_library(info->dlpi_name))
        return 0;
    for (int i = 0; i < info->dlpi_phnum && count < MOST; i++) {
        const ElfW(Phdr) *header = &info->dlpi_phdr[i];
        if (header->p_type != PT_LOAD || !(header->p_flags & PF_X))
            continue;
        regions[count].start = info->dlpi_addr + header->p_vaddr;
        regions[count].end = regions[count].start + header->p_memsz;
        count++;
    }
    return 0;
}

void snarl_regions_find(void)
{
    count = 0;
    dl_iterate_phdr(note, NULL);
}

bool snarl_regions_is_foreign(uintptr_t instruction)
{
    for (size_t i = 0; i < count; i++)
        if (instruction >= regions[i].start && instruction < regions[i].end)
            return true;
    return false;
}

/* The kernel says what cannot be read, where a load would end the program. */
static size_t read_part(void *bytes, uintptr_t address, size_t size)
{
    struct iovec local = {bytes, size}, remote = {(void *)address, size};
    long read = syscall(SYS_process_vm_readv, getpid(), &local, 1L, &remote, 1L, 0L);
    return read > 0 ? (size_t)read : 0;
}

size_t snarl_regions_read(void *bytes, uintptr_t address, size_t size)
{
    size_t first = PAGE - address % PAGE;
    if (size <= first)
        return read_part(bytes, address, size);
    size_t done = read_part(bytes, address, first);
    return done < first ? done
                        : done + read_part((char *)bytes + first, address + first, size - first);
}
