/* Misuse of threads: joined or detached twice, ended with locks. */
#include <errno.h>
#include <sys/uio.h>
#include <unistd.h>

#include "preload/misuse_parts.h"

enum {
    HANDLES = 64
};

/* A handle that is nobody's any more, or that of a thread which is detached. */
struct handle {
    uint64_t handle; /* 0 where there is none */
    uint32_t thread;
    bool detached; /* else joined */
    struct snarl_party by;
};

struct snarl_past_handles {
    struct handle handles[HANDLES];
    uint32_t next; /* the oldest is replaced */
};

static struct handle *find(pthread_t handle)
{
    struct snarl_past_handles *past = snarl_session.past_handles;
    for (int i = 0; past != NULL && i < HANDLES; i++)
        if (past->handles[i].handle == (uint64_t)handle)
            return &past->handles[i];
    return NULL;
}

static void keep(pthread_t handle, bool detached, uint32_t thread, struct snarl_party by)
{
    if (snarl_session.past_handles == NULL)
        snarl_session.past_handles = snarl_session_allocate(sizeof *snarl_session.past_handles);
    struct snarl_past_handles *past = snarl_session.past_handles;
    if (past == NULL)
        return;
    struct handle *place = find(handle);
    if (place == NULL)
        place = &past->handles[past->next++ % HANDLES];
    *place = (struct handle){(uint64_t)handle, thread, detached, by};
}

void snarl_misuse_joined(pthread_t handle, uint32_t thread, uint32_t by, uint32_t stack)
{
    keep(handle, false, thread, (struct snarl_party){by, stack});
}

void snarl_misuse_detached(pthread_t handle, uint32_t thread, uint32_t by, uint32_t stack)
{
    keep(handle, true, thread, (struct snarl_party){by, stack});
}

void snarl_misuse_ended_detached(const struct snarl_thread *thread)
{
    /* Unless it is known who detached it, it was made so. */
    const struct handle *known = find(thread->handle);
    if (known == NULL || known->thread != thread->id)
        snarl_misuse_detached(thread->handle, thread->id, thread->parent, thread->created);
}

void snarl_misuse_handle_given(pthread_t handle)
{
    struct handle *place = find(handle);
    if (place != NULL)
        __atomic_store_n(&place->handle, 0, __ATOMIC_RELAXED);
}

/* What was done with the thread before. Session lock. */
static bool look_up(pthread_t handle, struct handle *found)
{
    const struct handle *past = find(handle);
    if (past != NULL) {
        *found = *past;
        return true;
    }
    /* One whose making we have not seen is called detached too: nobody can be seen to join it. */
    const struct snarl_thread *thread =
        snarl_registry_find(&snarl_session.by_handle, (uint64_t)handle);
    if (thread == NULL || !thread->detached || thread->parent == 0)
        return false;
    *found = (struct handle){(uint64_t)handle, thread->id, true, {thread->parent, thread->created}};
    return true;
}

/* Whether the handle is that of a thread which may be joined or detached: without the lock. */
static bool is_fine(pthread_t handle)
{
    const struct snarl_thread *thread =
        snarl_registry_find(&snarl_session.by_handle, (uint64_t)handle);
    return thread != NULL && !thread->detached;
}

static void look_into(struct snarl_thread *self, pthread_t handle, struct snarl_site site,
                      enum snarl_misuse if_joined, enum snarl_misuse if_detached)
{
    struct snarl_entry entry = snarl_enter(self);
    struct handle found;
    snarl_session_lock();
    bool again = look_up(handle, &found);
    snarl_session_unlock();
    if (again) {
        struct snarl_fact_misuse fact =
            snarl_misuse_fact(found.detached ? if_detached : if_joined, SNARL_ERROR, found.by);
        fact.object = found.thread;
        snarl_misuse_note(self, site, fact);
    }
    snarl_leave(self, entry);
}

bool snarl_misuse_of_join(struct snarl_thread *self, pthread_t handle, struct snarl_site site)
{
    if (pthread_equal(handle, pthread_self())) {
        struct snarl_entry entry = snarl_enter(self);
        struct snarl_fact_misuse fact = {
            .misuse = SNARL_MISUSE_JOIN_SELF, .severity = SNARL_ERROR, .object = self->id};
        snarl_misuse_note(self, site, fact);
        snarl_leave(self, entry);
        return false;
    }
    if (!is_fine(handle))
        look_into(self, handle, site, SNARL_MISUSE_JOIN_TWICE, SNARL_MISUSE_JOIN_DETACHED);
    return true;
}

void snarl_misuse_of_detach(struct snarl_thread *self, pthread_t handle, struct snarl_site site)
{
    if (!is_fine(handle))
        look_into(self, handle, site, SNARL_MISUSE_DETACH_TWICE, SNARL_MISUSE_DETACH_TWICE);
}

/* Reads memory that may have gone. */
static bool read_safely(uintptr_t address, void *into, size_t size)
{
    struct iovec to = {into, size};
    struct iovec from = {(void *)address, size};
    return process_vm_readv(getpid(), &to, 1, &from, 1, 0) == (ssize_t)size;
}

/* Whether the lock says itself that it is held still; what cannot be read is not. */
static bool says_held(const struct snarl_thread *self, const struct snarl_holding *holding)
{
    pthread_mutex_t mutex;
    pthread_rwlock_t rwlock;
    pthread_spinlock_t spin;
    struct snarl_thing thing = {.kind = holding->kind};
    size_t size = 0;
    switch (holding->kind) {
    case SNARL_OBJECT_MUTEX:
        thing.address = (uintptr_t)&mutex;
        size = sizeof mutex;
        break;
    case SNARL_OBJECT_RWLOCK:
        thing.address = (uintptr_t)&rwlock;
        size = sizeof rwlock;
        break;
    case SNARL_OBJECT_SPIN:
        thing.address = (uintptr_t)&spin;
        size = sizeof spin;
        break;
    default:
        return (holding->kind >= SNARL_OBJECT_G_MUTEX && holding->kind <= SNARL_OBJECT_G_RW_LOCK) ||
               holding->kind == SNARL_OBJECT_ANNOTATED;
    }
    if (!read_safely(holding->address, (void *)thing.address, size))
        return false;
    struct snarl_lock_word word = snarl_misuse_word(thing);
    return word.owner == (uint32_t)self->tid || (word.owner == 0 && word.holders > 0);
}

void snarl_misuse_of_exit(struct snarl_thread *self)
{
    for (uint32_t i = 0; i < self->depth; i++) {
        struct snarl_holding holding = self->holdings[i];
        /* POSIX does not forbid it. What was taken before a fork has no stack here. */
        if (holding.address == 0 || holding.stack == 0 || !says_held(self, &holding))
            continue;
        struct snarl_fact_misuse fact =
            snarl_misuse_fact(SNARL_MISUSE_EXIT_HOLDING_LOCK, SNARL_WARNING,
                              (struct snarl_party){self->id, holding.stack});
        snarl_session_lock();
        const struct snarl_object *object = snarl_object_known(holding.address);
        if (object != NULL && object->lock == holding.lock && !(object->flags & SNARL_LOCK_ROBUST))
            fact.object =
                snarl_misuse_object(self, (struct snarl_thing){holding.address, holding.kind});
        snarl_session_unlock();
        if (fact.object != 0)
            snarl_misuse_note(self, (struct snarl_site){0}, fact);
    }
}
