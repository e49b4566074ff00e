#include "preload/deadlock.h"

#include "core/wait_for.h"
#include "preload/annotated.h"
#include "preload/needs.h"
#include "preload/object.h"
#include "preload/options.h"
#include "preload/say.h"
#include "preload/session.h"

enum {
    ABORT_STATUS = 66,    /* as `snarl run` reports findings */
    MOST_DEADLOCKS = 100, /* written down; a program that goes on at EDEADLK may make thousands */
};

/* Programs say that they wait for a lock of their own even if it is free. */
static bool is_free_of_holders(const struct snarl_published_want *want)
{
    return want->kind == SNARL_WANTS_LOCK && want->object_kind == SNARL_OBJECT_ANNOTATED &&
           !snarl_annotated_may_be_held(want->object);
}

/* Follows the waits as long as each needs one thread only. False if that ends at a thread that
 * runs, or could give up: then there is no circle. */
static bool may_close(struct snarl_thread *self)
{
    struct snarl_thread *thread = self;
    for (size_t i = 0; i <= snarl_session.threads_alive; i++) {
        struct snarl_published_want want;
        if (thread->absent)
            return true;
        if (!snarl_needs_want(thread, &want) || is_free_of_holders(&want))
            return false;
        if (!snarl_needs_one(&want))
            return true;
        thread = snarl_needs(thread, &want, 0);
        if (thread == NULL)
            return false;
        if (thread == self)
            return true;
    }
    return true;
}

static uint64_t read_sequence(void *context, void *data)
{
    const struct snarl_thread *thread = data;
    (void)context;
    return __atomic_load_n(&thread->want.sequence, __ATOMIC_SEQ_CST);
}

static void *read_needs(void *context, void *data, size_t index)
{
    struct snarl_published_want want;
    struct snarl_thread *self = context;
    struct snarl_thread *thread = data;
    /* Who is not here any more will never let go: as good as waiting for us. */
    if (thread->absent)
        return index == 0 ? self : NULL;
    return snarl_needs_want(thread, &want) ? snarl_needs(thread, &want, index) : NULL;
}

static bool first_visit(void *context, void *data, uint64_t search)
{
    struct snarl_thread *thread = data;
    (void)context;
    bool first = thread->visited != search;
    thread->visited = search;
    return first;
}

/* The circle that the thread is on, in memory that the caller gives back; its length, or 0. Session
 * lock. */
static size_t circle(struct snarl_thread *self, struct snarl_wait_step *steps, size_t room)
{
    static uint64_t searches;
    struct snarl_wait_reader reader = {.sequence = read_sequence,
                                       .needs = read_needs,
                                       .first_visit = first_visit,
                                       .context = self,
                                       .search = ++searches,
                                       .steps = steps,
                                       .room = room};
    return snarl_wait_for_circle(&reader, self);
}

/* How many bytes the step of a thread takes in a deadlock fact. It stands still, but for signal
 * handlers: its books may be read. */
static size_t step_size(const struct snarl_thread *thread)
{
    return sizeof(struct snarl_deadlock_step) + thread->depth * sizeof(struct snarl_held);
}

static uint32_t wanted_object(struct snarl_thread *self, const struct snarl_published_want *want)
{
    switch (want->kind) {
    case SNARL_WANTS_THREAD: {
        const struct snarl_thread *joined =
            snarl_registry_find(&snarl_session.by_handle, want->object);
        return joined != NULL ? joined->id : 0;
    }
    case SNARL_WANTS_CONDITION: {
        bool glib = want->object_kind == SNARL_OBJECT_G_COND;
        struct snarl_thing mutex = {want->mutex, glib ? SNARL_OBJECT_G_MUTEX : SNARL_OBJECT_MUTEX};
        return snarl_object_id(self, mutex, true);
    }
    case SNARL_WANTS_LOCK:
        return snarl_object_id(self, (struct snarl_thing){want->object, want->object_kind}, true);
    default:
        return 0;
    }
}

