#include "analysis/lock_sets.h"

#include "base/hash.h"
#include "report/pool.h"

void snarl_lock_set_add(struct snarl_lock_set *set, uint32_t lock)
{
    set->sum += snarl_hash_mix(0, lock);
    set->count++;
}

struct snarl_lock_set snarl_lock_set_of(const struct snarl_cycle *cycle)
{
    struct snarl_lock_set locks = {0, 0};
    for (uint32_t i = 0; i < cycle->length; i++)
        snarl_lock_set_add(&locks, cycle->steps[i]->lock);
    return locks;
}

struct snarl_known_set *snarl_known_set(struct snarl_known_set **table, struct snarl_arena *arena,
                                        struct snarl_lock_set locks)
{
    struct snarl_known_set *known;
    HASH_FIND(by_locks, *table, &locks, sizeof locks, known);
    if (known != NULL || arena == NULL)
        return known;
    known = snarl_arena_allocate(arena, sizeof *known);
    if (known == NULL)
        snarl_pool_exhausted();
    known->locks = locks;
    HASH_ADD(by_locks, *table, locks, sizeof known->locks, known);
    return known;
}
