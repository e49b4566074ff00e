#include "base/arena.h"

#include <string.h>
#include <sys/mman.h>

enum {
    SMALLEST_SHIFT = 4,
    FIRST_BLOCK = 64 * 1024,
    LARGEST_BLOCK = 1024 * 1024,
    PAGE = 4096,
};

struct snarl_arena_block {
    struct snarl_arena_block *next;
    size_t size;
};

_Static_assert(sizeof(struct snarl_arena_block) % 16 == 0, "what follows it is aligned to 16");

static unsigned size_class(size_t size)
{
    if (size <= (1u << SMALLEST_SHIFT))
        return 0;
    return (unsigned)(64 - __builtin_clzl(size - 1)) - SMALLEST_SHIFT;
}

void snarl_arena_start(struct snarl_arena *arena, size_t limit, bool wipe_on_fork)
{
    memset(arena, 0, sizeof *arena);
    arena->limit = limit;
    arena->wipe_on_fork = wipe_on_fork;
}

static bool map_block(struct snarl_arena *arena, size_t wanted)
{
    size_t size = arena->mapped < FIRST_BLOCK ? FIRST_BLOCK : arena->mapped;
    if (size > LARGEST_BLOCK)
        size = LARGEST_BLOCK;
    size_t needed = (wanted + sizeof(struct snarl_arena_block) + PAGE - 1) & ~(size_t)(PAGE - 1);
    if (size < needed)
        size = needed;
    size_t allowed = arena->limit == 0 ? SIZE_MAX : arena->limit - arena->mapped;
    if (size > allowed)
        size = needed;
    if (size > allowed)
        return false;

    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED)
        return false;
    if (arena->wipe_on_fork)
        madvise(memory, size, MADV_WIPEONFORK);

    struct snarl_arena_block *block = memory;
    block->next = arena->blocks;
    block->size = size;
    arena->blocks = block;
    arena->mapped += size;
    arena->next = (char *)(block + 1);
    arena->left = size - sizeof *block;
    return true;
}

void *snarl_arena_allocate(struct snarl_arena *arena, size_t size)
{
    if (size == 0)
        return NULL;
    if (size > SIZE_MAX / 4) {
        arena->exhausted = true;
        return NULL;
    }
    unsigned class = size_class(size);
    if (class < SNARL_ARENA_CLASSES && arena->freed[class] != NULL) {
        void *memory = arena->freed[class];
        arena->freed[class] = *(void **)memory;
        return memset(memory, 0, size);
    }

    size_t rounded = (size_t)1 << (class + SMALLEST_SHIFT);
    if (arena->left < rounded && !map_block(arena, rounded)) {
        arena->exhausted = true;
        return NULL;
    }
    void *memory = arena->next;
    arena->next += rounded;
    arena->left -= rounded;
    return memory;
}

void snarl_arena_free(struct snarl_arena *arena, void *memory, size_t size)
{
    if (memory == NULL)
        return;
    unsigned class = size_class(size);
    if (class >= SNARL_ARENA_CLASSES)
        return;
    *(void **)memory = arena->freed[class];
    arena->freed[class] = memory;
}

void snarl_arena_end(struct snarl_arena *arena)
{
    for (struct snarl_arena_block *block = arena->blocks; block != NULL;) {
        struct snarl_arena_block *next = block->next;
        munmap(block, block->size);
        block = next;
    }
    snarl_arena_start(arena, arena->limit, arena->wipe_on_fork);
}
