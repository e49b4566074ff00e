#include "core/blocked.h"

struct snarl_blocked_thread *snarl_blocked_find(const struct snarl_blocked_story *story,
                                                uint32_t thread)
{
    size_t from = 0, to = story->thread_count;
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        if (story->threads[middle].thread < thread)
            from = middle + 1;
        else
            to = middle;
    }
    return from < story->thread_count && story->threads[from].thread == thread
               ? &story->threads[from]
               : NULL;
}

static bool is_alive(const struct snarl_blocked_story *story, uint32_t thread)
{
    return snarl_blocked_find(story, thread) != NULL;
}

static void name_waker(const struct snarl_blocked_story *story, struct snarl_blocked_why *why,
                       struct snarl_blocked_waker waker)
{
    for (size_t i = 0; i < why->waker_count; i++) {
        const struct snarl_blocked_waker *known = &why->wakers[i];
        if (known->thread == waker.thread && known->how == waker.how && known->stack == waker.stack)
            return;
    }
    if (why->waker_count == SNARL_BLOCKED_WAKERS)
        return;
    waker.ended = !is_alive(story, waker.thread);
    why->wakers[why->waker_count++] = waker;
}

/* What is known of the wakes of an object. */
struct heard {
    bool any, all_lost;
    bool alive, alive_lost; /* by threads that are alive */
};

static struct heard hear_wakes(const struct snarl_blocked_story *story,
                               struct snarl_blocked_why *why, uint32_t object, enum snarl_waker how)
{
    struct heard heard = {.all_lost = true};
    for (int alive = 1; alive >= 0; alive--)
        for (size_t i = 0; i < story->wake_count; i++) {
            const struct snarl_blocked_wake *wake = &story->wakes[i];
            if (wake->object != object || object == 0 || is_alive(story, wake->thread) != alive)
                continue;
            heard.any = true;
            heard.all_lost &= wake->lost;
            heard.alive |= alive;
            heard.alive_lost |= alive && wake->lost;
            name_waker(
                story, why,
                (struct snarl_blocked_waker){
                    .thread = wake->thread, .how = how, .stack = wake->stack, .lost = wake->lost});
        }
    return heard;
}

/* Who is kept out by what the waiter holds; the mutex that it gave back keeps out nobody. */
static bool name_needy(const struct snarl_blocked_story *story, struct snarl_blocked_why *why,
                       const struct snarl_blocked_thread *waiter)
{
    bool any = false;
    for (size_t i = 0; i < story->thread_count; i++) {
        const struct snarl_blocked_thread *other = &story->threads[i];
        if (other == waiter || other->want != SNARL_BLOCKED_ON_LOCK)
            continue;
        for (size_t j = 0; j < waiter->held_count; j++) {
            const struct snarl_held *held = &waiter->held[j];
            if (held->lock != other->object || held->lock == waiter->mutex ||
                (held->shared && other->shared))
                continue;
            any = true;
            name_waker(story, why,
                       (struct snarl_blocked_waker){.thread = other->thread,
                                                    .how = SNARL_WAKER_NEEDS_LOCK});
        }
    }
    return any;
}

static bool name_holders(const struct snarl_blocked_story *story, struct snarl_blocked_why *why,
                         uint32_t lock)
{
    bool any = false;
    for (size_t i = 0; i < story->thread_count; i++) {
        const struct snarl_blocked_thread *holder = &story->threads[i];
        for (size_t j = 0; j < holder->held_count; j++) {
            if (holder->held[j].lock != lock || lock == 0)
                continue;
            any = true;
            name_waker(story, why,
                       (struct snarl_blocked_waker){.thread = holder->thread,
                                                    .how = SNARL_WAKER_HOLDS,
                                                    .stack = holder->held[j].stack});
        }
    }
    return any;
}

