#include "preload/wait.h"

#include "base/clock.h"
#include "preload/annotated.h"
#include "preload/deadlock.h"
#include "preload/misuse.h"
#include "preload/modules.h"
#include "preload/object.h"
#include "preload/options.h"
#include "preload/session.h"

/* A wait as it is published: what the row says, and what other threads read. */
static void publish(struct snarl_thread *self, const struct snarl_wait_frame *wait)
{
    struct snarl_thread_row *row = self->row;
    struct snarl_published_want *want = &self->want;
    row->want_kind = wait->want.kind;
    row->want_object = wait->object.object;
    row->want_described =
        wait->object.address != 0 ? wait->object : (struct snarl_row_object){0}; /* a thread */
    row->want_mutex = wait->mutex;
    row->want_stack = wait->stack;
    row->want_flags = wait->want.flags;
    row->want_since = wait->since;

    /* One instruction raises the number, so that the waits of a signal handler, two numbers each,
     * fit in anywhere; what such a one has left in the fields is seen, and mended. */
    for (;;) {
        want->kind = wait->want.kind;
        want->flags = wait->want.flags;
        want->object_kind = wait->want.object_kind;
        want->joined = wait->want.joined;
        want->object = wait->want.object;
        want->mutex = wait->want.mutex;
        want->frame = wait->want.frame;
        uint64_t sequence = __atomic_add_fetch(&want->sequence, 1, __ATOMIC_SEQ_CST);
        __atomic_store_n(&row->sequence, sequence, __ATOMIC_RELEASE);
        if (want->frame == wait->want.frame)
            break;
        __atomic_add_fetch(&want->sequence, 1, __ATOMIC_SEQ_CST);
    }
}

/* The next sequence number, an even one: no wait is published. */
static void withdraw(struct snarl_thread *self)
{
    uint64_t sequence = __atomic_add_fetch(&self->want.sequence, 1, __ATOMIC_SEQ_CST);
    __atomic_store_n(&self->row->sequence, sequence, __ATOMIC_RELEASE);
    self->in_deadlock = false;
}

/* Whether the call that published the wait is still on the stack: a signal handler may have jumped
 * out of it. Its frame is then above us, or others have written over it. The wait for a lock of the
 * program's own goes on until the program says that it has ended. */
static bool is_alive(const struct snarl_thread *self, const struct snarl_published_want *want,
                     struct snarl_site site)
{
    bool lasting = self->annotated_wait != NULL && want->frame == &self->annotated_wait->frame;
    return (lasting || (uintptr_t)want->frame > site.frame) && want->frame->mark == want->sequence;
}

/* What the thread's cache knows of a thing, for the row; false if it does not. The rest of the
 * description is filled in from the object itself where nothing is cached. */
static bool recall(struct snarl_thread *self, struct snarl_thing thing,
                   struct snarl_row_object *described)
{
    if (thing.address == 0)
        return true;
    const struct snarl_lock_entry *entry = snarl_lock_entry_of(self, thing.address);
    uint32_t lock = snarl_object_recall(self, thing) & SNARL_LOCK_ID;
    if (lock == 0)
        return false;
    const struct snarl_lock_description *known =
        &self->caches.descriptions[entry - self->caches.locks];
    if (known->untold)
        return false;
    *described =
        (struct snarl_row_object){lock, thing.kind, known->created, known->value, thing.address};
    return true;
}

static void describe(struct snarl_thread *self, struct snarl_thing thing,
                     struct snarl_row_object *described)
{
    struct snarl_object *object = thing.address != 0 ? snarl_object_at(self, thing, false) : NULL;
    if (object == NULL)
        return;
    if (object->name != NULL)
        snarl_object_id(self, thing, true); /* the row has no room for the name */
    *described = snarl_object_describe(object);
}

/* Fills in the stack, and what stands for the objects in the recording. */
static void identify(struct snarl_thread *self, const struct snarl_waited *waited,
                     struct snarl_site site, struct snarl_wait_frame *wait)
{
    bool join = waited->kind == SNARL_WANTS_THREAD;
    self->site_caller = site.caller; /* others may take what lies in its frames meanwhile */
    self->site_frame = site.frame;
    struct snarl_thing mutex = {waited->mutex, SNARL_OBJECT_MUTEX};
    if (waited->thing.kind == SNARL_OBJECT_G_COND)
        mutex.kind = SNARL_OBJECT_G_MUTEX;
    wait->stack = snarl_stack_recall(self, site);
    if (wait->stack != 0 && !join && recall(self, waited->thing, &wait->object) &&
        recall(self, mutex, &wait->mutex))
        return;

