#include "preload/services.h"

#include "base/hash.h"
#include "preload/calls.h"
#include "preload/object.h"
#include "preload/options.h"
#include "preload/session.h"
#include "preload/stacks.h"
#include "preload/thread_watch.h"

struct snarl_thread_watch snarl_thread_watch;

/* The calling thread, if a signal has interrupted it in the host's code. */
static struct snarl_thread *interrupted(void)
{
    struct snarl_thread *self = snarl_self;
    bool outside =
        self != NULL && (self->state == SNARL_THREAD_READY || self->state == SNARL_THREAD_CHAOS);
    return outside && snarl_session.running && self->id != 0 ? self : NULL;
}

static bool describe(struct snarl_service_thread *thread)
{
    const struct snarl_thread *self = interrupted();
    if (self == NULL)
        return false;
    *thread = (struct snarl_service_thread){.id = self->id,
                                            .segment = self->segment,
                                            .stack_low = self->stack_low,
                                            .stack_high = self->stack_high,
                                            .held_count = self->depth};
    uint64_t hash = 0;
    for (uint32_t i = 0; i < self->depth; i++)
        hash += snarl_hash_mix(0, self->holdings[i].lock); /* in whatever order */
    thread->held_hash = (uint32_t)hash;
    return true;
}

static uint32_t capture(const ucontext_t *context, bool behind)
{
    struct snarl_thread *self = interrupted();
    if (self == NULL)
        return 0;
    struct snarl_entry entry = snarl_enter(self);
    uint32_t stack = snarl_stack_capture_context(self, context, behind);
    snarl_leave(self, entry);
    return stack;
}

static uint32_t frame(uintptr_t return_address)
{
    struct snarl_thread *self = interrupted();
    if (self == NULL)
        return 0;
    struct snarl_entry entry = snarl_enter(self);
    uint32_t stack = snarl_stack_of_frame(return_address);
    snarl_leave(self, entry);
    return stack;
}

static size_t held(struct snarl_held *items, size_t room)
{
    struct snarl_thread *self = interrupted();
    size_t count = 0;
    if (self == NULL)
        return 0;
    struct snarl_entry entry = snarl_enter(self);
    snarl_session_lock();
    for (uint32_t i = 0; i < self->depth && count < room; i++) {
        const struct snarl_holding *holding = &self->holdings[i];
        if (holding->address == 0)
            continue;
        snarl_object_id(self, (struct snarl_thing){holding->address, holding->kind}, true);
        items[count++] = (struct snarl_held){holding->lock, holding->stack, holding->shared};
    }
    snarl_session_unlock();
    snarl_leave(self, entry);
    return count;
}

static void write_fact(const struct iovec *parts, size_t count)
{
    struct snarl_thread *self = interrupted();
    if (self == NULL)
        return;
    struct snarl_entry entry = snarl_enter(self);
    snarl_session_lock();
    snarl_thread_write_name(self);
    snarl_session_write(parts, count);
    snarl_session_unlock();
    snarl_leave(self, entry);
}

static void lose(enum snarl_loss loss)
{
    struct snarl_thread *self = interrupted();
    if (self == NULL)
        return;
    struct snarl_entry entry = snarl_enter(self);
    snarl_session_lock();
    snarl_session_lose(loss);
    snarl_session_unlock();
    snarl_leave(self, entry);
}

static void watch_threads(const struct snarl_thread_watch *watch)
{
    snarl_thread_watch = *watch;
}

static struct snarl_releases releases(const struct snarl_releases *replacement)
{
    struct snarl_releases before = {snarl_real.free, snarl_real.realloc};
    if (replacement != NULL) {
        snarl_real.free = replacement->free;
        snarl_real.realloc = replacement->realloc;
    }
    return before;
}

SNARL_EXPORT const struct snarl_services *snarl_services(void)
{
    static struct snarl_services services = {.version = SNARL_SERVICES_VERSION,
                                             .describe = describe,
                                             .capture = capture,
                                             .frame = frame,
                                             .held = held,
                                             .write = write_fact,
                                             .lose = lose,
                                             .watch_threads = watch_threads,
                                             .releases = releases};
    services.race_budget = snarl_options.race_budget;
    services.race_watchpoints = snarl_options.race_watchpoints;
    return &services;
}
