#include "preload/memory.h"

#include <errno.h>
#include <gnu/libc-version.h>
#include <malloc.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/uio.h>

#include "preload/annotations.h"
#include "preload/misuse_parts.h"
#include "preload/policies.h"

/* Its pages hold nothing else, and are wiped in a forked child, as the objects are. */
static _Alignas(4096) union {
    struct snarl_places places;
    char pages[(sizeof(struct snarl_places) + 4095) / 4096 * 4096];
} filter;

/* Of the process's allocator. */
static struct {
    bool has_chunks; /* glibc's: the size of a block stands before it, see chunk_size */
    size_t (*usable_size)(void *);
} allocator;

/* glibc's malloc keeps before each block its size with the two words of its own, a multiple of 16,
 * and three flags below it. That is as old as its 64-bit port, and debuggers rely on it. */
static size_t chunk_size(const void *block)
{
    return ((const size_t *)block)[-1];
}

static size_t block_size(void *block)
{
    return allocator.usable_size != NULL ? allocator.usable_size(block) : 0;
}

/* Whether it is known in a nanosecond that nothing lives in the block: a small one of glibc's. As
 * many pieces as the chunk has: it begins one before the block, and what it lends from the next one
 * is that one's first. */
static inline __attribute__((always_inline)) bool is_surely_empty(const void *block)
{
    if (__builtin_expect(block == NULL || !allocator.has_chunks, 0))
        return false;
    size_t pieces = chunk_size(block) >> SNARL_PLACE_SHIFT;
    return __builtin_expect(pieces - 1 < SNARL_PLACES_AT_ONCE, 1) &&
           !snarl_places_look_near(&filter.places, (uintptr_t)block, pieces);
}

/* Whether something may live in the block. */
static bool may_house(void *block)
{
    uintptr_t start = (uintptr_t)block;
    if (block == NULL)
        return false;
    /* glibc's own measure takes longer, and differs by a word or two. */
    size_t size = allocator.has_chunks ? chunk_size(block) : block_size(block);
    return snarl_places_look(&filter.places, start, start + size);
}

void snarl_memory_start(void)
{
    madvise(&filter, sizeof filter, MADV_WIPEONFORK);

    /* The next one's, not ours: as the original of free() was found. */
    Dl_info libc, owner;
    void *usable_size = dlsym(RTLD_NEXT, "malloc_usable_size");
    void *release = NULL, *version = NULL;
    const char *(*get_version)(void) = gnu_get_libc_version;
    memcpy(&release, &snarl_real.free, sizeof release);
    memcpy(&version, &get_version, sizeof version);
    if (dladdr(release, &owner) == 0 || dladdr(version, &libc) == 0)
        return;
    Dl_info sizer;
    /* An allocator that does not say how large its blocks are: nothing is seen of what it frees. */
    if (dladdr(usable_size, &sizer) != 0 && sizer.dli_fbase == owner.dli_fbase)
        memcpy(&allocator.usable_size, &usable_size, sizeof usable_size);
    allocator.has_chunks = owner.dli_fbase == libc.dli_fbase;
}

void snarl_memory_note(uintptr_t address)
{
    snarl_places_note(&filter.places, address);
}

bool snarl_memory_may_house(uintptr_t address)
{
    return snarl_places_look_near(&filter.places, address, 1);
}

void snarl_memory_take_back(uintptr_t address)
{
    snarl_places_take_back(&filter.places, address);
}

/* What lived in memory that goes, while it is not certain that it does. */
struct leaving {
    struct snarl_object *list;
    struct snarl_object *held; /* one of the list that somebody holds, or NULL */
    struct snarl_party holder;
};

/* The pages may be closed to us by now. */
static bool is_readable(uintptr_t address)
{
    char word[sizeof(pthread_rwlock_t)];
    struct iovec to = {word, sizeof word}, from = {(void *)address, sizeof word};
    return process_vm_readv(getpid(), &to, 1, &from, 1, 0) == (ssize_t)sizeof word;
}

/* Whether a thread of this process has it by the books. */
static bool is_booked(const struct snarl_object *object, struct snarl_party *holder)
{
    if (object->kind != SNARL_OBJECT_MUTEX && object->kind != SNARL_OBJECT_RWLOCK &&
        object->kind != SNARL_OBJECT_SPIN)
        return false;
    for (struct snarl_thread *thread = snarl_session.threads; thread; thread = thread->next) {
        const struct snarl_holding *holding = snarl_holding_of(thread, object->address);
        if (holding == NULL || holding->lock != object->lock || holding->stack == 0 ||
            thread->absent)
            continue;
        *holder = (struct snarl_party){thread->id, holding->stack};
        return true;
    }
    return false;
}

