/* Where the lives of things begin and end: initialised twice, used before or after, mistaken. */
#include <limits.h>

#include "preload/memory.h"
#include "preload/misuse_parts.h"
#include "preload/modules.h"
#include "preload/shared_memory.h"

enum {
    DESTROYED = 1024,
    INITIALISED = 65536,
};

/* Destroyed, and not met since. What lies in its memory and no call but an initialisation changes
 * is its trait. */
struct destroyed {
    uintptr_t address;
    uint32_t kind;
    uint32_t trait;
    struct snarl_party by;
};

struct snarl_past {
    struct destroyed destroyed[DESTROYED];       /* by address; a new one takes the place */
    uint8_t initialised[INITIALISED / CHAR_BIT]; /* by address: a call may have done that, ever */
};

/* Kinds of which an initialisation was missed, bits. */
static uint32_t missed;

void snarl_misuse_missed_begin(enum snarl_object_kind kind)
{
    __atomic_fetch_or(&missed, 1u << kind, __ATOMIC_RELAXED);
}

static struct snarl_past *past(void)
{
    if (snarl_session.past == NULL)
        snarl_session.past = snarl_session_allocate(sizeof *snarl_session.past);
    return snarl_session.past;
}

static struct destroyed *place_of(struct snarl_past *all, uintptr_t address)
{
    return &all->destroyed[snarl_hash_mix(0, address) % DESTROYED];
}

static size_t bit_of(uintptr_t address)
{
    return snarl_hash_mix(1, address) % INITIALISED;
}

static uint32_t trait_of(struct snarl_thing thing)
{
    struct snarl_semaphore_words semaphore;
    switch (thing.kind) {
    case SNARL_OBJECT_RWLOCK: {
        const pthread_rwlock_t *rwlock = (const pthread_rwlock_t *)thing.address;
        return rwlock->__data.__flags << 1 | (rwlock->__data.__shared != 0);
    }
    case SNARL_OBJECT_SEMAPHORE:
        memcpy(&semaphore, (const void *)thing.address, sizeof semaphore);
        return semaphore.sharing;
    default:
        return 0;
    }
}

void snarl_misuse_has_begun(struct snarl_thing thing)
{
    struct snarl_past *all = past();
    if (all == NULL)
        return;
    size_t bit = bit_of(thing.address);
    all->initialised[bit / CHAR_BIT] |= (uint8_t)(1u << bit % CHAR_BIT);
    struct destroyed *place = place_of(all, thing.address);
    if (place->address == thing.address)
        place->address = 0;
}

void snarl_misuse_has_ended(struct snarl_thread *self, struct snarl_thing thing, uint32_t stack)
{
    struct snarl_past *all = past();
    if (all != NULL && snarl_misuse_judges(thing.kind))
        *place_of(all, thing.address) =
            (struct destroyed){thing.address, thing.kind, trait_of(thing), {self->id, stack}};
}

void snarl_misuse_forget(uintptr_t start, uintptr_t end)
{
    for (int i = 0; snarl_session.past != NULL && i < DESTROYED; i++) {
        struct destroyed *place = &snarl_session.past->destroyed[i];
        if (place->address >= start && place->address < end)
            place->address = 0;
    }
}

/* Whether another process may have done what we have not seen. Reads a file. */
static bool is_shared(uintptr_t address)
{
    struct snarl_fact_lock fact = {0};
    snarl_shared_memory_locate(address, &fact);
    return fact.device != 0 || fact.inode != 0;
}

/* Whether it lives after its destruction: nothing has begun here since. What has no static
 * initialiser can begin by a call only. An rwlock that was destroyed looks like one that has just
 * been given its static initialiser. */
static bool is_past(struct snarl_thing thing, const struct destroyed *destroyed)
{
    struct snarl_condition_words condition;
    switch (thing.kind) {
    case SNARL_OBJECT_MUTEX:
        return snarl_mutex_is_destroyed(snarl_misuse_mutex_kind(thing.address));
    case SNARL_OBJECT_CONDITION:
        memcpy(&condition, (const void *)thing.address, sizeof condition);
        return destroyed != NULL && snarl_condition_is_destroyed(&condition);
    case SNARL_OBJECT_SPIN:
    case SNARL_OBJECT_SEMAPHORE:
    case SNARL_OBJECT_BARRIER:
        return destroyed != NULL && destroyed->trait == trait_of(thing) &&
               !(missed & 1u << thing.kind) && !is_shared(thing.address);
    default:
        return false;
    }
}

/* Whether no call can have initialised it. */
static bool is_unset(struct snarl_thing thing, const struct snarl_past *all)
{
    struct snarl_semaphore_words semaphore;
    struct snarl_barrier_words barrier;
    const void *memory = (const void *)thing.address;
    bool suspect;
    switch (thing.kind) {
    case SNARL_OBJECT_MUTEX:
        return snarl_mutex_is_garbage(snarl_misuse_mutex_kind(thing.address));
    case SNARL_OBJECT_BARRIER:
        memcpy(&barrier, memory, sizeof barrier);
        return snarl_barrier_is_unset(&barrier);
    case SNARL_OBJECT_SPIN:
        suspect = *(const volatile uint32_t *)memory == 0;
        break;
    case SNARL_OBJECT_SEMAPHORE:
        memcpy(&semaphore, memory, sizeof semaphore);
        suspect = snarl_semaphore_may_be_unset(&semaphore);
        break;
    default:
        return false;
    }
    size_t bit = bit_of(thing.address);
    bool initialised = all == NULL || all->initialised[bit / CHAR_BIT] >> bit % CHAR_BIT & 1;
    return suspect && !initialised && !snarl_session.is_child && !(missed & 1u << thing.kind) &&
           !is_shared(thing.address);
}

