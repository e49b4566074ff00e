/*
 * The search for cycles that a dependency closes with those that are in the graph already.
 *
 * First a breadth-first walk (cycle_walk.c) from the wanted lock along the links: if it reaches
 * none of the locks held, there is no cycle, and that is nearly always so. Else, for each held lock
 * that it reached, a depth-first search backwards from there, by growing length, over dependencies
 * of distinct threads whose held sets do not meet; the distances of the walk prune it. A chain that
 * could close is not made longer: nobody else may then hold what the first step wants.
 *
 * With readers that is a choice: several steps may read what another one wants. But past the steps
 * between them runs a shorter cycle, of no lesser severity, which is kept instead. So in the cycles
 * looked for each wanted lock is held by one step alone, as it is where all hold for themselves.
 */
#include <string.h>

#include "core/lock_order_private.h"

enum {
    STEPS_PER_SEARCH = 200 * 1000, /* dependencies looked at, per held lock */
    STEPS_PER_MEETING = 4,         /* in the time of which two are compared for their orders */
    STEPS_ONCE_FOUND = 10 * 1000,  /* ... for further sets of locks when there is a cycle */
    SETS_PER_SEARCH = 16,          /* new sets of locks kept, per held lock, shortest first */
    LONGEST_CYCLE = 1024,          /* steps; a ring of as many threads */
    RANKS_SEARCHED = 8,            /* threads that do the same, for further sets of locks */
    LIKE_TRIED = 16, /* threads that do the same, at one place, beside the first few */
};

/* One step of the chain, and how far the search has got beyond it. */
struct link_in_chain {
    struct snarl_dependency *step;
    uint32_t next_held; /* the held lock of the step to go on from next; now it is the one before */
    uint64_t place;     /* among which candidates it was found */
};

/* Lives in the arena, and does not recurse: a host thread's stack may be 16 KiB. */
struct snarl_search {
    struct snarl_lock_order *order;
    struct snarl_dependency *closing;
    struct snarl_order_node *goal; /* what the closing dependency wants */
    bool weak;                     /* whether what makes a warning may take part */
    bool first_only;               /* one cycle for each held lock is enough */
    bool found;
    bool orders_count;       /* they have kept steps apart */
    enum snarl_reason apart; /* why a chain that closes is no cycle: kept in `apart_steps` */
    uint32_t apart_length;
    uint64_t places; /* candidates for the end of a chain were looked through so often */
    uint64_t place;  /* ... which of these it is now */
    bool deeper;     /* a longer chain was cut by the length */
    size_t steps_left, steps_taken;
    uint32_t sets_left;
    uint32_t cycle_length;                     /* of the cycles looked for */
    uint32_t length;                           /* of the chain so far */
    struct link_in_chain chain[LONGEST_CYCLE]; /* [0] is closing; the others last step first */
    struct snarl_dependency *steps[LONGEST_CYCLE];
    struct snarl_dependency *apart_steps[LONGEST_CYCLE];
};

/* Which of its held locks the end of the chain is being extended from now. */
static uint32_t place_at_end(const struct snarl_search *search)
{
    return search->chain[search->length - 1].next_held - 1;
}

/* The lock that the next step of the chain wants. */
static struct snarl_order_node *wanted_next(const struct snarl_search *search)
{
    if (search->length == 0)
        return NULL;
    return search->chain[search->length - 1].step->held[place_at_end(search)];
}

static void push(struct snarl_search *search, struct snarl_dependency *dependency)
{
    struct snarl_order_node *wanted = wanted_next(search);
    search->chain[search->length++] = (struct link_in_chain){dependency, 0, search->place};
    if (wanted != NULL)
        wanted->chain_wants = true;
    for (uint32_t i = 0; i < dependency->held_count; i++) {
        if (snarl_dependency_shares(dependency, i))
            dependency->held[i]->chain_shares++;
        else
            dependency->held[i]->chain_holds++;
    }
}

