/* The cycles that were found: one of each set of locks, and what else leads through the same. */
#include "base/hash.h"
#include "core/lock_order_private.h"

/* The same for the same locks wanted, in whatever order. Two cycles of one key have one length. */
static uint64_t key_of(struct snarl_dependency *const *steps, uint32_t length)
{
    uint64_t sum = 0;
    for (uint32_t i = 0; i < length; i++)
        sum += snarl_hash_mix(0, steps[i]->lock);
    return snarl_hash_mix(sum, length);
}

enum snarl_obstacle snarl_cycle_obstacle(const struct snarl_dependency *step,
                                         const struct snarl_dependency *next)
{
    uint32_t place = 0;
    while (place < next->held_count && next->held[place]->lock != step->lock)
        place++;
    return snarl_order_obstacle(step->flags, snarl_dependency_shares(next, place));
}

/* Whether a cycle with these two in it may open again by itself. */
static bool is_weak(struct snarl_lock_order *order, const struct snarl_dependency *step,
                    const struct snarl_dependency *next)
{
    return step->flags & SNARL_WANT_TIMED ||
           snarl_cycle_obstacle(step, next) == SNARL_OBSTACLE_QUEUED ||
           snarl_order_node_of(order, step->lock, false)->polled;
}

static enum snarl_severity severity_of(struct snarl_lock_order *order,
                                       struct snarl_dependency *const *steps, uint32_t length)
{
    for (uint32_t i = 0; i < length; i++)
        if (is_weak(order, steps[i], steps[(i + 1) % length]))
            return SNARL_WARNING;
    return SNARL_ERROR;
}

/* Makes `cycle` the one of these steps, turned so that the first thread comes first: which step
 * closed it is chance. */
static void describe(struct snarl_lock_order *order, struct snarl_cycle *cycle,
                     struct snarl_dependency *const *steps, enum snarl_reason reason,
                     enum snarl_severity severity)
{
    cycle->status = reason == SNARL_REASON_NONE ? SNARL_PREDICTED : SNARL_INFEASIBLE;
    cycle->reason = reason;
    cycle->severity = severity;
    uint32_t first = 0;
    for (uint32_t i = 1; i < cycle->length; i++)
        if (steps[i]->thread < steps[first]->thread)
            first = i;
    for (uint32_t i = 0; i < cycle->length; i++)
        cycle->steps[i] = steps[(first + i) % cycle->length];
    cycle->left_out = 0;
    for (uint32_t i = 0; i < cycle->length; i++)
        cycle->left_out += steps[i]->deed != NULL ? steps[i]->deed->passed_over : 0;
    cycle->seen_ordered_by = reason == SNARL_REASON_NONE
                                 ? snarl_cycle_seen_ordered_by(order, cycle->steps, cycle->length)
                                 : 0;
}

static struct snarl_cycle *make(struct snarl_lock_order *order, uint32_t length)
{
    size_t size = sizeof(struct snarl_cycle) + length * sizeof(struct snarl_dependency *);
    struct snarl_cycle *cycle = snarl_arena_allocate(order->arena, size);
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

static bool has_steps(const struct snarl_cycle *cycle, const struct snarl_cycle *other)
{
    for (uint32_t i = 0; i < cycle->length; i++)
        if (cycle->steps[i] != other->steps[i])
            return false;
    return true;
}

static bool is_known(const struct snarl_cycle *known, const struct snarl_cycle *cycle)
{
    if (has_steps(known, cycle))
        return true;
    for (const struct snarl_cycle *also = known->also; also != NULL; also = also->next)
        if (has_steps(also, cycle))
            return true;
    return false;
}

/* One more chain through the locks of a known cycle, unless it was found before. */
static void add_also(struct snarl_lock_order *order, struct snarl_cycle *known,
                     struct snarl_dependency *const *steps)
{
    if (known->also_count >= SNARL_ALSO_KEPT) {
        known->also_count++;
        return;
    }
    struct snarl_cycle *cycle = make(order, known->length);
    if (cycle == NULL)
        return;
    describe(order, cycle, steps, known->reason, known->severity);
    if (is_known(known, cycle)) {
        size_t size = sizeof *cycle + cycle->length * sizeof cycle->steps[0];
        snarl_arena_free(order->arena, cycle, size);
        return;
    }
    known->also_count++;
    cycle->next = known->also;
    known->also = cycle;
}

/* Whether one of its sides is no thread, but an order that the program has declared. */
static bool is_declared(struct snarl_dependency *const *steps, uint32_t length)
{
    for (uint32_t i = 0; i < length; i++)
        if (snarl_is_declared(steps[i]->thread))
            return true;
    return false;
}

/* Whether the chain says more than the one that is known: it is worse, or as bad, and threads alone
 * close it. */
static bool is_better(const struct snarl_cycle *known, struct snarl_dependency *const *steps,
                      enum snarl_severity severity)
{
    return severity > known->severity ||
           (severity == known->severity && severity > SNARL_NOTE &&
            is_declared(known->steps, known->length) && !is_declared(steps, known->length));
}

bool snarl_cycle_keep(struct snarl_lock_order *order, struct snarl_dependency *const *steps,
                      uint32_t length, enum snarl_reason reason)
{
    enum snarl_severity severity =
        reason == SNARL_REASON_NONE ? severity_of(order, steps, length) : SNARL_NOTE;
    uint64_t key = key_of(steps, length);
    struct snarl_cycle *known;
    HASH_FIND(by_locks, order->by_locks, &key, sizeof key, known);
    if (known == NULL) {
        known = make(order, length);
        if (known == NULL)
            return false;
        known->key = key;
        describe(order, known, steps, reason, severity);
        append(order, known);
        return true;
    }
    if (is_better(known, steps, severity)) {
        known->also = NULL;
        known->also_count = 0;
        describe(order, known, steps, reason, severity);
    } else if (severity == known->severity && severity > SNARL_NOTE) {
        add_also(order, known, steps);
    }
    return false;
}
