/* Who holds, or waits on, a thing: by its own words and by our books. */
#include "preload/misuse_parts.h"
#include "preload/needs.h"

static uint32_t load(const void *address)
{
    return __atomic_load_n((const uint32_t *)address, __ATOMIC_ACQUIRE);
}

struct snarl_lock_word snarl_misuse_word(struct snarl_thing thing)
{
    if (thing.kind == SNARL_OBJECT_MUTEX) {
        const pthread_mutex_t *mutex = snarl_mutex_at(thing.address);
        return snarl_word_of_mutex((uint32_t)mutex->__data.__kind, load(&mutex->__data.__lock),
                                   load(&mutex->__data.__owner));
    }
    if (thing.kind == SNARL_OBJECT_RWLOCK) {
        const pthread_rwlock_t *rwlock = (const pthread_rwlock_t *)thing.address;
        return snarl_word_of_rwlock(load(&rwlock->__data.__readers),
                                    load(&rwlock->__data.__cur_writer));
    }
    return snarl_word_of_spin(load((const void *)thing.address));
}

struct snarl_thread *snarl_misuse_owner(struct snarl_lock_word word)
{
    struct snarl_thread *owner =
        word.owner != 0 ? snarl_registry_find(&snarl_session.by_tid, word.owner) : NULL;
    bool known = owner != NULL && !owner->absent && owner->tid == (pid_t)word.owner;
    return known ? owner : NULL;
}

uint32_t snarl_misuse_others(const struct snarl_thread *self, uintptr_t address,
                             struct snarl_party *first)
{
    uint32_t count = 0;
    for (struct snarl_thread *thread = snarl_session.threads; thread; thread = thread->next) {
        const struct snarl_holding *holding =
            thread != self ? snarl_holding_of(thread, address) : NULL;
        if (holding == NULL || thread->absent)
            continue;
        if (count == 0)
            *first = (struct snarl_party){thread->id, holding->stack};
        count += holding->count;
    }
    return count;
}

bool snarl_misuse_is_held(struct snarl_thing thing, struct snarl_party *holder)
{
    if (thing.kind != SNARL_OBJECT_MUTEX && thing.kind != SNARL_OBJECT_RWLOCK &&
        thing.kind != SNARL_OBJECT_SPIN)
        return false;
    struct snarl_lock_word word = snarl_misuse_word(thing);
    if (word.free || (word.owner == 0 && word.holders == 0))
        return false;
    struct snarl_thread *owner = snarl_misuse_owner(word);
    for (struct snarl_thread *thread = snarl_session.threads; thread; thread = thread->next) {
        const struct snarl_holding *holding = snarl_holding_of(thread, thing.address);
        /* What was taken before a fork may be made anew in the child; it has no stack here. */
        if (holding == NULL || holding->kind != thing.kind || holding->stack == 0 ||
            thread->absent || (word.owner != 0 && thread != owner))
            continue;
        *holder = (struct snarl_party){thread->id, holding->stack};
        return true;
    }
    return false;
}

/* Whether its words say that threads wait on it whom nobody has woken, all of them in this process.
 */
static bool has_waiters(struct snarl_thing thing)
{
    struct snarl_condition_words condition;
    struct snarl_barrier_words barrier;
    struct snarl_semaphore_words semaphore;
    const void *memory = (const void *)thing.address;
    switch (thing.kind) {
    case SNARL_OBJECT_CONDITION:
        memcpy(&condition, memory, sizeof condition);
        return !snarl_condition_is_shared(&condition) &&
               snarl_condition_unsignalled(&condition) > 0;
    case SNARL_OBJECT_BARRIER:
        memcpy(&barrier, memory, sizeof barrier);
        return barrier.shared == 0 && snarl_barrier_waiting(&barrier) > 0;
    case SNARL_OBJECT_SEMAPHORE:
        memcpy(&semaphore, memory, sizeof semaphore);
        return semaphore.sharing == 0 && snarl_semaphore_has_waiters(&semaphore);
    case SNARL_OBJECT_MUTEX:
        return snarl_mutex_at(thing.address)->__data.__nusers > 0;
    default:
        return false;
    }
}

bool snarl_misuse_is_waited_on(struct snarl_thing thing, struct snarl_party *waiter)
{
    if (!has_waiters(thing))
        return false;
    for (struct snarl_thread *thread = snarl_session.threads; thread; thread = thread->next) {
        struct snarl_published_want want;
        if (thread == snarl_self || !snarl_needs_want(thread, &want))
            continue;
        /* Who waits for a condition will want its mutex back. */
        bool waits = thing.kind == SNARL_OBJECT_MUTEX
                         ? want.kind == SNARL_WANTS_CONDITION && want.mutex == thing.address &&
                               want.object_kind == SNARL_OBJECT_CONDITION
                         : want.object_kind == thing.kind && want.object == thing.address &&
                               want.kind != SNARL_WANTS_END_OF_WAITS &&
                               want.kind != SNARL_WANTS_THREAD;
        if (!waits)
            continue;
        *waiter = (struct snarl_party){thread->id, thread->row->want_stack};
        return true;
    }
    return false;
}