static void explain_condition(const struct snarl_blocked_story *story,
                              const struct snarl_blocked_thread *waiter,
                              struct snarl_blocked_why *why)
{
    bool nested = name_needy(story, why, waiter);
    struct heard heard = hear_wakes(story, why, waiter->object, SNARL_WAKER_SIGNALLED);
    if (nested)
        why->cause = SNARL_CAUSE_NESTED_MONITOR;
    else if (!heard.any)
        why->cause = SNARL_CAUSE_NEVER_SIGNALLED;
    else if (heard.alive ? heard.alive_lost : heard.all_lost)
        why->cause = SNARL_CAUSE_LOST_WAKEUP;
    else
        why->cause = SNARL_CAUSE_WOKE_ANOTHER;
}

/* A semaphore that is used as a lock has holders, whose posts are no wakes; and who would post it
 * may need a lock. */
static void explain_semaphore(const struct snarl_blocked_story *story,
                              const struct snarl_blocked_thread *waiter,
                              struct snarl_blocked_why *why)
{
    struct heard heard = hear_wakes(story, why, waiter->object, SNARL_WAKER_POSTED);
    name_holders(story, why, waiter->object);
    name_needy(story, why, waiter);
    why->cause = heard.any ? SNARL_CAUSE_POSTED_TOO_FEW : SNARL_CAUSE_NEVER_POSTED;
    for (size_t i = 0; i < why->waker_count && !heard.any; i++)
        if (why->wakers[i].how == SNARL_WAKER_HOLDS && why->wakers[i].thread != waiter->thread)
            why->cause = SNARL_CAUSE_HOLDER_BLOCKED;
}

static bool is_at_barrier(const struct snarl_blocked_thread *thread, uint32_t barrier)
{
    return thread != NULL && thread->want == SNARL_BLOCKED_ON_BARRIER && thread->object == barrier;
}

static void name_missing(const struct snarl_blocked_story *story, struct snarl_blocked_why *why,
                         uint32_t barrier, const struct snarl_blocked_wake *arrival)
{
    if (arrival->object != barrier || barrier == 0 ||
        is_at_barrier(snarl_blocked_find(story, arrival->thread), barrier))
        return;
    name_waker(story, why,
               (struct snarl_blocked_waker){
                   .thread = arrival->thread, .how = SNARL_WAKER_MISSING, .stack = arrival->stack});
}

static void explain_barrier(const struct snarl_blocked_story *story,
                            const struct snarl_blocked_thread *waiter,
                            struct snarl_blocked_why *why)
{
    why->cause = SNARL_CAUSE_BARRIER_SHORT;
    why->parties = waiter->parties;
    for (size_t i = 0; i < story->thread_count; i++)
        why->arrived += is_at_barrier(&story->threads[i], waiter->object);
    for (size_t i = 0; i < story->wake_count; i++)
        name_missing(story, why, waiter->object, &story->wakes[i]);
    if (why->waker_count > 0)
        return;
    for (size_t i = 0; i < story->thread_count; i++)
        if (!is_at_barrier(&story->threads[i], waiter->object))
            name_waker(story, why,
                       (struct snarl_blocked_waker){.thread = story->threads[i].thread,
                                                    .how = SNARL_WAKER_MISSING});
}

static void explain_end_of_waits(const struct snarl_blocked_story *story,
                                 const struct snarl_blocked_thread *waiter,
                                 struct snarl_blocked_why *why)
{
    why->cause = SNARL_CAUSE_STILL_IN_USE;
    for (size_t i = 0; i < story->thread_count; i++) {
        const struct snarl_blocked_thread *other = &story->threads[i];
        if ((other->want == SNARL_BLOCKED_ON_CONDITION ||
             other->want == SNARL_BLOCKED_ON_BARRIER) &&
            other->object == waiter->object)
            name_waker(story, why,
                       (struct snarl_blocked_waker){.thread = other->thread,
                                                    .how = SNARL_WAKER_WAITS_THERE});
    }
}

