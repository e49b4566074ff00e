/*
 * The search for cycles that a new dependency closes.
 *
 * First a breadth-first walk from the wanted lock along the links: if it reaches none of the locks
 * held, there is no cycle, and that is nearly always so. Else, for each held lock that it reached,
 * a depth-first search backwards from there, by growing length, over dependencies of distinct
 * threads whose held sets do not meet; the distances of the walk prune it. A chain that could close
 * is not made longer: nobody else may then hold what the first step wants.
 */
#include <string.h>

#include "base/hash.h"
#include "core/lock_order_private.h"

enum {
    STEPS_PER_SEARCH = 200 * 1000, /* dependencies looked at, per held lock */
    STEPS_ONCE_FOUND = 10 * 1000,  /* ... for further sets of locks when there is a cycle */
    SETS_PER_SEARCH = 16,          /* new sets of locks kept, per held lock, shortest first */
    LONGEST_CYCLE = 1024,          /* steps; a ring of as many threads */
    RANKS_SEARCHED = 8,            /* threads that do the same, for further sets of locks */
};

/* One step of the chain, and how far the search has got beyond it. */
struct link_in_chain {
    struct snarl_dependency *step;
    uint32_t next_held; /* the held lock of the step to go on from next */
};

/* Lives in the arena, and does not recurse: a host thread's stack may be 16 KiB. */
struct snarl_search {
    struct snarl_lock_order *order;
    struct snarl_dependency *closing;
    struct snarl_order_node *goal; /* what the closing dependency wants */
    bool timed;                    /* whether timed wants may take part */
    bool first_only;               /* one cycle for each held lock is enough */
    bool found;
    bool deeper; /* a longer chain was cut by the length */
    size_t steps_left;
    uint32_t sets_left;
    uint32_t cycle_length;                     /* of the cycles looked for */
    uint32_t length;                           /* of the chain so far */
    struct link_in_chain chain[LONGEST_CYCLE]; /* [0] is closing; the others last step first */
    struct snarl_dependency *steps[LONGEST_CYCLE];
};

/* Marks the shortest way from the goal to every lock it reaches; true if that includes one held. */
static bool walk(struct snarl_search *search)
{
    uint64_t mark = ++search->order->searches;
    struct snarl_order_node *queue = search->goal, *end = search->goal;
    search->goal->visited = mark;
    search->goal->distance = 0;
    search->goal->queue_next = NULL;
    for (; queue != NULL; queue = queue->queue_next) {
        for (struct snarl_order_link *link = queue->links; link != NULL; link = link->next) {
            if (link->to->visited == mark)
                continue;
            link->to->visited = mark;
            link->to->distance = queue->distance + 1;
            link->to->reached_by = link;
            link->to->reached_from = queue;
            link->to->queue_next = NULL;
            end = end->queue_next = link->to;
        }
    }
    for (uint32_t i = 0; i < search->closing->held_count; i++)
        if (search->closing->held[i]->visited == mark)
            return true;
    return false;
}

static void push(struct snarl_search *search, struct snarl_dependency *dependency)
{
    search->chain[search->length++] = (struct link_in_chain){dependency, 0};
    for (uint32_t i = 0; i < dependency->held_count; i++)
        dependency->held[i]->chain_holds++;
}

static void pop(struct snarl_search *search)
{
    struct snarl_dependency *dependency = search->chain[--search->length].step;
    for (uint32_t i = 0; i < dependency->held_count; i++)
        dependency->held[i]->chain_holds--;
}

/* Of the threads that do the same, the first n can stand for all in a cycle of n steps: it has no
 * use for more threads than that. */
static bool can_join(const struct snarl_search *search, const struct snarl_dependency *dependency)
{
    if (dependency->flags & SNARL_WANT_TIMED && !search->timed)
        return false;
    if (dependency->rank >= search->cycle_length)
        return false;
    for (uint32_t i = 0; i < search->length; i++)
        if (search->chain[i].step->thread == dependency->thread)
            return false;
    for (uint32_t i = 0; i < dependency->held_count; i++)
        if (dependency->held[i]->chain_holds > 0)
            return false;
    return true;
}

