#include "preload/shared_memory.h"

#include <fcntl.h>
#include <stdbool.h>
#include <string.h>

#include "base/system.h"

/* One line of the file: "start-end rwxs offset major:minor inode path". */
struct mapping {
    uint64_t start, end, offset, major, minor, inode;
    bool shared;
};

/* The number at *text in that base, which is moved behind it and the character that ends it. */
static uint64_t number(const char **text, unsigned base)
{
    uint64_t value = 0;
    for (;; ++*text) {
        char c = **text;
        unsigned digit = c >= '0' && c <= '9'   ? (unsigned)(c - '0')
                         : c >= 'a' && c <= 'f' ? (unsigned)(c - 'a' + 10)
                                                : base;
        if (digit >= base)
            break;
        value = value * base + digit;
    }
    if (**text != '\0')
        ++*text;
    return value;
}

static struct mapping parse(const char *line)
{
    struct mapping mapping = {0};
    mapping.start = number(&line, 16);
    mapping.end = number(&line, 16);
    for (; *line != '\0' && *line != ' '; line++)
        mapping.shared = *line == 's';
    line += *line == ' ';
    mapping.offset = number(&line, 16);
    mapping.major = number(&line, 16);
    mapping.minor = number(&line, 16);
    mapping.inode = number(&line, 10);
    return mapping;
}

static bool use(const char *line, uint64_t address, struct snarl_fact_lock *fact)
{
    struct mapping mapping = parse(line);
    if (address < mapping.start || address >= mapping.end)
        return false;
    if (mapping.shared) {
        fact->device = mapping.major << 32 | mapping.minor;
        fact->inode = mapping.inode;
        fact->offset = mapping.offset + (address - mapping.start);
    }
    return true;
}

void snarl_shared_memory_locate(uint64_t address, struct snarl_fact_lock *fact)
{
    char buffer[4096];
    size_t used = 0;
    int descriptor = snarl_open("/proc/self/maps", O_RDONLY | O_CLOEXEC, 0);
    if (descriptor < 0)
        return;
    bool done = false;
    while (!done) {
        ssize_t count = snarl_read(descriptor, buffer + used, sizeof buffer - 1 - used);
        if (count <= 0)
            break;
        used += (size_t)count;
        buffer[used] = '\0';
        char *line = buffer, *end;
        for (; !done && (end = strchr(line, '\n')) != NULL; line = end + 1) {
            *end = '\0';
            done = use(line, address, fact);
        }
        used -= (size_t)(line - buffer);
        memmove(buffer, line, used);
        if (used == sizeof buffer - 1) /* no line is so long */
            break;
    }
    snarl_close(descriptor);
}