    struct snarl_entry entry = snarl_enter(self);
    if (wait->stack == 0)
        wait->stack = snarl_stack_capture(self, site);
    else
        snarl_modules_refresh(); /* the object's own must stand before it in the recording */
    snarl_session_lock();
    if (join) {
        const struct snarl_thread *thread =
            snarl_registry_find(&snarl_session.by_handle, (uint64_t)waited->handle);
        wait->object.object = wait->want.joined = thread != NULL ? thread->id : 0;
    } else {
        describe(self, waited->thing, &wait->object);
        describe(self, mutex, &wait->mutex);
    }
    snarl_session_unlock();
    if (!join) {
        snarl_misuse_settle(self, waited->thing, site);
        snarl_misuse_settle(self, mutex, site);
    }
    snarl_leave(self, entry);
}

/* Puts aside the wait that is published already, if there is one. */
static void put_aside(struct snarl_thread *self, struct snarl_site site,
                      struct snarl_wait_frame *frame)
{
    const struct snarl_thread_row *row = self->row;
    frame->want = self->want;
    frame->mark = 0;
    if (frame->want.sequence % 2 == 0)
        return;
    frame->object = row->want_described;
    frame->object.object = row->want_object;
    frame->mutex = row->want_mutex;
    frame->stack = row->want_stack;
    frame->since = row->want_since;
    withdraw(self);
    if (!is_alive(self, &frame->want, site))
        frame->want.sequence = 0;
}

enum snarl_wait_verdict snarl_wait_begin(struct snarl_thread *self,
                                         const struct snarl_waited *waited, struct snarl_site site,
                                         struct snarl_wait_frame *frame)
{
    bool join = waited->kind == SNARL_WANTS_THREAD;
    /* An allocator takes locks; it does not wait for anything else. */
    if (waited->kind != SNARL_WANTS_LOCK)
        snarl_stacks_warm_if_worth(self);
    struct snarl_wait_frame wait = {
        .want = {.kind = waited->kind,
                 .flags = waited->flags,
                 .object_kind = waited->thing.kind,
                 .object = join ? (uintptr_t)waited->handle : waited->thing.address,
                 .mutex = waited->mutex},
        .since = snarl_clock_read(CLOCK_MONOTONIC_COARSE),
    };
    uint32_t flags = join ? 0 : snarl_thing_flags(waited->thing);
    if (flags & SNARL_LOCK_SHARED)
        wait.want.flags |= SNARL_WANT_ROW_PROCESS_SHARED;
    if (flags & SNARL_LOCK_PREFERS_WRITERS && waited->flags & SNARL_WANT_ROW_SHARED)
        wait.want.flags |= SNARL_WANT_ROW_BEHIND_WRITERS;
    identify(self, waited, site, &wait);

    put_aside(self, site, frame);
    self->row->last_stack = wait.stack;
    wait.want.frame = frame;
    publish(self, &wait);
    frame->mark = self->want.sequence;

    /* One that waits for a condition has the mutex still: who takes it will see what that closes.
     */
    bool judged = waited->kind == SNARL_WANTS_LOCK || join;
    if (!judged || waited->flags & SNARL_WANT_ROW_TIMED || !snarl_session.running ||
        !snarl_options.detect_deadlocks || !snarl_deadlock_judge(self))
        return SNARL_WAIT_GO_ON;
    snarl_wait_end(self, frame);
    return SNARL_WAIT_REFUSED;
}

void snarl_wait_end(struct snarl_thread *self, const struct snarl_wait_frame *frame)
{
    if (self->want.sequence % 2 != 0)
        withdraw(self);
    /* A signal handler waited within a wait: take up the outer one, under a new number. */
    if (frame->want.sequence % 2 == 0)
        return;
    publish(self, frame);
    ((struct snarl_wait_frame *)(uintptr_t)frame->want.frame)->mark = self->want.sequence;
}

void snarl_wait_leave(void *frame)
{
    snarl_wait_end(snarl_self, frame);
}
