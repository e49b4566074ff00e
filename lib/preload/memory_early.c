/* Memory given back before the originals of the calls are known. */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "preload/calls.h"
#include "preload/memory.h"

/* From within the look-up itself, and from others that come while a
 * thread is at it (who may hold what it waits for), a block is left: it may be of any allocator. */
void snarl_memory_early_free(void *block)
{
    if (block == NULL || !snarl_calls_resolve_if_free())
        return;
    snarl_real.free(block);
}

void *snarl_memory_early_realloc(void *block, size_t size)
{
    if (block == NULL)
        return malloc(size);
    snarl_calls_resolve();
    if (snarl_real.realloc != snarl_memory_early_realloc)
        return snarl_real.realloc(block, size);
    errno = ENOMEM;
    return NULL;
}

int snarl_memory_early_munmap(void *address, size_t size)
{
    return (int)syscall(SYS_munmap, address, size);
}

void *snarl_memory_early_mremap(void *address, size_t old_size, size_t new_size, int flags, ...)
{
    va_list list;
    va_start(list, flags);
    void *target = va_arg(list, void *);
    va_end(list);
    return (void *)syscall(SYS_mremap, address, old_size, new_size, (long)flags, target);
}