/* What lives there is of another kind: mistaken, if it is in use or in a variable of its own. */
static bool is_mistaken(struct snarl_thing thing, const struct snarl_object *former,
                        struct snarl_party *other)
{
    struct snarl_thing was = {(uintptr_t)former->address, former->kind};
    if (!snarl_misuse_judges(thing.kind) || !snarl_misuse_judges(former->kind))
        return false;
    if (snarl_misuse_is_held(was, other) || snarl_misuse_is_waited_on(was, other))
        return true;
    *other = (struct snarl_party){former->creator, former->created};
    return former->created != 0 && snarl_modules_contain(thing.address);
}

void snarl_misuse_suspect(struct snarl_thread *self, struct snarl_thing thing,
                          struct snarl_object *former)
{
    struct snarl_past *all = past();
    struct destroyed *place = all != NULL ? place_of(all, thing.address) : NULL;
    struct destroyed destroyed = {0};
    if (former != NULL && former->kind == SNARL_OBJECT_NONE)
        former = NULL;
    if (place != NULL && place->address == thing.address) {
        destroyed = *place;
        place->address = 0;
    }
    struct snarl_fact_misuse fact = {0};
    struct snarl_party other = {0};
    if (former != NULL) {
        if (is_mistaken(thing, former, &other))
            fact = snarl_misuse_fact(SNARL_MISUSE_WRONG_OBJECT, SNARL_ERROR, other);
        fact.kind = thing.kind;
        if (fact.misuse != 0)
            fact.object = snarl_misuse_object(
                self, (struct snarl_thing){(uintptr_t)former->address, former->kind});
    } else if (is_past(thing, destroyed.kind == thing.kind ? &destroyed : NULL)) {
        fact = snarl_misuse_fact(SNARL_MISUSE_USE_AFTER_DESTROY, SNARL_ERROR, destroyed.by);
    } else if (is_unset(thing, all)) {
        fact = snarl_misuse_fact(SNARL_MISUSE_USE_BEFORE_INIT, SNARL_ERROR, other);
    }
    if (fact.misuse == 0)
        return;
    self->suspicion = fact;
    self->suspected = thing.address;
}

/* Initialised while it is in use; or again where it stood, in a variable of its own. */
static bool is_begun_twice(struct snarl_thing thing, const struct snarl_object *object,
                           struct snarl_party *other)
{
    struct snarl_thing was = {thing.address, object->kind};
    if (!snarl_misuse_judges(object->kind))
        return false;
    if (snarl_misuse_is_held(was, other) || snarl_misuse_is_waited_on(was, other))
        return true;
    *other = (struct snarl_party){object->creator, object->created};
    return object->kind == thing.kind && object->created != 0 &&
           !(object->flags & SNARL_LOCK_SHARED) && snarl_modules_contain(thing.address);
}

void snarl_misuse_of_begin(struct snarl_thread *self, struct snarl_thing thing,
                           struct snarl_site site)
{
    if (!snarl_memory_may_house(thing.address))
        return;
    struct snarl_entry entry = snarl_enter(self);
    struct snarl_fact_misuse fact = {0};
    struct snarl_party other = {0};
    snarl_session_lock();
    const struct snarl_object *object = snarl_object_known(thing.address);
    if (object != NULL && is_begun_twice(thing, object, &other)) {
        fact = snarl_misuse_fact(SNARL_MISUSE_INIT_TWICE, SNARL_ERROR, other);
        fact.object = snarl_misuse_object(self, (struct snarl_thing){thing.address, object->kind});
        snarl_release_for_holders(thing.address);
    }
    snarl_session_unlock();
    if (fact.misuse != 0)
        snarl_misuse_note(self, site, fact);
    snarl_leave(self, entry);
}

/* A mutex that is what it is taken for, and free by its own word: nothing can be said of it. */
static bool is_plainly_free(struct snarl_thread *self, struct snarl_thing thing)
{
    if (thing.kind != SNARL_OBJECT_MUTEX || snarl_object_recall(self, thing) == 0)
        return false;
    const pthread_mutex_t *mutex = snarl_mutex_at(thing.address);
    return mutex->__data.__lock == 0 && mutex->__data.__nusers == 0;
}

void snarl_misuse_of_end(struct snarl_thread *self, struct snarl_thing thing,
                         struct snarl_site site)
{
    if (is_plainly_free(self, thing))
        return;
    struct snarl_entry entry = snarl_enter(self);
    struct snarl_fact_misuse fact = {0};
    struct snarl_party other = {0};
    snarl_session_lock();
    struct snarl_object *object = snarl_object_known(thing.address);
    if (object == NULL || object->kind != thing.kind)
        snarl_misuse_suspect(self, thing, object);
    if (self->suspected == thing.address)
        ; /* it is not what it was: that says it all */
    else if (snarl_misuse_is_held(thing, &other))
        fact = snarl_misuse_fact(SNARL_MISUSE_DESTROY_LOCKED, SNARL_ERROR, other);
    else if (snarl_misuse_is_waited_on(thing, &other))
        fact = snarl_misuse_fact(SNARL_MISUSE_DESTROY_WAITED_ON, SNARL_ERROR, other);
    if (fact.misuse != 0)
        fact.object = snarl_misuse_object(self, thing);
    snarl_session_unlock();
    snarl_misuse_settle(self, thing, site);
    if (fact.misuse != 0)
        snarl_misuse_note(self, site, fact);
    snarl_leave(self, entry);
}
