/*
 * Whether the steps of a cycle can all be where they are at one moment.
 *
 * Each step was seen in one or more segments of its thread. They can overlap if a segment can be
 * chosen for each so that no two are ordered. The choice is made as in the detection of weak
 * conjunctive predicates (Garg and Waldecker, IEEE TPDS 5, 1994): all begin with their first; if
 * one comes before another's, it comes before that one's later segments too, and its step goes on
 * to its next. A lock that another thread holds all the while, from before it makes one of them
 * until that one's part is over, keeps apart like one that is held.
 */
#include "core/lock_order_private.h"

/* A step at one of its segments. Past the last that was kept there may be others, that come later:
 * these stand for one more. */
struct place {
    const struct snarl_dependency *step;
    uint32_t index;
};

static uint32_t kept(const struct snarl_dependency *step)
{
    return step->segment_count < SNARL_SEGMENTS_KEPT ? step->segment_count : SNARL_SEGMENTS_KEPT;
}

static bool is_there(struct place place)
{
    return place.index < kept(place.step) ||
           (place.index == SNARL_SEGMENTS_KEPT && place.step->segment_count > SNARL_SEGMENTS_KEPT);
}

/* The segment, as one after which something is to come; and as one before which something was. */
static uint32_t segment_until(struct place place)
{
    if (place.index >= SNARL_SEGMENTS_KEPT)
        return SNARL_SEGMENT_LAST;
    return place.index == 0 ? place.step->first_segment
                            : place.step->later_segments[place.index - 1];
}

static uint32_t segment_from(struct place place)
{
    if (place.index >= SNARL_SEGMENTS_KEPT)
        place.index = SNARL_SEGMENTS_KEPT - 1;
    return segment_until(place);
}

static bool is_before(struct snarl_lock_order *order, struct place left, struct place right)
{
    if (snarl_thread_order_before(order->threads, left.step->thread, segment_until(left),
                                  right.step->thread, segment_from(right)))
        return true;
    for (uint32_t i = 0; i < left.step->held_count; i++)
        if (snarl_thread_order_once_before(order->threads, left.step->held[i]->lock,
                                           right.step->thread, segment_from(right)))
            return true;
    return false;
}

/* A lock that is held for one step, against another. */
struct gate {
    struct snarl_lock_order *order;
    struct place against;
    uint32_t owner, lock; /* in the search for two such: of the first */
    bool shared;
};

static bool stops_holder(void *context, uint32_t owner, uint32_t lock, bool shared)
{
    const struct gate *gate = context;
    const struct snarl_dependency *step = gate->against.step;
    if (owner == step->thread)
        return false; /* inside of what it holds itself */
    for (uint32_t i = 0; i < step->held_count; i++)
        if (step->held[i]->lock == lock && !step->held[i]->withdrawn &&
            !(shared && snarl_dependency_shares(step, i)))
            return true;
    return false;
}

static bool is_the_same(void *context, uint32_t owner, uint32_t lock, bool shared)
{
    const struct gate *gate = context;
    const struct snarl_order_node *node = snarl_order_node_of(gate->order, lock, false);
    if (node != NULL && node->withdrawn)
        return false;
    return lock == gate->lock && owner != gate->owner && !(shared && gate->shared);
}

static bool stops_guest(void *context, uint32_t owner, uint32_t lock, bool shared)
{
    struct gate *gate = context;
    gate->owner = owner;
    gate->lock = lock;
    gate->shared = shared;
    return snarl_thread_order_gates(gate->order->threads, gate->against.step->thread,
                                    segment_until(gate->against), is_the_same, gate);
}

/* Whether a lock that is held for `guest` keeps it from `other`, which holds it. */
static bool is_kept_from(struct snarl_lock_order *order, struct place guest, struct place other)
{
    struct gate gate = {.order = order, .against = other};
    return snarl_thread_order_gates(order->threads, guest.step->thread, segment_until(guest),
                                    stops_holder, &gate);
}

/* Whether a lock that is held for one by one thread is held for the other by another. */
static bool are_kept_apart(struct snarl_lock_order *order, struct place left, struct place right)
{
    struct gate gate = {.order = order, .against = right};
    return snarl_thread_order_gates(order->threads, left.step->thread, segment_until(left),
                                    stops_guest, &gate);
}

