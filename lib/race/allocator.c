#include "race/allocator.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "race/blocks.h"
#include "race/regions.h"

#define EXPORT __attribute__((visibility("default")))
#define ASKER __builtin_return_address(0)

/* NAME, its result and parameters, what it is called with, and the size that is asked for. Of
 * operator new those that allocators and libstdc++ have; its other forms call these. */
#define ALLOCATING_CALLS(CALL)                                                                     \
    CALL(malloc, (size_t size), (size), size)                                                      \
    CALL(calloc, (size_t count, size_t size), (count, size), count *size)                          \
    CALL(memalign, (size_t alignment, size_t size), (alignment, size), size)                       \
    CALL(aligned_alloc, (size_t alignment, size_t size), (alignment, size), size)                  \
    CALL(_Znwm, (size_t size), (size), size)                                                       \
    CALL(_Znam, (size_t size), (size), size)                                                       \
    CALL(_ZnwmSt11align_val_t, (size_t size, size_t alignment), (size, alignment), size)           \
    CALL(_ZnamSt11align_val_t, (size_t size, size_t alignment), (size, alignment), size)           \
    CALL(_ZnwmRKSt9nothrow_t, (size_t size, const void *tag), (size, tag), size)                   \
    CALL(_ZnamRKSt9nothrow_t, (size_t size, const void *tag), (size, tag), size)

static struct {
#define CALL(name, parameters, arguments, asked) void *(*name)parameters;
    ALLOCATING_CALLS(CALL)
#undef CALL
    int (*posix_memalign)(void **, size_t, size_t);
    struct snarl_releases releases;
} real;

/* dlsym may ask for memory itself: that comes from here, and is never given back. */
static struct {
    _Alignas(16) char bytes[16 * 1024];
    size_t used;
} early;

static void *allocate_early(size_t size)
{
    size_t rounded = (size + 15) & ~(size_t)15;
    size_t at = __atomic_fetch_add(&early.used, rounded, __ATOMIC_RELAXED);
    if (rounded < size || at + rounded > sizeof early.bytes) {
        errno = ENOMEM;
        return NULL;
    }
    return early.bytes + at;
}

static bool is_early(const void *block)
{
    return (const char *)block >= early.bytes &&
           (const char *)block < early.bytes + sizeof early.bytes;
}

/* libstdc++ may be there only for who has loaded it (an extension module, in C++). */
static void *find(const char *name)
{
    void *found = dlsym(RTLD_NEXT, name);
    if (found != NULL || strncmp(name, "_Zn", 3) != 0)
        return found;
    void *library = dlopen("libstdc++.so.6", RTLD_LAZY | RTLD_NOLOAD);
    return library != NULL ? dlsym(library, name) : NULL;
}

/* The original; NULL to a call that comes from within the search for it. errno is preserved. */
static void *resolve(const char *name, void *pointer)
{
    static __thread bool searching __attribute__((tls_model("initial-exec")));
    void *found;
    if (searching)
        return NULL;
    int error = errno;
    searching = true;
    found = find(name);
    searching = false;
    errno = error;
    memcpy(pointer, &found, sizeof found);
    return found;
}

/* What asks from within the search; and whoever loads a C++ library that is not found. */
static void *without_original(const char *name, size_t size)
{
    return name[0] == '_' ? malloc(size) : allocate_early(size);
}

#define CALL(name, parameters, arguments, asked)                                                   \
    EXPORT void *name parameters                                                                   \
    {                                                                                              \
        if (__builtin_expect(real.name == NULL, 0) && resolve(#name, &real.name) == NULL)          \
            return without_original(#name, asked);                                                 \
        void *block = real.name arguments;                                                         \
        snarl_blocks_note(block, asked, ASKER);                                                    \
        return block;                                                                              \
    }
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wmissing-prototypes"
ALLOCATING_CALLS(CALL)
#pragma GCC diagnostic pop
#undef CALL

EXPORT int posix_memalign(void **block, size_t alignment, size_t size)
{
    if (real.posix_memalign == NULL && resolve("posix_memalign", &real.posix_memalign) == NULL)
        return ENOMEM;
    int result = real.posix_memalign(block, alignment, size);
    if (result == 0)
        snarl_blocks_note(*block, size, ASKER);
    return result;
}

static void release(void *block)
{
    if (is_early(block))
        return;
    snarl_blocks_forget(block);
    real.releases.free(block);
}

static void *move_early(void *block, size_t size)
{
    void *moved = malloc(size);
    size_t most = (size_t)(early.bytes + sizeof early.bytes - (char *)block);
    return moved != NULL ? memcpy(moved, block, size < most ? size : most) : NULL;
}

static void *renew(void *block, size_t size)
{
    if (is_early(block))
        return move_early(block, size);
    struct snarl_block known = snarl_blocks_forget(block);
    void *moved = real.releases.realloc(block, size);
    /* libsnarl.so hands the call on: but for its slow path it is the host that this returns to. */
    const void *asker = snarl_regions_is_foreign((uintptr_t)ASKER) ? (void *)known.asker : ASKER;
    if (moved != NULL)
        snarl_blocks_note(moved, size, asker);
    else if (size > 0)
        snarl_blocks_note((void *)known.start, known.size, (void *)known.asker);
    return moved;
}

void snarl_allocator_start(const struct snarl_services *services)
{
    real.releases = services->releases(NULL);
    services->releases(&(struct snarl_releases){.free = release, .realloc = renew});
}