/* The same for the same locks wanted, in whatever order. Two cycles of one key have one length. */
static uint64_t key_of(struct snarl_dependency *const *steps, uint32_t length)
{
    uint64_t sum = 0;
    for (uint32_t i = 0; i < length; i++)
        sum += snarl_hash_mix(0, steps[i]->lock);
    return snarl_hash_mix(sum, length);
}

static enum snarl_severity severity_of(struct snarl_dependency *const *steps, uint32_t length)
{
    for (uint32_t i = 0; i < length; i++)
        if (steps[i]->flags & SNARL_WANT_TIMED)
            return SNARL_WARNING;
    return SNARL_ERROR;
}

/* Makes `cycle` the one of search->steps, turned so that the first thread comes first: which step
 * closed it is chance. */
static void describe(const struct snarl_search *search, struct snarl_cycle *cycle,
                     enum snarl_reason reason, enum snarl_severity severity)
{
    cycle->status = reason == SNARL_REASON_NONE ? SNARL_PREDICTED : SNARL_INFEASIBLE;
    cycle->reason = reason;
    cycle->severity = severity;
    cycle->search = search->order->searches;
    uint32_t first = 0;
    for (uint32_t i = 1; i < cycle->length; i++)
        if (search->steps[i]->thread < search->steps[first]->thread)
            first = i;
    for (uint32_t i = 0; i < cycle->length; i++)
        cycle->steps[i] = search->steps[(first + i) % cycle->length];
}

static struct snarl_cycle *make(const struct snarl_search *search, uint32_t length)
{
    size_t size = sizeof(struct snarl_cycle) + length * sizeof(struct snarl_dependency *);
    struct snarl_cycle *cycle = snarl_arena_allocate(search->order->arena, size);
    if (cycle != NULL)
        cycle->length = length;
    return cycle;
}

static void append(struct snarl_lock_order *order, struct snarl_cycle *cycle)
{
    struct snarl_arena *arena = order->arena;
    HASH_ADD(by_locks, order->by_locks, key, sizeof cycle->key, cycle);
    if (!SNARL_TABLE_HAS(cycle, by_locks))
        return;
    if (order->last_cycle != NULL)
        order->last_cycle->next = cycle;
    else
        order->first_cycle = cycle;
    order->last_cycle = cycle;
}

/* One more chain through the locks of a known cycle; one of each search is enough. */
static void add_also(const struct snarl_search *search, struct snarl_cycle *known)
{
    if (known->search == search->order->searches)
        return;
    known->search = search->order->searches;
    if (known->also_count++ >= SNARL_ALSO_KEPT)
        return;
    struct snarl_cycle *cycle = make(search, known->length);
    if (cycle == NULL)
        return;
    describe(search, cycle, known->reason, known->severity);
    cycle->next = known->also;
    known->also = cycle;
}

/* Keeps the cycle of search->steps, if it says something new. */
static void keep(struct snarl_search *search, uint32_t length, enum snarl_reason reason)
{
    struct snarl_lock_order *order = search->order;
    enum snarl_severity severity =
        reason == SNARL_REASON_NONE ? severity_of(search->steps, length) : SNARL_NOTE;
    uint64_t key = key_of(search->steps, length);
    struct snarl_cycle *known;
    HASH_FIND(by_locks, order->by_locks, &key, sizeof key, known);
    if (known == NULL) {
        known = make(search, length);
        if (known == NULL)
            return;
        known->key = key;
        describe(search, known, reason, severity);
        append(order, known);
        if (--search->sets_left == 0)
            search->steps_left = 0;
    } else if (severity > known->severity) {
        known->also = NULL;
        known->also_count = 0;
        describe(search, known, reason, severity);
    } else if (severity == known->severity && severity > SNARL_NOTE) {
        add_also(search, known);
    }
}

/* The chain is closing, last, ..., second: turn it round. */
static void found(struct snarl_search *search, struct snarl_dependency *second)
{
    search->steps[0] = search->closing;
    search->steps[1] = second;
    for (uint32_t i = 2; i <= search->length; i++)
        search->steps[i] = search->chain[search->length - i + 1].step;
    search->found = true;
    if (search->steps_left > STEPS_ONCE_FOUND)
        search->steps_left = STEPS_ONCE_FOUND;
    keep(search, search->length + 1, SNARL_REASON_NONE);
}