static void pop(struct snarl_search *search)
{
    struct snarl_dependency *dependency = search->chain[--search->length].step;
    struct snarl_order_node *wanted = wanted_next(search);
    if (wanted != NULL)
        wanted->chain_wants = false;
    for (uint32_t i = 0; i < dependency->held_count; i++) {
        if (snarl_dependency_shares(dependency, i))
            dependency->held[i]->chain_shares--;
        else
            dependency->held[i]->chain_holds--;
    }
}

static bool is_obstacle(const struct snarl_search *search, const struct snarl_dependency *want,
                        const struct snarl_dependency *holder, uint32_t place)
{
    enum snarl_obstacle obstacle =
        snarl_order_obstacle(want->flags, snarl_dependency_shares(holder, place));
    return search->weak ? obstacle != SNARL_OBSTACLE_NONE : obstacle == SNARL_OBSTACLE_SOLID;
}

/* Whether somebody of the chain holds it, and one of the two for himself; or wants it, so that a
 * shorter cycle would run. */
static bool is_taken(const struct snarl_dependency *dependency, uint32_t place)
{
    const struct snarl_order_node *node = dependency->held[place];
    if (node->withdrawn)
        return false;
    if (node->chain_holds > 0)
        return true;
    return node->chain_shares > 0 &&
           (node->chain_wants || !snarl_dependency_shares(dependency, place));
}

/* Whether what it wants is kept from it by the end of the chain, in this search. */
static bool can_wait(const struct snarl_search *search, const struct snarl_dependency *dependency)
{
    if (dependency->flags & SNARL_WANT_TIMED && !search->weak)
        return false;
    return is_obstacle(search, dependency, search->chain[search->length - 1].step,
                       place_at_end(search));
}

/* Of the threads that do the same some stand for all: a cycle of n steps has no use for more than n
 * of them. Where orders between threads have kept some apart a few more are tried, that may lie
 * better. */
static bool is_one_too_many(struct snarl_search *search, const struct snarl_dependency *dependency)
{
    struct snarl_order_deed *deed = dependency->deed;
    if (deed == NULL || !search->orders_count)
        return dependency->rank >= search->cycle_length;
    if (deed->place != search->place) {
        deed->place = search->place;
        deed->tried = 0;
    }
    return deed->tried++ >= search->cycle_length + LIKE_TRIED;
}

static bool can_join(struct snarl_search *search, const struct snarl_dependency *dependency)
{
    if (dependency->flags != 0 && !can_wait(search, dependency))
        return false;
    for (uint32_t i = 0; i < search->length; i++)
        if (search->chain[i].step->thread == dependency->thread)
            return false;
    for (uint32_t i = 0; i < dependency->held_count; i++)
        if (is_taken(dependency, i))
            return false;
    return true;
}

/* Whether its segments can overlap with those of the others, as far as two at a time say. */
static bool can_meet_all(struct snarl_search *search, const struct snarl_dependency *dependency)
{
    search->steps_taken += search->length * STEPS_PER_MEETING;
    for (uint32_t i = search->length; i-- > 0;)
        if (!snarl_cycle_can_meet(search->order, search->chain[i].step, dependency)) {
            search->orders_count = true;
            return false;
        }
    return true;
}

static void keep(struct snarl_search *search, uint32_t length, enum snarl_reason reason)
{
    if (snarl_cycle_keep(search->order, search->steps, length, reason) && --search->sets_left == 0)
        search->steps_left = 0;
}

/* The chain is closing, last, ..., second: turns it round. Why its steps are kept apart. */
static enum snarl_reason turn_round(struct snarl_search *search, struct snarl_dependency *second)
{
    uint32_t length = search->length + 1;
    search->steps[0] = search->closing;
    search->steps[1] = second;
    for (uint32_t i = 2; i < length; i++)
        search->steps[i] = search->chain[length - i].step;
    return snarl_cycle_apart(search->order, search->steps, length);
}

