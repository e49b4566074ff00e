#include "preload/steer.h"

#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/hash.h"
#include "preload/acquire.h"
#include "preload/needs.h"
#include "preload/session.h"
#include "preload/steer_match.h"
#include "preload/steer_parts.h"

enum {
    LOOK_INTERVAL = 10 * 1000 * 1000, /* nanoseconds between looks at what the others do */
    STILL_LOOKS = 8,    /* so many of them must see the same before nothing else can run */
    MOST_FACTS = 32,    /* of one step and event */
    MOST_TRIES = 10000, /* threads tried in the search for one for each step */
    MOST_RENEWALS = 16, /* times that what was held in vain is held for long again */
};

/* A thread that is held. Looked at by others; taken off the books by whoever lets it go. */
struct held {
    struct held *next;
    struct snarl_thread *thread;
    uint32_t ticket; /* this time's; 0 once it is let go: what the thread sleeps on */
    uint32_t steps;  /* bits: those that it may be */
    uint32_t stack;
    uint32_t still;  /* looks that saw nothing else run */
    uint64_t others; /* what the last one saw */
    uintptr_t wants; /* 0 where that is not known yet */
    uint64_t deadline;
    bool chosen;
};

/* All by the session's lock. */
static struct {
    const struct snarl_schedule *schedule;
    struct held *held, *spare;
    uint32_t last_ticket;
    uint32_t yields;
    uint32_t renewals;
    uint32_t threads_seen;
    uint32_t steps_seen;
    uint64_t bound[SNARL_SCHEDULE_STEPS]; /* nanoseconds for which a step's thread is held */
    uint32_t facts[SNARL_SCHEDULE_STEPS][SNARL_STEERED_KINDS];
} steering;

static void renew_bounds(void)
{
    for (uint32_t i = 0; i < steering.schedule->step_count; i++)
        steering.bound[i] = steering.schedule->bound_ms * 1000000u;
}

void snarl_steer_begin(const struct snarl_schedule *schedule)
{
    steering.schedule = schedule;
    snarl_steer_match_start(schedule);
    renew_bounds();
    snarl_steering = true;
}

void snarl_steer_in_child(void)
{
    if (!snarl_steering)
        return;
    const struct snarl_schedule *schedule = steering.schedule;
    memset(&steering, 0, sizeof steering);
    snarl_steer_match_in_child();
    snarl_steer_begin(schedule);
}

static uint32_t lowest(uint32_t steps)
{
    return (uint32_t)__builtin_ctz(steps);
}

/* What keeps a thread from coming. */
struct other {
    struct snarl_thread *thread;
    struct snarl_published_want want;
};

static uint32_t wanted_object(struct snarl_thread *self, const struct snarl_published_want *want)
{
    if (want->kind == SNARL_WANTS_THREAD)
        return want->joined;
    return snarl_object_id(self, (struct snarl_thing){want->object, want->object_kind}, true);
}

static void write_fact(struct snarl_thread *self, const struct held *held, uint32_t step,
                       enum snarl_steered steered, const struct other *other)
{
    if (steering.facts[step][steered]++ >= MOST_FACTS)
        return;
    struct snarl_fact_steered fact = {
        .header.kind = SNARL_FACT_STEERED,
        .at = snarl_clock_monotonic(),
        .step = step,
        .steered = steered,
        .thread = held->thread->id,
        .stack = held->stack,
    };
    if (other != NULL && other->thread != NULL) {
        fact.other = other->thread->id;
        fact.other_want_kind = other->want.kind;
        fact.other_stack = other->thread->row->want_stack;
        fact.other_object = wanted_object(self, &other->want);
    }
    struct iovec part = {&fact, sizeof fact};
    snarl_session_write(&part, 1);
}