static bool holds_goal(const struct snarl_search *search, const struct snarl_dependency *step)
{
    for (uint32_t i = 0; i < step->held_count; i++)
        if (step->held[i] == search->goal)
            return true;
    return false;
}

/* Tries the dependencies from `step` on that want one lock. With `left` == 1 they must close the
 * chain; else the first that can join is pushed. */
static void try_steps(struct snarl_search *search, struct snarl_dependency *step, uint32_t left)
{
    bool closed = false;
    for (; step != NULL && search->steps_left > 0; step = step->next_wanting) {
        search->steps_left--;
        if (!can_join(search, step))
            continue;
        bool closes = holds_goal(search, step);
        if (left == 1 && closes && !closed) {
            found(search, step); /* the others that close here do so through the same locks */
            closed = true;
        } else if (left == 1 && !closes) {
            search->deeper = true;
        } else if (left > 1 && !closes) {
            push(search, step);
            return;
        }
    }
}

/* The lock to go on from at the end of the chain, or NULL when it has no other. */
static struct snarl_order_node *next_lock(struct snarl_search *search, uint32_t left)
{
    struct link_in_chain *end = &search->chain[search->length - 1];
    while (end->next_held < end->step->held_count) {
        struct snarl_order_node *node = end->step->held[end->next_held++];
        if (node->visited != search->order->searches)
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
    while (search->steps_left > 0) {
        try_steps(search, candidate, left - (search->length - base));
        if (search->found && search->first_only)
            break;
        candidate = NULL;
        while (candidate == NULL && search->length > base) {
            struct snarl_order_node *node = next_lock(search, left - (search->length - base));
            if (node != NULL) {
                candidate = node->wanting;
            } else {
                /* Nothing beyond this step: on to the next one that wants the same lock. */
                candidate = search->chain[search->length - 1].step->next_wanting;
                pop(search);
            }
        }
        if (candidate == NULL)
            break;
    }
    while (search->length > base)
        pop(search);
}

static bool search_from(struct snarl_search *search, const struct snarl_order_node *held,
                        bool timed)
{
    search->found = false;
    search->deeper = true;
    search->timed = timed;
    search->steps_left = STEPS_PER_SEARCH;
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
    return search->found;
}

static bool share_a_lock(const struct snarl_dependency *left, const struct snarl_dependency *right)
{
    for (uint32_t i = 0; i < left->held_count; i++)
        for (uint32_t j = 0; j < right->held_count; j++)
            if (left->held[i] == right->held[j])
                return true;
    return false;
}

/* NONE if nothing stands against it: then the search was cut off before it got there. */
static enum snarl_reason reason_of(struct snarl_dependency *const *steps, uint32_t length)
{
    enum snarl_reason reason = SNARL_REASON_NONE;
    for (uint32_t i = 0; i < length; i++) {
        for (uint32_t j = 0; j < i; j++) {
            if (steps[i]->thread == steps[j]->thread)
                return SNARL_REASON_SINGLE_THREAD;
            if (reason == SNARL_REASON_NONE && share_a_lock(steps[i], steps[j]))
                reason = SNARL_REASON_GATE_LOCK;
        }
    }
    return reason;
}

/* Keeps the shortest path as a cycle that cannot happen. */
static void keep_infeasible(struct snarl_search *search, struct snarl_order_node *held)
{
    uint32_t length = held->distance + 1;
    if (length > LONGEST_CYCLE)
        return;
    search->steps[0] = search->closing;
    for (struct snarl_order_node *node = held; node != search->goal; node = node->reached_from)
        search->steps[node->distance] = node->reached_by->first;
    enum snarl_reason reason = reason_of(search->steps, length);
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
    if (!walk(search))
        return;

    push(search, closing);
    for (uint32_t i = 0; i < closing->held_count; i++) {
        struct snarl_order_node *held = closing->held[i];
        if (held->visited != order->searches)
            continue;
        bool closed = false;
        if (!(closing->flags & SNARL_WANT_TIMED))
            closed |= search_from(search, held, false);
        if (order->timed)
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
