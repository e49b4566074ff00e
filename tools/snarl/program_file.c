#include "program_file.h"

#include <elf.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static bool trouble(struct snarl_program_file *file, const char *reason)
{
    file->trouble = reason;
    return false;
}

static bool has_interpreter(int descriptor, const Elf64_Ehdr *header)
{
    for (unsigned i = 0; i < header->e_phnum; i++) {
        Elf64_Phdr segment;
        uint64_t place = header->e_phoff + (uint64_t)i * sizeof segment;
        if (place > INT64_MAX ||
            pread(descriptor, &segment, sizeof segment, (off_t)place) != (ssize_t)sizeof segment)
            return false;
        if (segment.p_type == PT_INTERP)
            return true;
    }
    return false;
}

static bool read_elf(int descriptor, const char *start, size_t size,
                     struct snarl_program_file *file)
{
    Elf64_Ehdr header;
    if (size <= EI_DATA)
        return trouble(file, "a damaged ELF file");
    if (start[EI_CLASS] != ELFCLASS64)
        return trouble(file,
                       start[EI_CLASS] == ELFCLASS32 ? "a 32-bit program" : "a damaged ELF file");
    if (size < sizeof header)
        return trouble(file, "a damaged ELF file");
    memcpy(&header, start, sizeof header);
    if (header.e_ident[EI_DATA] != ELFDATA2LSB || header.e_machine != EM_X86_64)
        return trouble(file, "built for another architecture than x86-64");
    if ((header.e_type != ET_EXEC && header.e_type != ET_DYN) ||
        header.e_phentsize != sizeof(Elf64_Phdr) || header.e_phnum == 0)
        return trouble(file, "an ELF file, but not a program");
    if (!has_interpreter(descriptor, &header))
        return trouble(file, "statically linked, so no library can be preloaded");
    file->kind = SNARL_PROGRAM_ELF;
    return true;
}

static bool read_script(const char *line, struct snarl_program_file *file)
{
    static const char blank[] = " \t";
    size_t length = strcspn(line, "\n");
    size_t start = strspn(line, blank);
    size_t word = strcspn(line + start, " \t\n");
    if (start >= length || word == 0)
        return trouble(file, "a script whose #! line names no interpreter");
    snprintf(file->interpreter, sizeof file->interpreter, "%.*s", (int)word, line + start);
    size_t rest = start + word;
    rest += strspn(line + rest, blank);
    while (length > rest && strchr(blank, line[length - 1]))
        length--;
    if (length > rest)
        snprintf(file->argument, sizeof file->argument, "%.*s", (int)(length - rest), line + rest);
    file->kind = SNARL_PROGRAM_SCRIPT;
    return true;
}

bool snarl_program_file_read(const char *path, struct snarl_program_file *file)
{
    *file = (struct snarl_program_file){.kind = SNARL_PROGRAM_TEXT};
    int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (descriptor < 0)
        return trouble(file, "it cannot be read");
    char start[SNARL_SCRIPT_LINE + 1] = "";
    ssize_t size = pread(descriptor, start, SNARL_SCRIPT_LINE, 0);
    bool fine = true;
    if (size < 0)
        fine = trouble(file, "it cannot be read");
    else if (size >= SELFMAG && memcmp(start, ELFMAG, SELFMAG) == 0)
        fine = read_elf(descriptor, start, (size_t)size, file);
    else if (size >= 2 && memcmp(start, "#!", 2) == 0)
        fine = read_script(start + 2, file);
    close(descriptor);
    return fine;
}