/* The first chain that would close, but for its orders or the locks held for it, is remembered. */
static void note_apart(struct snarl_search *search, struct snarl_dependency *second)
{
    if (!search->order->keep_infeasible || search->apart != SNARL_REASON_NONE)
        return;
    search->apart = turn_round(search, second);
    search->apart_length = search->length + 1;
    memcpy(search->apart_steps, search->steps, search->apart_length * sizeof search->steps[0]);
}

static void found(struct snarl_search *search, struct snarl_dependency *second)
{
    if (turn_round(search, second) != SNARL_REASON_NONE) {
        search->orders_count = true;
        note_apart(search, second);
        return;
    }
    search->found = true;
    if (search->steps_left > STEPS_ONCE_FOUND)
        search->steps_left = STEPS_ONCE_FOUND;
    keep(search, search->length + 1, SNARL_REASON_NONE);
}

/* Where the step holds the goal, or held_count. */
static uint32_t place_of_goal(const struct snarl_search *search,
                              const struct snarl_dependency *step)
{
    uint32_t place = 0;
    while (place < step->held_count && step->held[place] != search->goal)
        place++;
    return place;
}

/* Tries the dependencies from `step` on that want one lock. With `left` == 1 they must close the
 * chain; else the first that can join is pushed. */
static void try_steps(struct snarl_search *search, struct snarl_dependency *step, uint32_t left)
{
    for (; step != NULL && search->steps_left > 0; step = step->next_wanting) {
        search->steps_left--;
        search->steps_taken++;
        if (!can_join(search, step))
            continue;
        uint32_t place = place_of_goal(search, step);
        bool closes = place < step->held_count;
        if (closes && !is_obstacle(search, search->closing, step, place))
            continue; /* two readers; and nobody can hold it against them */
        if (left == 1 && !closes) {
            search->deeper = true;
            continue;
        }
        if (left > 1 && closes)
            continue;
        if (!can_meet_all(search, step)) {
            if (left == 1)
                note_apart(search, step);
            continue;
        }
        if (is_one_too_many(search, step)) {
            if (step->deed != NULL)
                step = step->deed->last_wanting;
            continue;
        }
        if (left > 1) {
            push(search, step);
            return;
        }
        /* The others that close here do so through the same locks. */
        found(search, step);
    }
}

/* The lock to go on from at the end of the chain, or NULL when it has no other. */
static struct snarl_order_node *next_lock(struct snarl_search *search, uint32_t left)
{
    struct link_in_chain *end = &search->chain[search->length - 1];
    while (end->next_held < end->step->held_count) {
        struct snarl_order_node *node = end->step->held[end->next_held++];
        if (node->visited != search->order->searches || node->chain_shares > 1)
            continue;
        if (node->distance <= left)
            return node;
        search->deeper = true;
    }
    return NULL;
}

/* Looks for chains in which `left` dependencies follow the closing one backwards, the first of them
 * wanting `held`. */
static void extend(struct snarl_search *search, const struct snarl_order_node *held, uint32_t left)
{
    uint32_t base = search->length;
    struct snarl_dependency *candidate = held->wanting;
    search->place = ++search->places;
    while (search->steps_left > 0) {
        try_steps(search, candidate, left - (search->length - base));
        if (search->found && search->first_only)
            break;
        candidate = NULL;
        while (candidate == NULL && search->length > base) {
            struct snarl_order_node *node = next_lock(search, left - (search->length - base));
            if (node != NULL) {
                candidate = node->wanting;
                search->place = ++search->places;
            } else {
                /* Nothing beyond this step: on to the next one that wants the same lock. */
                candidate = search->chain[search->length - 1].step->next_wanting;
                search->place = search->chain[search->length - 1].place;
                pop(search);
            }
        }
        if (candidate == NULL)
            break;
    }
    while (search->length > base)
        pop(search);
}

