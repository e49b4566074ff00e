#include "preload/needs.h"

#include <errno.h>
#include <sys/uio.h>
#include <unistd.h>

#include "preload/acquire.h"
#include "preload/session.h"

/* The kernel's id of the owner. The owner alone sets and clears it, so what it says of a thread
 * that sleeps is true. What another thread waits for may be gone by the time that we look: its
 * memory is read by the kernel, which does not mind. */
static int owner_id(const pthread_mutex_t *mutex, bool ours)
{
    int owner = 0;
    struct iovec to = {&owner, sizeof owner};
    struct iovec from = {(void *)(uintptr_t)&mutex->__data.__owner, sizeof owner};
    if (!ours) {
        int saved = errno;
        ssize_t count = process_vm_readv(getpid(), &to, 1, &from, 1, 0);
        bool gone = count < 0 && errno == EFAULT;
        errno = saved;
        if (count == (ssize_t)sizeof owner || gone)
            return owner;
    }
    return __atomic_load_n(&mutex->__data.__owner, __ATOMIC_ACQUIRE);
}

/* `shared` with other processes: the parent's threads may give it back, though in this child they
 * are absent, and one of them goes on as another. */
static struct snarl_thread *owner_of(uintptr_t mutex, bool ours, bool shared)
{
    int owner = owner_id(snarl_mutex_at(mutex), ours);
    struct snarl_thread *thread =
        owner > 0 ? snarl_registry_find(&snarl_session.by_tid, (uint64_t)owner) : NULL;
    if (thread == NULL || (shared && thread->absent))
        return NULL;
    return thread->tid == owner || (!shared && thread->tid_in_parent == owner) ? thread : NULL;
}

/* Whether the thread that has it waits for itself when it takes it again. */
static bool is_plain(const pthread_mutex_t *mutex)
{
    int type = mutex->__data.__kind & 3;
    return type != PTHREAD_MUTEX_ERRORCHECK_NP && type != PTHREAD_MUTEX_RECURSIVE_NP;
}

/* Who owns the mutex that the thread wants. */
static struct snarl_thread *wanted_owner(const struct snarl_thread *thread, uintptr_t mutex,
                                         bool shared)
{
    bool ours = thread == snarl_self;
    struct snarl_thread *owner = owner_of(mutex, ours, shared);
    /* libc itself refuses to lock an error-checking mutex twice, and grants a recursive one (which
     * is not tried first where it is robust). Another thread's wait for itself is not ours to
     * judge. */
    if (owner == thread && (!ours || !is_plain(snarl_mutex_at(mutex))))
        return NULL;
    return owner;
}

static bool holds(struct snarl_thread *thread, uintptr_t address, bool exclusively)
{
    const struct snarl_holding *holding = snarl_holding_of(thread, address);
    return holding != NULL && (!exclusively || !holding->shared);
}

/* A writer that waits for the rwlock, and cannot be passed by readers that come after it. */
static bool waits_to_write(const struct snarl_thread *thread, uintptr_t address)
{
    struct snarl_published_want want;
    return snarl_needs_want(thread, &want) && want.kind == SNARL_WANTS_LOCK &&
           want.object == address && !(want.flags & (SNARL_WANT_ROW_SHARED | SNARL_WANT_ROW_TIMED));
}

/* Who, by the books, stands in the way of a reader or a writer. The place in the list is kept in
 * the thread, from one index to the next: holders may leave in between, and none that stays may be
 * passed over. */
static struct snarl_thread *holder(struct snarl_thread *thread,
                                   const struct snarl_published_want *want, size_t index)
{
    bool shared = want->flags & SNARL_WANT_ROW_SHARED;
    bool behind_writers = want->flags & SNARL_WANT_ROW_BEHIND_WRITERS;
    struct snarl_thread *other = index == 0 ? snarl_session.threads : thread->after_needed;
    for (; other != NULL; other = other->next) {
        bool needed = holds(other, want->object, shared) ||
                      (behind_writers && other != thread && waits_to_write(other, want->object));
        if (needed) {
            thread->after_needed = other->next;
            return other;
        }
    }
    return NULL;
}

static struct snarl_thread *joined(const struct snarl_published_want *want)
{
    struct snarl_thread *thread = snarl_registry_find(&snarl_session.by_handle, want->object);
    if (thread == NULL || (want->joined != 0 && want->joined != thread->id) ||
        thread->state == SNARL_THREAD_ENDED)
        return NULL;
    return thread;
}

bool snarl_needs_want(const struct snarl_thread *thread, struct snarl_published_want *want)
{
    uint64_t sequence = __atomic_load_n(&thread->want.sequence, __ATOMIC_SEQ_CST);
    if (sequence % 2 == 0)
        return false;
    *want = thread->want;
    want->sequence = sequence;
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
    return __atomic_load_n(&thread->want.sequence, __ATOMIC_SEQ_CST) == sequence;
}

bool snarl_needs_one(const struct snarl_published_want *want)
{
    switch (want->kind) {
    case SNARL_WANTS_LOCK:
        return want->object_kind == SNARL_OBJECT_MUTEX;
    case SNARL_WANTS_CONDITION:
        return want->object_kind == SNARL_OBJECT_CONDITION;
    default:
        return true;
    }
}

struct snarl_thread *snarl_needs(struct snarl_thread *thread,
                                 const struct snarl_published_want *want, size_t index)
{
    if (index > 0 && snarl_needs_one(want))
        return NULL;
    bool timed = want->flags & SNARL_WANT_ROW_TIMED;
    bool shared = want->flags & SNARL_WANT_ROW_PROCESS_SHARED;
    switch (want->kind) {
    case SNARL_WANTS_LOCK:
        if (timed)
            return NULL;
        return want->object_kind == SNARL_OBJECT_MUTEX ? wanted_owner(thread, want->object, shared)
                                                       : holder(thread, want, index);
    case SNARL_WANTS_CONDITION: {
        /* Signalled, or timed out: either way it needs the mutex back. */
        struct snarl_published_want back = {.object = want->mutex,
                                            .object_kind = SNARL_OBJECT_G_MUTEX};
        struct snarl_thread *owner = want->object_kind == SNARL_OBJECT_CONDITION
                                         ? owner_of(want->mutex, thread == snarl_self, shared)
                                         : holder(thread, &back, index);
        return owner == thread ? NULL : owner;
    }
    case SNARL_WANTS_THREAD:
        return timed || thread->cancelled ? NULL : joined(want);
    default:
        return NULL;
    }
}