/* All but whether a join waits for the joiner. */
static void explain_alone(const struct snarl_blocked_story *story,
                          const struct snarl_blocked_thread *waiter, struct snarl_blocked_why *why)
{
    why->cause = SNARL_CAUSE_UNKNOWN;
    why->arrived = why->parties = 0;
    why->waker_count = 0;
    switch (waiter->want) {
    case SNARL_BLOCKED_ON_LOCK:
        why->cause = name_holders(story, why, waiter->object) ? SNARL_CAUSE_HOLDER_BLOCKED
                                                              : SNARL_CAUSE_HOLDER_GONE;
        break;
    case SNARL_BLOCKED_ON_THREAD:
        why->cause = SNARL_CAUSE_JOIN_OF_BLOCKED;
        name_waker(
            story, why,
            (struct snarl_blocked_waker){.thread = waiter->object, .how = SNARL_WAKER_JOINED});
        break;
    case SNARL_BLOCKED_ON_CONDITION:
        explain_condition(story, waiter, why);
        break;
    case SNARL_BLOCKED_ON_SEMAPHORE:
        explain_semaphore(story, waiter, why);
        break;
    case SNARL_BLOCKED_ON_BARRIER:
        explain_barrier(story, waiter, why);
        break;
    case SNARL_BLOCKED_ON_END_OF_WAITS:
        explain_end_of_waits(story, waiter, why);
        break;
    case SNARL_BLOCKED_ON_UNKNOWN:
        break;
    }
}

/* Whether all who have signalled, posted or are missing, the waiter aside, are one thread. */
static bool has_sole_waker(const struct snarl_blocked_why *why, uint32_t waiter,
                           enum snarl_waker how)
{
    uint32_t sole = 0;
    for (size_t i = 0; i < why->waker_count; i++) {
        const struct snarl_blocked_waker *waker = &why->wakers[i];
        if (waker->how != how || waker->thread == waiter)
            continue;
        if (sole != 0 && sole != waker->thread)
            return false;
        sole = waker->thread;
    }
    return true;
}

/* Whether the wait surely needs this waker, as one of several or alone. */
static bool is_needed(const struct snarl_blocked_why *why, uint32_t waiter,
                      const struct snarl_blocked_waker *waker)
{
    switch (waker->how) {
    case SNARL_WAKER_HOLDS:
    case SNARL_WAKER_JOINED:
    case SNARL_WAKER_WAITS_THERE:
        return true;
    case SNARL_WAKER_MISSING:
        return waker->stack != 0 || has_sole_waker(why, waiter, waker->how);
    case SNARL_WAKER_SIGNALLED:
    case SNARL_WAKER_POSTED:
        return has_sole_waker(why, waiter, waker->how);
    case SNARL_WAKER_NEEDS_LOCK:
    case SNARL_WAKER_KINDS:
        break;
    }
    return false;
}

/* Whether `from` waits, over whatever threads, for `target`. The threads still to be looked at are
 * a list through `next`: index plus one, 0 at its end. */
static bool waits_for(struct snarl_blocked_story *story, struct snarl_blocked_thread *from,
                      const struct snarl_blocked_thread *target)
{
    for (size_t i = 0; i < story->thread_count; i++)
        story->threads[i].reached = false;
    size_t list = (size_t)(from - story->threads) + 1;
    from->reached = true;
    from->next = 0;
    while (list != 0) {
        struct snarl_blocked_thread *thread = &story->threads[list - 1];
        list = thread->next;
        if (thread == target)
            return true;
        struct snarl_blocked_why why;
        explain_alone(story, thread, &why);
        for (size_t i = 0; i < why.waker_count; i++) {
            struct snarl_blocked_thread *next = snarl_blocked_find(story, why.wakers[i].thread);
            if (next == NULL || next->reached || !is_needed(&why, thread->thread, &why.wakers[i]))
                continue;
            next->reached = true;
            next->next = list;
            list = (size_t)(next - story->threads) + 1;
        }
    }
    return false;
}

void snarl_blocked_explain(struct snarl_blocked_story *story, size_t index,
                           struct snarl_blocked_why *why)
{
    struct snarl_blocked_thread *waiter = &story->threads[index];
    explain_alone(story, waiter, why);
    if (waiter->want != SNARL_BLOCKED_ON_THREAD)
        return;
    struct snarl_blocked_thread *joined = snarl_blocked_find(story, waiter->object);
    if (joined != NULL && waits_for(story, joined, waiter))
        why->cause = SNARL_CAUSE_JOIN_OF_WAITER;
}
