#include "preload/wait.h"

#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/clock.h"
#include "core/wait_for.h"
#include "preload/acquire.h"
#include "preload/modules.h"
#include "preload/options.h"
#include "preload/say.h"
#include "preload/session.h"

enum {
    ABORT_STATUS = 66,    /* as `snarl run` reports findings */
    MOST_DEADLOCKS = 100, /* written down; a program that goes on at EDEADLK may make thousands */
};

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

static struct snarl_thread *owner_of(const pthread_mutex_t *mutex, bool ours)
{
    int owner = owner_id(mutex, ours);
    struct snarl_thread *thread =
        owner > 0 ? snarl_registry_find(&snarl_session.by_tid, (uint64_t)owner) : NULL;
    return thread != NULL && thread->tid == owner ? thread : NULL;
}

/* The one thread without which this wait cannot end. */
static struct snarl_thread *ender_of(const struct snarl_thread *thread,
                                     const struct snarl_published_want *want)
{
    const pthread_mutex_t *mutex = (const void *)want->object;
    bool ours = thread == snarl_self;
    struct snarl_thread *ender;
    switch (want->kind) {
    case SNARL_WANTS_LOCK:
        ender = want->timed ? NULL : owner_of(mutex, ours);
        /* libc itself refuses to lock an error-checking mutex twice. Another thread's wait for
         * itself is not ours to judge. */
        if (ender == thread && (!ours || (mutex->__data.__kind & 3) == PTHREAD_MUTEX_ERRORCHECK_NP))
            return NULL;
        return ender;
    case SNARL_WANTS_CONDITION:
        /* Signalled, or timed out: either way it needs the mutex back. */
        ender = owner_of(mutex, ours);
        return ender == thread ? NULL : ender;
    case SNARL_WANTS_THREAD:
        ender = snarl_registry_find(&snarl_session.by_handle, want->object);
        if (ender == NULL || (want->joined != 0 && want->joined != ender->id) ||
            ender->state == SNARL_THREAD_ENDED)
            return NULL;
        return ender;
    default:
        return NULL;
    }
}

static struct snarl_wait read_wait(void *context, void *data)
{
    const struct snarl_thread *thread = data;
    struct snarl_wait wait = {.sequence = 0, .next = NULL};
    (void)context;
    wait.sequence = __atomic_load_n(&thread->want.sequence, __ATOMIC_SEQ_CST);
    if (wait.sequence % 2 == 0)
        return wait;
    struct snarl_published_want want = thread->want;
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
    if (__atomic_load_n(&thread->want.sequence, __ATOMIC_SEQ_CST) == wait.sequence)
        wait.next = ender_of(thread, &want);
    return wait;
}

static size_t circle(struct snarl_thread *self)
{
    struct snarl_wait_reader reader = {
        .read = read_wait, .context = NULL, .threads = snarl_session.threads_alive + 1};
    return snarl_wait_for_circle(&reader, self);
}

/* A thread of a deadlock. It stands still, but for signal handlers: its books may be read, and
 * are not counted twice. */
struct member {
    struct snarl_thread *thread;
    uint32_t depth;
};

/* How many bytes its step takes in a deadlock fact. */
static size_t step_size(const struct member *member)
{
    return sizeof(struct snarl_deadlock_step) + member->depth * sizeof(struct snarl_held);
}

static void fill_step(struct snarl_deadlock_step *step, struct snarl_thread *self,
                      const struct member *member)
{
    const struct snarl_thread *thread = member->thread;
    step->thread = thread->id;
    step->want_kind = thread->want.kind;
    step->stack = thread->row->want_stack;
    if (thread->want.kind == SNARL_WANTS_THREAD) {
        const struct snarl_thread *joined =
            snarl_registry_find(&snarl_session.by_handle, thread->want.object);
        step->object = joined != NULL ? joined->id : 0;
    } else {
        step->object = snarl_lock_id(self, (const pthread_mutex_t *)thread->want.object, true);
    }
    step->held_count = member->depth;
    for (uint32_t i = 0; i < member->depth; i++) {
        const struct snarl_holding *holding = &thread->holdings[i];
        step->held[i] = (struct snarl_held){holding->lock, holding->stack};
        if (holding->address != 0)
            snarl_lock_id(self, (const pthread_mutex_t *)holding->address, true);
    }
}

/* Lists the threads of the circle; returns the bytes that their steps take, 0 if it is none. */
static size_t list_members(struct snarl_thread *self, struct member *members, size_t length)
{
    size_t size = 0;
    struct snarl_thread *thread = self;
    for (size_t i = 0; i < length && thread != NULL; i++) {
        members[i] = (struct member){thread, thread->depth};
        size += step_size(&members[i]);
        thread = read_wait(NULL, thread).next;
    }
    return thread == self ? size : 0;
}

static void write_steps(struct snarl_thread *self, const struct member *members, size_t length,
                        size_t size)
{
    char *steps = snarl_session_allocate(size);
    if (steps == NULL)
        return;
    char *next = steps;
    for (size_t i = 0; i < length; i++) {
        fill_step((struct snarl_deadlock_step *)next, self, &members[i]);
        next += step_size(&members[i]);
        members[i].thread->in_deadlock = true;
    }
    struct snarl_fact_deadlock fact = {.header.kind = SNARL_FACT_DEADLOCK,
                                       .count = (uint32_t)length};
    struct iovec parts[] = {{&fact, sizeof fact}, {steps, size}};
    snarl_session_write(parts, 2);
    snarl_arena_free(&snarl_session.arena, steps, size);
    snarl_session.deadlocks++;
}

