/* Misuse of condition variables. */
#include "preload/misuse_parts.h"
#include "preload/needs.h"

/* What the words say, where both of them are what they seem. Session lock. */
static enum snarl_unlock judge_wait(struct snarl_thread *self, struct snarl_thing mutex,
                                    struct snarl_party *owner)
{
    uint32_t kind = snarl_misuse_mutex_kind(mutex.address);
    const struct snarl_object *object = snarl_object_known(mutex.address);
    if (snarl_mutex_is_destroyed(kind) || snarl_mutex_is_garbage(kind) ||
        (object != NULL && object->kind != mutex.kind))
        return SNARL_UNLOCK_UNKNOWN;
    struct snarl_lock_word word = snarl_misuse_word(mutex);
    struct snarl_thread *thread = snarl_misuse_owner(word);
    enum snarl_unlock unlock =
        snarl_misuse_unlock(word, (uint32_t)self->tid, thread != NULL && thread != self, 0);
    if (unlock == SNARL_UNLOCK_NOT_OWNER) {
        const struct snarl_holding *holding = snarl_holding_of(thread, mutex.address);
        *owner = (struct snarl_party){thread->id, holding != NULL ? holding->stack : 0};
    }
    return unlock;
}

bool snarl_misuse_of_wait(struct snarl_thread *self, struct snarl_thing condition,
                          struct snarl_thing mutex, struct snarl_site site)
{
    if (mutex.kind != SNARL_OBJECT_MUTEX)
        return false;
    struct snarl_entry entry = snarl_enter(self);
    struct snarl_fact_misuse fact = {0};
    struct snarl_party owner = {0};
    bool refused = snarl_mutex_checks_owner(snarl_misuse_mutex_kind(mutex.address));
    snarl_session_lock();
    enum snarl_unlock unlock = judge_wait(self, mutex, &owner);
    if (unlock != SNARL_UNLOCK_UNKNOWN) {
        fact = snarl_misuse_fact(SNARL_MISUSE_WAIT_WITHOUT_LOCK,
                                 refused ? SNARL_WARNING : SNARL_ERROR, owner);
        fact.object = snarl_misuse_object(self, condition);
        fact.other_object = snarl_misuse_object(self, mutex);
        if (!refused)
            snarl_release_for_holders(mutex.address);
    }
    snarl_session_unlock();
    snarl_misuse_settle(self, condition, site);
    snarl_misuse_settle(self, mutex, site);
    if (fact.misuse != 0)
        snarl_misuse_note(self, site, fact);
    snarl_leave(self, entry);
    return fact.misuse != 0 && !refused;
}

/* Another thread that waits on it, with a mutex other than `mutex`, which may be 0 for any. */
static struct snarl_thread *other_waiter(const struct snarl_thread *self, uintptr_t condition,
                                         uintptr_t mutex, struct snarl_published_want *want)
{
    for (struct snarl_thread *thread = snarl_session.threads; thread; thread = thread->next)
        if (thread != self && snarl_needs_want(thread, want) &&
            want->kind == SNARL_WANTS_CONDITION && want->object == condition &&
            want->mutex != mutex)
            return thread;
    return NULL;
}

void snarl_misuse_of_pair_slow(struct snarl_thread *self, struct snarl_thing condition,
                               struct snarl_thing mutex, struct snarl_site site)
{
    struct snarl_entry entry = snarl_enter(self);
    struct snarl_fact_misuse fact = {0};
    snarl_session_lock();
    struct snarl_object *object = snarl_object_at(self, condition, false);
    if (object != NULL && object->partner != mutex.address) {
        /* Those that have waited with another mutex come here too, the next time. */
        if (object->partner != 0)
            snarl_object_new_generation(condition.address);
        object->partner = mutex.address;
        struct snarl_published_want want;
        struct snarl_thread *other = other_waiter(self, condition.address, mutex.address, &want);
        if (other != NULL) {
            fact = snarl_misuse_fact(SNARL_MISUSE_WAIT_WITH_TWO_LOCKS, SNARL_ERROR,
                                     (struct snarl_party){other->id, other->row->want_stack});
            fact.object = snarl_misuse_object(self, mutex);
            fact.other_object =
                snarl_misuse_object(self, (struct snarl_thing){want.mutex, mutex.kind});
        }
    }
    uint64_t pair = snarl_misuse_pair(condition, mutex);
    self->waits_seen[pair % SNARL_WAITS_SEEN] = pair;
    snarl_session_unlock();
    snarl_misuse_settle(self, condition, site);
    if (fact.misuse != 0)
        snarl_misuse_note(self, site, fact);
    snarl_leave(self, entry);
}

void snarl_misuse_of_signal_slow(struct snarl_thread *self, struct snarl_thing condition,
                                 struct snarl_site site)
{
    struct snarl_entry entry = snarl_enter(self);
    struct snarl_fact_misuse fact = {0};
    snarl_session_lock();
    const struct snarl_object *object = snarl_object_known(condition.address);
    if (object != NULL && object->kind == condition.kind && object->partner != 0 &&
        snarl_holding_of(self, object->partner) == NULL) {
        struct snarl_published_want want;
        const struct snarl_thread *waiter = other_waiter(self, condition.address, 0, &want);
        struct snarl_party party = {waiter != NULL ? waiter->id : 0,
                                    waiter != NULL ? waiter->row->want_stack : 0};
        fact = snarl_misuse_fact(SNARL_MISUSE_SIGNAL_WITHOUT_LOCK, SNARL_NOTE, party);
        fact.object = snarl_misuse_object(self, condition);
    }
    snarl_session_unlock();
    if (fact.misuse != 0)
        snarl_misuse_note(self, site, fact);
    snarl_leave(self, entry);
}