static bool search_from(struct snarl_search *search, const struct snarl_order_node *held, bool weak)
{
    search->found = false;
    search->deeper = true;
    search->weak = weak;
    uint64_t share = snarl_cycle_fair_share(search->order);
    search->steps_left = share < STEPS_PER_SEARCH ? (size_t)share : STEPS_PER_SEARCH;
    search->steps_taken = 0;
    search->sets_left = SETS_PER_SEARCH;
    for (uint32_t left = held->distance; left < LONGEST_CYCLE && search->deeper; left++) {
        search->deeper = false;
        search->cycle_length = left + 1;
        extend(search, held, left);
        if (search->steps_left == 0 || (search->found && search->first_only))
            break;
    }
    if (search->steps_left == 0)
        search->order->searches_cut++;
    snarl_cycle_spend(search->order, search->steps_taken);
    return search->found;
}

/* NONE if nothing stands against it, of locks and threads. */
static enum snarl_reason reason_of(struct snarl_dependency *const *steps, uint32_t length)
{
    enum snarl_reason reason = SNARL_REASON_NONE;
    for (uint32_t i = 0; i < length; i++) {
        if (reason == SNARL_REASON_NONE &&
            snarl_cycle_obstacle(steps[i], steps[(i + 1) % length]) == SNARL_OBSTACLE_NONE)
            reason = SNARL_REASON_SHARED_MODE;
        for (uint32_t j = 0; j < i; j++) {
            if (steps[i]->thread == steps[j]->thread)
                return SNARL_REASON_SINGLE_THREAD;
            if (reason != SNARL_REASON_GATE_LOCK && snarl_cycle_is_gated(steps[i], steps[j]))
                reason = SNARL_REASON_GATE_LOCK;
        }
    }
    return reason;
}

/* Keeps a cycle that cannot happen: one whose steps are kept apart, else the shortest path. */
static void keep_infeasible(struct snarl_search *search, struct snarl_order_node *held)
{
    if (search->apart != SNARL_REASON_NONE) {
        memcpy(search->steps, search->apart_steps, search->apart_length * sizeof search->steps[0]);
        keep(search, search->apart_length, search->apart);
        return;
    }
    uint32_t length = held->distance + 1;
    if (length > LONGEST_CYCLE)
        return;
    search->steps[0] = search->closing;
    for (struct snarl_order_node *node = held; node != search->goal; node = node->reached_from)
        search->steps[node->distance] = node->reached_by->first;
    enum snarl_reason reason = reason_of(search->steps, length);
    if (reason == SNARL_REASON_NONE)
        reason = snarl_cycle_apart(search->order, search->steps, length);
    if (reason != SNARL_REASON_NONE)
        keep(search, length, reason);
}

void snarl_cycle_search(struct snarl_lock_order *order, struct snarl_dependency *closing)
{
    struct snarl_search *search = order->search;
    search->order = order;
    search->closing = closing;
    search->first_only = closing->rank >= RANKS_SEARCHED;
    search->goal = snarl_order_node_of(order, closing->lock, false);
    if (order->searches_to_come > 0)
        order->searches_to_come--;
    if (order->steps_in_all == 0) {
        order->searches_cut++;
        return;
    }
    if (!snarl_cycle_walk(order, search->goal, closing))
        return;

    push(search, closing);
    for (uint32_t i = 0; i < closing->held_count; i++) {
        struct snarl_order_node *held = closing->held[i];
        if (held->visited != order->searches)
            continue;
        search->chain[0].next_held = i + 1;
        search->apart = SNARL_REASON_NONE;
        search->orders_count = false;
        bool closed = false;
        if (!(closing->flags & SNARL_WANT_TIMED))
            closed |= search_from(search, held, false);
        if (order->weak)
            closed |= search_from(search, held, true);
        if (!closed && order->keep_infeasible)
            keep_infeasible(search, held);
    }
    pop(search);
}

size_t snarl_cycle_search_size(void)
{
    return sizeof(struct snarl_search);
}