static bool is_held(const struct snarl_object *object, enum snarl_memory_blame blame,
                    struct snarl_party *holder)
{
    if (blame == SNARL_MEMORY_BLAMELESS)
        return false;
    if (blame == SNARL_MEMORY_BLAMES_BY_BOOKS)
        return is_booked(object, holder);
    if (blame == SNARL_MEMORY_BLAMES_IF_READABLE && !is_readable(object->address))
        return false;
    struct snarl_thing thing = {object->address, object->kind};
    return snarl_misuse_is_held(thing, holder);
}

/* Whether it says of itself that nobody has it: then no thread's books need to be looked through.
 */
static bool is_unheld(const struct snarl_object *object, enum snarl_memory_blame blame)
{
    struct snarl_thing thing = {object->address, object->kind};
    switch (object->kind) {
    case SNARL_OBJECT_CONDITION:
    case SNARL_OBJECT_BARRIER:
        return true;
    case SNARL_OBJECT_MUTEX:
    case SNARL_OBJECT_RWLOCK:
    case SNARL_OBJECT_SPIN:
        return blame == SNARL_MEMORY_BLAMES && snarl_misuse_word(thing).free;
    default:
        return false;
    }
}

/* Session lock. */
static void begin_leaving(struct leaving *leaving, uintptr_t start, uintptr_t end,
                          enum snarl_memory_blame blame)
{
    *leaving = (struct leaving){.list = snarl_object_put_aside(start, end)};
    if (blame == SNARL_MEMORY_BLAMES_IF_READABLE) /* else it does not matter, or is not worth it */
        snarl_misuse_forget(start, end);
    for (struct snarl_object *object = leaving->list; object != NULL; object = object->next) {
        object->unheld = is_unheld(object, blame);
        if (!object->unheld && leaving->held == NULL && is_held(object, blame, &leaving->holder))
            leaving->held = object;
    }
}

/* All of them are over but those from `start` up to `end`. The misuse that this was, if it was one.
 * Session lock. */
static struct snarl_fact_misuse end_leaving(struct leaving *leaving, uintptr_t start, uintptr_t end)
{
    struct snarl_fact_misuse fact = {.misuse = SNARL_MISUSE_NONE};
    while (leaving->list != NULL) {
        struct snarl_object *object = leaving->list;
        uintptr_t address = object->address;
        if (address >= start && address < end) {
            snarl_object_put_back(&leaving->list);
            continue;
        }
        if (object == leaving->held) {
            fact = snarl_misuse_fact(SNARL_MISUSE_FREE_LOCKED, SNARL_ERROR, leaving->holder);
            snarl_object_write(object);
            fact.object = object->lock;
        }
        if (!object->unheld)
            snarl_release_for_holders(address);
        if (object->written)
            snarl_lock_order_ended(snarl_session.order, object->lock);
        snarl_objects_drop(&snarl_session.objects, &leaving->list);
    }
    return fact;
}

void snarl_memory_gone_locked(uintptr_t start, uintptr_t end)
{
    /* By pieces, as the filter knows most of them to be empty. */
    enum {
        PIECE = 32 * 1024
    };
    for (uintptr_t next; start < end; start = next) {
        next = end - start > PIECE ? start + PIECE : end;
        if (!snarl_places_look(&filter.places, start, next))
            continue;
        struct leaving leaving;
        begin_leaving(&leaving, start, next, SNARL_MEMORY_BLAMELESS);
        end_leaving(&leaving, 0, 0);
    }
}

void snarl_memory_gone(struct snarl_thread *self, uintptr_t start, uintptr_t end,
                       struct snarl_site site, enum snarl_memory_blame blame)
{
    struct leaving leaving;
    snarl_session_lock();
    begin_leaving(&leaving, start, end, blame);
    struct snarl_fact_misuse fact = end_leaving(&leaving, 0, 0);
    snarl_session_unlock();
    if (fact.misuse != SNARL_MISUSE_NONE)
        snarl_misuse_note(self, site, fact);
}

/* In a wrapper: the same, if the caller is watched. */
static void give_back(uintptr_t start, uintptr_t end, struct snarl_site site,
                      enum snarl_memory_blame blame, enum snarl_call call)
{
    struct snarl_thread *self = snarl_thread_ready();
    if (self == NULL)
        return;
    if (call != SNARL_CALL_NONE)
        snarl_thread_note_call(self, call);
    struct snarl_entry entry = snarl_enter(self);
    snarl_memory_gone(self, start, end, site, blame);
    snarl_leave(self, entry);
}

/* Apart, and jumped to: its caller is the one of free(), which thus needs no frame. */
static __attribute__((noinline)) void free_slow(void *block)
{
    uintptr_t start = (uintptr_t)block;
    if (may_house(block))
        give_back(start, start + block_size(block), SNARL_SITE(), SNARL_MEMORY_BLAMES,
                  SNARL_CALL_free);
    snarl_real.free(block);
}

SNARL_EXPORT void free(void *block)
{
    if (__builtin_expect(is_surely_empty(block), 1))
        snarl_real.free(block);
    else
        free_slow(block);
}

