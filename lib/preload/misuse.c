/* Misuse written down; and misuse of locks that are released, or refused. */
#include "preload/misuse.h"

#include <errno.h>

#include "base/table.h"
#include "preload/misuse_parts.h"
#include "preload/modules.h"

/* What was noted already. */
struct snarl_noted_misuse {
    uint64_t key;
    UT_hash_handle by_key;
};

/* Whether it is new. Session lock. */
static bool remember(uint64_t key)
{
    struct snarl_arena *arena = &snarl_session.arena;
    struct snarl_noted_misuse *noted;
    HASH_FIND(by_key, snarl_session.misuses, &key, sizeof key, noted);
    if (noted != NULL)
        return false;
    noted = snarl_session_allocate(sizeof *noted);
    if (noted == NULL)
        return false;
    noted->key = key;
    HASH_ADD(by_key, snarl_session.misuses, key, sizeof noted->key, noted);
    return SNARL_TABLE_HAS(noted, by_key);
}

void snarl_misuse_note(struct snarl_thread *self, struct snarl_site site,
                       struct snarl_fact_misuse fact)
{
    fact.header.kind = SNARL_FACT_MISUSE;
    fact.thread = self->id;
    if (site.caller != 0)
        fact.stack = snarl_stack_capture(self, site);
    uint64_t key = snarl_hash_mix(fact.misuse, (uint64_t)fact.stack << 32 | fact.other_stack);
    snarl_session_lock();
    if (remember(key)) {
        snarl_thread_write_name(self);
        snarl_session.misuse_count += fact.severity > SNARL_NOTE;
        struct iovec part = {&fact, sizeof fact};
        snarl_session_write(&part, 1);
    }
    snarl_session_unlock();
}

void snarl_misuse_settle_slow(struct snarl_thread *self, struct snarl_thing thing,
                              struct snarl_site site)
{
    struct snarl_fact_misuse fact = self->suspicion;
    self->suspected = 0;
    snarl_modules_refresh(); /* the object's own must stand before it in the recording */
    if (fact.object == 0) {
        snarl_session_lock();
        fact.object = snarl_misuse_object(self, thing);
        snarl_session_unlock();
    }
    snarl_misuse_note(self, site, fact);
}

/* The lock is taken off the holders' books (by whom it is called), and they are not to blame when
 * they release it in their turn. */
static void excuse_holders(const struct snarl_thread *self, uintptr_t address)
{
    for (struct snarl_thread *thread = snarl_session.threads; thread; thread = thread->next)
        if (thread != self && snarl_holding_of(thread, address) != NULL)
            thread->robbed_of = address;
}

/* Whether the release will take effect on the books. Session lock. */
static bool judge_release(struct snarl_thread *self, struct snarl_thing thing, bool refused,
                          struct snarl_fact_misuse *fact)
{
    struct snarl_party first = {0};
    struct snarl_lock_word word = snarl_misuse_word(thing);
    uint32_t others = snarl_misuse_others(self, thing.address, &first);
    struct snarl_lock_word again = snarl_misuse_word(thing); /* readers come and go meanwhile */
    word.holders = again.holders > word.holders ? again.holders : word.holders;
    const struct snarl_thread *owner = snarl_misuse_owner(word);
    enum snarl_unlock unlock =
        snarl_misuse_unlock(word, (uint32_t)self->tid, owner != NULL && owner != self, others);
    if (unlock == SNARL_UNLOCK_UNKNOWN)
        return !refused && thing.kind == SNARL_OBJECT_MUTEX; /* who has it by the books has not */

    bool not_owner = unlock == SNARL_UNLOCK_NOT_OWNER;
    if (owner != NULL && first.thread == 0)
        first.thread = owner->id;
    *fact = snarl_misuse_fact(
        not_owner ? SNARL_MISUSE_UNLOCK_NOT_OWNER : SNARL_MISUSE_UNLOCK_NOT_LOCKED,
        refused ? SNARL_WARNING : SNARL_ERROR, not_owner ? first : (struct snarl_party){0});
    fact->object = snarl_misuse_object(self, thing);
    /* Of several readers it cannot be told whose turn was ended: none is said to have it any more,
     * as a wait for one that has not would look like a deadlock. */
    if (!refused)
        excuse_holders(self, thing.address);
    return !refused;
}

bool snarl_misuse_of_release(struct snarl_thread *self, struct snarl_thing thing,
                             struct snarl_site site)
{
    bool judged = thing.kind == SNARL_OBJECT_MUTEX || thing.kind == SNARL_OBJECT_RWLOCK ||
                  thing.kind == SNARL_OBJECT_SPIN;
    if (!judged)
        return true;
    uint32_t kind = thing.kind == SNARL_OBJECT_MUTEX ? snarl_misuse_mutex_kind(thing.address) : 0;
    bool refused = snarl_mutex_checks_owner(kind);
    struct snarl_fact_misuse fact = {0};
    bool effective = !refused;
    snarl_session_lock();
    if (self->robbed_of == thing.address) {
        self->robbed_of = 0;
    } else {
        const struct snarl_object *object = snarl_object_known(thing.address);
        if (object == NULL || object->kind != thing.kind)
            snarl_object_at(self, thing, false); /* begun here: what it was may be the misuse */
        if (self->suspected != thing.address)
            effective = judge_release(self, thing, refused, &fact);
        if (fact.misuse == SNARL_MISUSE_UNLOCK_NOT_OWNER && effective)
            self->hands_over = true;
    }
    snarl_session_unlock();
    snarl_misuse_settle(self, thing, site);
    if (fact.misuse != 0)
        snarl_misuse_note(self, site, fact);
    return effective;
}

bool snarl_misuse_is_recursion(const struct snarl_thread *self, struct snarl_thing thing)
{
    return thing.kind == SNARL_OBJECT_RWLOCK &&
           snarl_misuse_word(thing).owner == (uint32_t)self->tid;
}

/* A mutex that is none, and may be known to us already. */
static bool is_no_mutex(struct snarl_thing thing)
{
    if (thing.kind != SNARL_OBJECT_MUTEX)
        return false;
    uint32_t kind = snarl_misuse_mutex_kind(thing.address);
    return snarl_mutex_is_destroyed(kind) || snarl_mutex_is_garbage(kind);
}

void snarl_misuse_of_lock(struct snarl_thread *self, struct snarl_thing thing,
                          struct snarl_site site, int result)
{
    bool recursion = result == EDEADLK && snarl_misuse_is_recursion(self, thing);
    if (!recursion && !is_no_mutex(thing))
        return;
    struct snarl_entry entry = snarl_enter(self);
    struct snarl_fact_misuse fact = {0};
    snarl_session_lock();
    if (recursion) {
        const struct snarl_holding *holding = snarl_holding_of(self, thing.address);
        struct snarl_party before = {holding != NULL ? self->id : 0,
                                     holding != NULL ? holding->stack : 0};
        fact = snarl_misuse_fact(SNARL_MISUSE_EXCLUSIVE_RECURSION, SNARL_WARNING, before);
        fact.object = snarl_misuse_object(self, thing);
    } else {
        snarl_object_at(self, thing, false); /* where it is new it is suspected there */
    }
    snarl_session_unlock();
    snarl_misuse_settle(self, thing, site);
    if (fact.misuse != 0)
        snarl_misuse_note(self, site, fact);
    snarl_leave(self, entry);
}