static void write_deadlock(struct snarl_thread *self, size_t length)
{
    struct member *members = snarl_session_allocate(length * sizeof *members);
    if (members == NULL)
        return;
    size_t size = list_members(self, members, length);
    if (size > 0)
        write_steps(self, members, length, size);
    snarl_arena_free(&snarl_session.arena, members, length * sizeof *members);
}

/* Judges again now that no other thread can report, and reports. Whether there is a deadlock. */
static bool report(struct snarl_thread *self)
{
    snarl_session_lock();
    size_t length = circle(self);
    /* Two that close a circle in the same instant both see it, and one that was refused may try
     * again: one report is enough. */
    const struct snarl_thread *next = length > 0 ? read_wait(NULL, self).next : NULL;
    bool fresh = next != NULL && !next->in_deadlock && snarl_session.deadlocks < MOST_DEADLOCKS;
    if (fresh) {
        snarl_thread_write_name(self);
        write_deadlock(self, length);
    }
    snarl_session_unlock();
    if (fresh && !snarl_options.quiet)
        snarl_say("deadlock: see ", snarl_session.writer.path, NULL);
    if (length > 0 && snarl_options.on_deadlock == SNARL_ON_DEADLOCK_ABORT)
        syscall(SYS_exit_group,
                snarl_options.exitcode != 0 ? (int)snarl_options.exitcode : ABORT_STATUS);
    return length > 0;
}

/* A wait as it is published: what the row says, and what other threads read. */
static void publish(struct snarl_thread *self, const struct snarl_wait_frame *wait)
{
    struct snarl_thread_row *row = self->row;
    struct snarl_published_want *want = &self->want;
    row->want_kind = wait->want.kind;
    row->want_object = wait->object;
    row->want_stack = wait->stack;
    row->want_timed = wait->want.timed;
    row->want_since = wait->since;

    /* One instruction raises the number, so that the waits of a signal handler, two numbers each,
     * fit in anywhere; what such a one has left in the fields is seen, and mended. */
    for (;;) {
        want->kind = wait->want.kind;
        want->joined = wait->want.joined;
        want->object = wait->want.object;
        want->timed = wait->want.timed;
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
 * out of it. Its frame is then above us, or others have written over it. */
static bool is_alive(const struct snarl_published_want *want, struct snarl_site site)
{
    return (uintptr_t)want->frame > site.frame && want->frame->mark == want->sequence;
}

/* Fills in the stack, and what stands for the object in the recording. */
static void identify(struct snarl_thread *self, const struct snarl_waited *waited,
                     struct snarl_site site, struct snarl_wait_frame *wait)
{
    bool join = waited->kind == SNARL_WANTS_THREAD;
    wait->stack = snarl_stack_recall(self, site);
    uint32_t lock = join ? 0 : snarl_lock_recall(self, (uintptr_t)waited->mutex);
    wait->object = lock & ~SNARL_LOCK_WRITTEN;
    if (wait->stack != 0 && lock & SNARL_LOCK_WRITTEN)
        return;

    struct snarl_entry entry = snarl_enter(self);
    if (wait->stack == 0)
        wait->stack = snarl_stack_capture(self, site);
    else
        snarl_modules_refresh(); /* the lock's own must stand before it in the recording */
    snarl_session_lock();
    if (join) {
        const struct snarl_thread *thread =
            snarl_registry_find(&snarl_session.by_handle, (uint64_t)waited->handle);
        wait->object = wait->want.joined = thread != NULL ? thread->id : 0;
    } else {
        wait->object = snarl_lock_id(self, waited->mutex, true);
    }
    snarl_session_unlock();
    snarl_leave(self, entry);
}

enum snarl_wait_verdict snarl_wait_begin(struct snarl_thread *self,
                                         const struct snarl_waited *waited, struct snarl_site site,
                                         struct snarl_wait_frame *frame)
{
    const struct snarl_thread_row *row = self->row;
    struct snarl_wait_frame wait = {
        .want = {.kind = waited->kind,
                 .timed = waited->timed,
                 .object = waited->kind == SNARL_WANTS_THREAD ? (uintptr_t)waited->handle
                                                              : (uintptr_t)waited->mutex},
        .since = snarl_clock_read(CLOCK_MONOTONIC_COARSE),
    };
    identify(self, waited, site, &wait);

    *frame = (struct snarl_wait_frame){self->want, row->want_object, row->want_stack,
                                       row->want_since, 0};
    if (frame->want.sequence % 2 != 0) {
        withdraw(self);
        if (!is_alive(&frame->want, site))
            frame->want.sequence = 0;
    }
    self->row->last_stack = wait.stack;
    wait.want.frame = frame;
    publish(self, &wait);
    frame->mark = self->want.sequence;

    /* One that waits for a condition has the mutex still: who takes it will see what that closes.
     */
    if (waited->timed || waited->kind == SNARL_WANTS_CONDITION || !snarl_session.running ||
        !snarl_options.detect_deadlocks || circle(self) == 0)
        return SNARL_WAIT_GO_ON;
    struct snarl_entry entry = snarl_enter(self);
    bool deadlock = report(self);
    snarl_leave(self, entry);
    if (!deadlock || snarl_options.on_deadlock != SNARL_ON_DEADLOCK_EDEADLK)
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