/* Moves one of the two on, if they cannot be where they are. The reason if they could not. */
static enum snarl_reason move_on(struct snarl_lock_order *order, struct place *left,
                                 struct place *right)
{
    if (is_before(order, *left, *right)) {
        left->index++;
        return SNARL_REASON_ORDERED;
    }
    if (is_before(order, *right, *left)) {
        right->index++;
        return SNARL_REASON_ORDERED;
    }
    if (is_kept_from(order, *left, *right)) {
        left->index++;
        return SNARL_REASON_GATE_LOCK;
    }
    if (is_kept_from(order, *right, *left)) {
        right->index++;
        return SNARL_REASON_GATE_LOCK;
    }
    if (are_kept_apart(order, *left, *right)) {
        /* Either may be beyond its hold later: the one that has a later place. */
        struct place later = {left->step, left->index + 1};
        (*(is_there(later) ? &left->index : &right->index))++;
        return SNARL_REASON_GATE_LOCK;
    }
    return SNARL_REASON_NONE;
}

/* Chooses places for two steps, from where they are on; whether there are any. */
static enum snarl_reason settle(struct snarl_lock_order *order, struct place *left,
                                struct place *right, bool *moved)
{
    for (;;) {
        enum snarl_reason reason = move_on(order, left, right);
        if (reason == SNARL_REASON_NONE || !is_there(*left) || !is_there(*right))
            return reason;
        *moved = true;
    }
}

bool snarl_cycle_can_meet(struct snarl_lock_order *order, const struct snarl_dependency *left,
                          const struct snarl_dependency *right)
{
    if (order->apart != NULL)
        return order->apart(order->apart_context, left, right) == SNARL_REASON_NONE;
    struct place at_left = {left, 0}, at_right = {right, 0};
    bool moved = false;
    return settle(order, &at_left, &at_right, &moved) == SNARL_REASON_NONE;
}

void snarl_lock_order_judge_by(struct snarl_lock_order *order,
                               enum snarl_reason (*apart)(void *context,
                                                          const struct snarl_dependency *left,
                                                          const struct snarl_dependency *right),
                               void *context)
{
    order->apart = apart;
    order->apart_context = context;
}

static enum snarl_reason apart_by(struct snarl_lock_order *order,
                                  struct snarl_dependency *const *steps, uint32_t length)
{
    for (uint32_t i = 1; i < length; i++)
        for (uint32_t j = 0; j < i; j++) {
            enum snarl_reason reason = order->apart(order->apart_context, steps[i], steps[j]);
            if (reason != SNARL_REASON_NONE)
                return reason;
        }
    return SNARL_REASON_NONE;
}

enum snarl_reason snarl_cycle_apart(struct snarl_lock_order *order,
                                    struct snarl_dependency *const *steps, uint32_t length)
{
    if (order->apart != NULL)
        return apart_by(order, steps, length);
    struct snarl_arena *arena = order->arena;
    struct place *places = snarl_arena_allocate(arena, length * sizeof *places);
    if (places == NULL)
        return SNARL_REASON_NONE; /* what is not known keeps nothing apart */
    for (uint32_t i = 0; i < length; i++)
        places[i].step = steps[i];
    enum snarl_reason reason = SNARL_REASON_NONE;
    bool moved = true;
    while (moved && reason == SNARL_REASON_NONE) {
        moved = false;
        for (uint32_t i = 1; i < length && reason == SNARL_REASON_NONE; i++)
            for (uint32_t j = 0; j < i && reason == SNARL_REASON_NONE; j++)
                reason = settle(order, &places[i], &places[j], &moved);
    }
    snarl_arena_free(arena, places, length * sizeof *places);
    return reason;
}

/* The object that orders each place of the one before each place of the other in this run, or 0. */
static uint32_t seen_before(struct snarl_lock_order *order, const struct snarl_dependency *left,
                            const struct snarl_dependency *right)
{
    struct place last = {left, left->segment_count - 1}, first = {right, 0};
    return snarl_thread_order_seen_before(order->threads, left->thread, segment_until(last),
                                          right->thread, segment_from(first));
}

uint32_t snarl_cycle_seen_ordered_by(struct snarl_lock_order *order,
                                     struct snarl_dependency *const *steps, uint32_t length)
{
    for (uint32_t i = 1; i < length && order->apart == NULL; i++)
        for (uint32_t j = 0; j < i; j++) {
            uint32_t object = seen_before(order, steps[i], steps[j]);
            if (object == 0)
                object = seen_before(order, steps[j], steps[i]);
            if (object != 0)
                return object;
        }
    return 0;
}

bool snarl_cycle_is_gated(const struct snarl_dependency *left, const struct snarl_dependency *right)
{
    for (uint32_t i = 0; i < left->held_count; i++)
        for (uint32_t j = 0; j < right->held_count; j++)
            if (left->held[i] == right->held[j] && !left->held[i]->withdrawn &&
                !(snarl_dependency_shares(left, i) && snarl_dependency_shares(right, j)))
                return true;
    return false;
}
