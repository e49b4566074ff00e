#include "memory.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "complain.h"
#include "exit_status.h"

static void *must_have(void *memory)
{
    if (!memory)
        exit(snarl_complain(SNARL_EXIT_TROUBLE, "out of memory"));
    return memory;
}

void *snarl_memory_resize(void *memory, size_t count, size_t size)
{
    return must_have(reallocarray(memory, count ? count : 1, size));
}

void *snarl_memory_zeroed(size_t count, size_t size)
{
    return must_have(calloc(count ? count : 1, size));
}

char *snarl_memory_string(const char *format, ...)
{
    char *string = NULL;
    va_list arguments;
    va_start(arguments, format);
    int length = vasprintf(&string, format, arguments);
    va_end(arguments);
    return must_have(length < 0 ? NULL : string);
}