static void let_go(struct held *held)
{
    struct held **place = &steering.held;
    while (*place != held)
        place = &(*place)->next;
    *place = held->next;
    __atomic_store_n(&held->ticket, 0, __ATOMIC_RELEASE);
    syscall(SYS_futex, &held->ticket, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
    held->next = steering.spare;
    steering.spare = held;
}

static struct held *held_as(const struct snarl_thread *thread)
{
    struct held *held = steering.held;
    while (held != NULL && held->thread != thread)
        held = held->next;
    return held;
}

/* Chooses a thread for each step from `step` on, so that what one wants is what the next one holds.
 * Counts its tries. */
static bool choose(struct held **chosen, uint32_t step, uint32_t *tries)
{
    uint32_t count = steering.schedule->step_count;
    if (step == count) {
        uintptr_t last = chosen[count - 1]->wants;
        return last == 0 || snarl_steer_holds(chosen[0]->thread, 0, last);
    }
    uintptr_t wanted = step > 0 ? chosen[step - 1]->wants : 0;
    for (struct held *held = steering.held; held != NULL; held = held->next) {
        if (held->chosen || !(held->steps & 1u << step) || ++*tries > MOST_TRIES ||
            (wanted != 0 && !snarl_steer_holds(held->thread, step, wanted)))
            continue;
        chosen[step] = held;
        held->chosen = true;
        bool found = choose(chosen, step + 1, tries);
        held->chosen = false;
        if (found)
            return true;
    }
    return false;
}

/* If all are there, lets them go. */
static bool meet(struct snarl_thread *self)
{
    struct held *chosen[SNARL_SCHEDULE_STEPS];
    uint32_t tries = 0, steps = 0, count = steering.schedule->step_count;
    for (const struct held *held = steering.held; held != NULL; held = held->next)
        steps |= held->steps;
    if (steps != (uint32_t)((UINT64_C(1) << count) - 1) || !choose(chosen, 0, &tries))
        return false;
    for (uint32_t i = 0; i < count; i++)
        write_fact(self, chosen[i], i, SNARL_STEERED_MET, NULL);
    for (uint32_t i = 0; i < count; i++)
        let_go(chosen[i]);
    return true;
}

/* Where something is new (a thread, a step that was not reached before), what was held in vain is
 * worth waiting for again. */
static void renew_where_worth(uint32_t steps)
{
    bool news =
        snarl_session.last_thread != steering.threads_seen || (steps & ~steering.steps_seen) != 0;
    steering.threads_seen = snarl_session.last_thread;
    steering.steps_seen |= steps;
    if (news && steering.renewals < MOST_RENEWALS) {
        steering.renewals++;
        renew_bounds();
    }
}

static uint64_t longest_bound(uint32_t steps)
{
    uint64_t longest = 0;
    for (uint32_t i = 0; i < steering.schedule->step_count; i++)
        if (steps & 1u << i && steering.bound[i] > longest)
            longest = steering.bound[i];
    return longest;
}

static void halve_bounds(uint32_t steps)
{
    for (uint32_t i = 0; i < steering.schedule->step_count; i++)
        if (steps & 1u << i)
            steering.bound[i] = steering.bound[i] > 2000000u ? steering.bound[i] / 2 : 0;
}

/* The thread has come to the place of these steps. The record under which it is held, or NULL. */
static struct held *arrive(struct snarl_thread *self, uint32_t steps, uintptr_t wants,
                           uint32_t stack)
{
    uint64_t now = snarl_clock_monotonic();
    for (struct held *held = steering.held, *next; held != NULL; held = next) {
        next = held->next;
        if (now > held->deadline + 10 * LOOK_INTERVAL)
            let_go(held); /* it was left: by a signal handler that jumped, by a cancellation */
    }
    if (held_as(self) != NULL)
        return NULL; /* a signal handler, within */
    struct held *held = steering.spare;
    if (held != NULL)
        steering.spare = held->next;
    else
        held = snarl_session_allocate(sizeof *held);
    if (held == NULL)
        return NULL;
    renew_where_worth(steps);
    *held = (struct held){.next = steering.held,
                          .thread = self,
                          .ticket = ++steering.last_ticket,
                          .steps = steps,
                          .stack = stack,
                          .wants = wants,
                          .deadline = now + longest_bound(steps)};
    steering.held = held;
    write_fact(self, held, lowest(steps), SNARL_STEERED_REACHED, NULL);
    if (meet(self))
        return NULL;
    if (held->deadline > now)
        return held;
    let_go(held); /* it was held in vain too often */
    return NULL;
}

/* What all threads that are not held wait for, as a number that changes as soon as one runs; 0 if
 * one does run, or could by itself. */
static uint64_t what_others_wait_for(void)
{
    uint64_t sum = 1;
    for (const struct snarl_thread *thread = snarl_session.threads; thread; thread = thread->next) {
        struct snarl_published_want want;
        if (thread->absent || thread->state == SNARL_THREAD_ENDED || held_as(thread) != NULL)
            continue;
        if (thread->tid == 0 || !snarl_needs_want(thread, &want) ||
            want.flags & SNARL_WANT_ROW_TIMED)
            return 0;
        sum += snarl_hash_mix(thread->id, want.sequence);
    }
    return sum;
}

/* A thread that could have come for a step at which nobody is held, and waits. */
static struct other find_other(void)
{
    struct other other = {NULL, {0}};
    uint32_t there = 0;
    for (const struct held *held = steering.held; held != NULL; held = held->next)
        there |= held->steps;
    for (struct snarl_thread *thread = snarl_session.threads; thread; thread = thread->next)
        for (uint32_t i = 0; i < steering.schedule->step_count; i++)
            if (!(there & 1u << i) && !thread->absent && thread->state != SNARL_THREAD_ENDED &&
                held_as(thread) == NULL && snarl_steer_is_thread(thread, i) &&
                snarl_needs_want(thread, &other.want)) {
                other.thread = thread;
                return other;
            }
    return other;
}

/* Whoever of the held ones; by the seed. */
static struct held *who_yields(void)
{
    uint64_t count = 0;
    for (const struct held *held = steering.held; held != NULL; held = held->next)
        count++;
    uint64_t turn = snarl_hash_mix(steering.schedule->seed, steering.yields++) % count;
    struct held *held = steering.held;
    while (turn-- > 0)
        held = held->next;
    return held;
}

static void end_in_vain(struct snarl_thread *self, struct held *held, enum snarl_steered steered)
{
    struct other other = find_other();
    write_fact(self, held, lowest(held->steps), steered, &other);
    halve_bounds(held->steps);
    let_go(held);
}

/* A look at what the others do, now and then while it is held. */
static void look(struct snarl_thread *self, struct held *held, uint32_t ticket)
{
    struct snarl_entry entry = snarl_enter(self);
    snarl_session_lock();
    if (held->ticket == ticket) {
        uint64_t others = what_others_wait_for();
        held->still = others != 0 && others == held->others ? held->still + 1 : 0;
        held->others = others;
        if (snarl_clock_monotonic() >= held->deadline)
            end_in_vain(self, held, SNARL_STEERED_EXPIRED);
        else if (held->still >= STILL_LOOKS)
            end_in_vain(self, who_yields(), SNARL_STEERED_YIELDED);
    }
    snarl_session_unlock();
    snarl_leave(self, entry);
}

/* Outside our own code, so that a handler's calls are seen as ever. In the child that one has
 * forked all records are wiped, and the thread is another one. */
static struct snarl_thread *stay(struct snarl_thread *self, struct held *held, uint32_t ticket)
{
    static const struct timespec interval = {.tv_nsec = LOOK_INTERVAL};
    int error = *self->error;
    while (snarl_thread_ready() == self &&
           __atomic_load_n(&held->ticket, __ATOMIC_ACQUIRE) == ticket) {
        syscall(SYS_futex, &held->ticket, FUTEX_WAIT_PRIVATE, ticket, &interval, NULL, 0);
        if (snarl_thread_ready() == self)
            look(self, held, ticket);
    }
    errno = error;
    return snarl_thread_ready();
}

struct snarl_thread *snarl_steer_before(struct snarl_thread *self, struct snarl_thing thing,
                                        struct snarl_site site)
{
    uint32_t stack = snarl_stack_recall(self, site);
    if (self->depth == 0 || (stack != 0 && snarl_steer_is_dull(stack)) ||
        snarl_holding_of(self, thing.address) != NULL)
        return self;
    struct snarl_entry entry = snarl_enter(self);
    stack = snarl_stack_capture(self, site); /* what a memo says is not exact */
    snarl_session_lock();
    uint32_t steps = snarl_steer_steps_wanting(self, thing, stack);
    struct held *held = steps != 0 ? arrive(self, steps, thing.address, stack) : NULL;
    uint32_t ticket = held != NULL ? held->ticket : 0;
    snarl_session_unlock();
    snarl_leave(self, entry);
    return held != NULL ? stay(self, held, ticket) : self;
}

struct snarl_thread *snarl_steer_after(struct snarl_thread *self, struct snarl_thing thing)
{
    const struct snarl_holding *holding = snarl_holding_of(self, thing.address);
    if (holding == NULL || holding->count > 1 || snarl_steer_is_dull(holding->stack))
        return self;
    uint32_t stack = holding->stack;
    struct snarl_entry entry = snarl_enter(self);
    snarl_session_lock();
    uint32_t steps = snarl_steer_steps_taken(self, thing);
    struct held *held = steps != 0 ? arrive(self, steps, 0, stack) : NULL;
    uint32_t ticket = held != NULL ? held->ticket : 0;
    snarl_session_unlock();
    snarl_leave(self, entry);
    return held != NULL ? stay(self, held, ticket) : self;
}