static void fill_step(struct snarl_deadlock_step *step, struct snarl_thread *self,
                      const struct snarl_thread *thread, uint32_t depth)
{
    const struct snarl_published_want *want = &thread->want;
    step->thread = thread->id;
    if (!thread->absent) {
        step->want_kind = want->kind;
        step->stack = thread->row->want_stack;
        step->flags = want->flags;
        step->object = wanted_object(self, want);
    }
    step->held_count = depth;
    for (uint32_t i = 0; i < depth; i++) {
        const struct snarl_holding *holding = &thread->holdings[i];
        step->held[i] = (struct snarl_held){holding->lock, holding->stack, holding->shared};
        if (holding->address != 0)
            snarl_object_id(self, (struct snarl_thing){holding->address, holding->kind}, true);
    }
}

static void write_deadlock(struct snarl_thread *self, const struct snarl_wait_step *circle,
                           size_t length)
{
    size_t size = 0;
    for (size_t i = 0; i < length; i++)
        size += step_size(circle[i].thread);
    char *steps = snarl_session_allocate(size);
    if (steps == NULL)
        return;
    char *next = steps;
    for (size_t i = 0; i < length; i++) {
        struct snarl_thread *thread = circle[i].thread;
        uint32_t depth = thread->depth;
        if (next + sizeof(struct snarl_deadlock_step) + depth * sizeof(struct snarl_held) >
            steps + size)
            break; /* a signal handler has taken locks in between */
        fill_step((struct snarl_deadlock_step *)next, self, thread, depth);
        next += sizeof(struct snarl_deadlock_step) + depth * sizeof(struct snarl_held);
        thread->in_deadlock = true;
    }
    struct snarl_fact_deadlock fact = {.header.kind = SNARL_FACT_DEADLOCK,
                                       .count = (uint32_t)length};
    struct iovec parts[] = {{&fact, sizeof fact}, {steps, size}};
    snarl_session_write(parts, 2);
    snarl_arena_free(&snarl_session.arena, steps, size);
    snarl_session.deadlocks++;
}

/* A thread that locks a mutex which it has already waits for itself, unless another may release it,
 * against the rules. One that does so itself counts on it: its mutexes are signals, and that proves
 * nothing. Whoever looks from outside will see whether anything can still run. */
static bool may_be_let_go(const struct snarl_thread *self, size_t length)
{
    return length == 1 && self->hands_over && self->want.object_kind == SNARL_OBJECT_MUTEX;
}

/* Whether it is on a circle; one that is new is written down, and `*fresh` set. Session lock. */
static bool find(struct snarl_thread *self, bool *fresh)
{
    size_t room = snarl_session.threads_alive + snarl_session.threads_absent + 1;
    struct snarl_wait_step *steps = snarl_session_allocate(room * sizeof *steps);
    if (steps == NULL)
        return false;
    size_t length = circle(self, steps, room);
    length = may_be_let_go(self, length) ? 0 : length;
    /* Two that close a circle in the same instant both see it, and one that was refused may try
     * again: one report is enough. */
    const struct snarl_thread *next = length > 0 ? steps[1 % length].thread : NULL;
    *fresh = next != NULL && !next->in_deadlock && snarl_session.deadlocks < MOST_DEADLOCKS;
    if (*fresh) {
        snarl_thread_write_name(self);
        write_deadlock(self, steps, length);
    }
    snarl_arena_free(&snarl_session.arena, steps, room * sizeof *steps);
    return length > 0;
}

bool snarl_deadlock_judge(struct snarl_thread *self)
{
    if (!may_close(self))
        return false;
    struct snarl_entry entry = snarl_enter(self);
    bool fresh;
    snarl_session_lock();
    bool found = find(self, &fresh);
    snarl_session_unlock();
    if (found && fresh && !snarl_options.quiet)
        snarl_say("deadlock: see ", snarl_session.writer.path, NULL);
    if (found && snarl_options.on_deadlock == SNARL_ON_DEADLOCK_ABORT)
        syscall(SYS_exit_group,
                snarl_options.exitcode != 0 ? (int)snarl_options.exitcode : ABORT_STATUS);
    snarl_leave(self, entry);
    return found && snarl_options.on_deadlock == SNARL_ON_DEADLOCK_EDEADLK;
}