/* A call that may move memory, or only cut it short. */
struct move {
    struct snarl_thread *self;
    struct leaving leaving;
    uintptr_t start;
};

static void begin_move(struct move *move, uintptr_t start, uintptr_t end,
                       enum snarl_memory_blame blame)
{
    struct snarl_entry entry = snarl_enter(move->self);
    move->start = start;
    snarl_session_lock();
    begin_leaving(&move->leaving, start, end, blame);
    snarl_session_unlock();
    snarl_leave(move->self, entry);
}

/* The first `kept` bytes are where they were. */
static void end_move(struct move *move, size_t kept, struct snarl_site site)
{
    struct snarl_entry entry = snarl_enter(move->self);
    uintptr_t end = move->start + kept < move->start ? UINTPTR_MAX : move->start + kept;
    snarl_session_lock();
    struct snarl_fact_misuse fact = end_leaving(&move->leaving, move->start, end);
    snarl_session_unlock();
    if (fact.misuse != SNARL_MISUSE_NONE)
        snarl_misuse_note(move->self, site, fact);
    snarl_leave(move->self, entry);
}

static __attribute__((noinline)) void *realloc_slow(void *block, size_t size)
{
    struct move move = {.self = may_house(block) ? snarl_thread_ready() : NULL};
    if (move.self == NULL)
        return snarl_real.realloc(block, size);
    snarl_thread_note_call(move.self, SNARL_CALL_realloc);
    uintptr_t start = (uintptr_t)block;
    size_t old_size = block_size(block);
    begin_move(&move, start, start + old_size, SNARL_MEMORY_BLAMES);
    void *result = snarl_real.realloc(block, size);
    size_t kept = 0;
    if (result == NULL && size > 0)
        kept = old_size; /* it failed */
    else if ((uintptr_t)result == start)
        kept = size;
    end_move(&move, kept, SNARL_SITE());
    return result;
}

SNARL_EXPORT void *realloc(void *block, size_t size)
{
    if (__builtin_expect(is_surely_empty(block), 1))
        return snarl_real.realloc(block, size);
    return realloc_slow(block, size);
}

/* Where whole pages from `start` on end. */
static uintptr_t end_of_pages(uintptr_t start, size_t size)
{
    uintptr_t end = start + size;
    return end < start || end > UINTPTR_MAX - 4095 ? UINTPTR_MAX : (end + 4095) & ~(uintptr_t)4095;
}

static bool may_house_pages(const void *address, size_t size)
{
    uintptr_t start = (uintptr_t)address;
    return size > 0 && start % 4096 == 0 && /* the kernel refuses all else */
           snarl_places_look(&filter.places, start, end_of_pages(start, size));
}

SNARL_EXPORT int munmap(void *address, size_t size)
{
    if (may_house_pages(address, size))
        give_back((uintptr_t)address, end_of_pages((uintptr_t)address, size), SNARL_SITE(),
                  SNARL_MEMORY_BLAMES_IF_READABLE, SNARL_CALL_munmap);
    return snarl_real.munmap(address, size);
}

static void *mremap_watched(struct snarl_thread *self, void *address, size_t old_size,
                            size_t new_size, int flags, void *target, struct snarl_site site)
{
    struct move move = {.self = self};
    uintptr_t start = (uintptr_t)address;
    begin_move(&move, start, end_of_pages(start, old_size), SNARL_MEMORY_BLAMES_IF_READABLE);
    void *result = snarl_real.mremap(address, old_size, new_size, flags, target);
    size_t kept = 0;
    if (result == MAP_FAILED)
        kept = old_size;
    else if (result == address)
        kept = end_of_pages(start, new_size) - start;
    end_move(&move, kept, site);
    return result;
}

SNARL_EXPORT void *mremap(void *address, size_t old_size, size_t new_size, int flags, ...)
{
    va_list list;
    va_start(list, flags);
    void *target = va_arg(list, void *); /* as the kernel: whatever it is where it means nothing */
    va_end(list);
    if (flags & MREMAP_FIXED && may_house_pages(target, new_size))
        give_back((uintptr_t)target, end_of_pages((uintptr_t)target, new_size), SNARL_SITE(),
                  SNARL_MEMORY_BLAMES_IF_READABLE, SNARL_CALL_mremap);
    struct snarl_thread *self = may_house_pages(address, old_size) ? snarl_thread_ready() : NULL;
    if (self == NULL)
        return snarl_real.mremap(address, old_size, new_size, flags, target);
    snarl_thread_note_call(self, SNARL_CALL_mremap);
    return mremap_watched(self, address, old_size, new_size, flags, target, SNARL_SITE());
}

void snarl_forget(const volatile void *address, size_t size)
{
    uintptr_t start = (uintptr_t)address, end = start + size;
    if (end > start && snarl_places_look(&filter.places, start, end))
        give_back(start, end, SNARL_SITE(), SNARL_MEMORY_BLAMES, SNARL_CALL_NONE);
}
