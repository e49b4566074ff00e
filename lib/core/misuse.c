#include "core/misuse.h"

#include <limits.h>

/* See glibc's nptl/pthreadP.h and sysdeps/nptl/internaltypes.h. */
enum {
    MUTEX_TYPE = 3, /* 1 is recursive, 2 checks for errors */
    MUTEX_ROBUST = 16,
    MUTEX_INHERITS = 32,
    MUTEX_PROTECTS = 64,
    MUTEX_ELIDES = 256,
    MUTEX_USED = 0xffff, /* with room for bits to come */
    RWLOCK_WRITTEN = 2,
    RWLOCK_READER = 8,
    SPIN_FREE = 1, /* on x86-64 */
    CONDITION_WAITER = 8,
    CONDITION_DESTROYED = 4,
    CONDITION_SHARED = 1,
    SEMAPHORE_SHARED = 128,
};

struct snarl_lock_word snarl_word_of_mutex(uint32_t kind, uint32_t lock, uint32_t owner)
{
    /* One that is elided is not written to while it is held. */
    return (struct snarl_lock_word){.free = lock == 0 && owner == 0 && !(kind & MUTEX_ELIDES),
                                    .owner = lock != 0 ? owner : 0};
}

struct snarl_lock_word snarl_word_of_rwlock(uint32_t readers, uint32_t writer)
{
    uint32_t count = readers / RWLOCK_READER;
    bool written = readers & RWLOCK_WRITTEN;
    return (struct snarl_lock_word){.free = writer == 0 && count == 0 && !written,
                                    .owner = writer,
                                    .holders = written ? 0 : count};
}

struct snarl_lock_word snarl_word_of_spin(uint32_t value)
{
    return (struct snarl_lock_word){.free = value == SPIN_FREE, .holders = value != SPIN_FREE};
}

enum snarl_unlock snarl_misuse_unlock(struct snarl_lock_word word, uint32_t caller,
                                      bool owner_known, uint32_t others)
{
    if (word.free)
        return SNARL_UNLOCK_NOT_LOCKED;
    bool not_owner = word.owner != 0 ? word.owner != caller && owner_known
                                     : word.holders > 0 && others >= word.holders;
    return not_owner ? SNARL_UNLOCK_NOT_OWNER : SNARL_UNLOCK_UNKNOWN;
}

bool snarl_mutex_checks_owner(uint32_t kind)
{
    return (kind & MUTEX_TYPE) == 1 || (kind & MUTEX_TYPE) == 2 ||
           (kind & (MUTEX_ROBUST | MUTEX_INHERITS)) != 0;
}

bool snarl_mutex_is_destroyed(uint32_t kind)
{
    return kind == UINT32_MAX;
}

bool snarl_mutex_is_garbage(uint32_t kind)
{
    bool both = (kind & (MUTEX_INHERITS | MUTEX_PROTECTS)) == (MUTEX_INHERITS | MUTEX_PROTECTS);
    return !snarl_mutex_is_destroyed(kind) && (kind & ~(uint32_t)MUTEX_USED || kind & 0xc || both);
}

uint32_t snarl_condition_unsignalled(const struct snarl_condition_words *words)
{
    /* The newer group is counted as glibc does it to learn whether there is anybody in it. */
    uint32_t newer = words->waiters & 1;
    uint32_t came = (uint32_t)(words->waiters >> 1) - (uint32_t)(words->first_start >> 1) -
                    (words->first_size >> 2) + words->size[newer];
    uint32_t count = came + words->size[newer ^ 1];
    uint32_t present = words->present / CONDITION_WAITER;
    return count <= present ? count : 0; /* read while it changed */
}

bool snarl_condition_is_destroyed(const struct snarl_condition_words *words)
{
    return words->present & CONDITION_DESTROYED;
}

bool snarl_condition_is_shared(const struct snarl_condition_words *words)
{
    return words->present & CONDITION_SHARED;
}

uint32_t snarl_barrier_waiting(const struct snarl_barrier_words *words)
{
    uint32_t waiting = words->in - words->round;
    return waiting < words->count ? waiting : 0; /* or they are on their way out */
}

bool snarl_barrier_is_unset(const struct snarl_barrier_words *words)
{
    return words->count == 0;
}

bool snarl_semaphore_has_waiters(const struct snarl_semaphore_words *words)
{
    return words->value == 0 && words->waiting > 0;
}

bool snarl_semaphore_may_be_unset(const struct snarl_semaphore_words *words)
{
    bool possible =
        (words->sharing == 0 || words->sharing == SEMAPHORE_SHARED) && words->value <= INT_MAX;
    return !possible || (words->value == 0 && words->waiting == 0 && words->sharing == 0);
}
