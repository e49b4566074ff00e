/* What keeps apart what threads did in different runs. See loaded_runs.h. */
#include "analysis/across_parts.h"
#include "core/objects.h"
#include "report/pool.h"

/* The orders of a shape: one is kept, as questions about the same shape come together. */
static struct snarl_thread_order *orders_of(struct snarl_across *across, uint32_t shape)
{
    if (across->shape_order != NULL && across->shape == shape)
        return across->shape_order;
    snarl_arena_end(&across->shape_arena);
    across->shape_order = snarl_thread_order_begin(&across->shape_arena);
    if (across->shape_order == NULL)
        snarl_pool_exhausted();
    across->shape = shape;
    snarl_loaded_tell_shape(across->loaded, shape, across->shape_order, snarl_loaded_same_id, NULL);
    return across->shape_order;
}

/* Whether the whole life of `other` comes before or after what the thread did there. */
static bool is_ordered_with(struct snarl_thread_order *orders,
                            const struct snarl_across_place *place, uint32_t other)
{
    return snarl_thread_order_before(orders, other, SNARL_SEGMENT_LAST, place->key.thread,
                                     place->key.segment) ||
           snarl_thread_order_before(orders, place->key.thread, place->key.segment, other, 1);
}

/* Of a kind that was not there nothing is known. */
static bool find_ordered(struct snarl_across *across, const struct snarl_across_place *place,
                         const struct snarl_across_class *class)
{
    const struct snarl_across_member *self = snarl_across_member(across, place->key.thread);
    const struct snarl_across_member *other = across->shapes[self->shape];
    bool any = false;
    for (; other != NULL; other = other->next_in_shape) {
        if (other->class != class || other == self)
            continue;
        any = true;
        if (!is_ordered_with(orders_of(across, self->shape), place, other->thread))
            return false;
    }
    return any;
}

static bool is_ordered(struct snarl_across *across, const struct snarl_across_place *place,
                       const struct snarl_across_class *class)
{
    struct snarl_arena *arena = &across->arena;
    struct snarl_across_known wanted = {
        .key = {place->key.thread, place->key.segment, class->number}};
    struct snarl_across_known *known;
    HASH_FIND(by_key, across->known, &wanted.key, sizeof wanted.key, known);
    if (known == NULL) {
        known = snarl_across_allocate(across, sizeof *known);
        known->key = wanted.key;
        known->ordered = find_ordered(across, place, class);
        HASH_ADD(by_key, across->known, key, sizeof known->key, known);
    }
    return known->ordered;
}

/* A lock that a step holds, as the recording has it; 0 for none of its own. */
static uint32_t held_lock(const struct snarl_across *across, const struct snarl_dependency *step,
                          uint32_t index)
{
    uint32_t lock = snarl_order_node_lock(step->held[index]);
    return across->lock_of != NULL ? across->lock_of(across->context, lock) : lock;
}

/* Whether what is done inside an initialisation is over, as this is done after it. */
static bool is_after_once(struct snarl_across *across, const struct snarl_across_place *place,
                          const struct snarl_dependency *other)
{
    for (uint32_t i = 0; i < other->held_count; i++) {
        size_t modules_then;
        uint32_t lock = held_lock(across, other, i);
        const struct snarl_fact_lock *fact = snarl_loaded_lock(across->loaded, lock, &modules_then);
        if (fact == NULL || (fact->kind != SNARL_OBJECT_ONCE && fact->kind != SNARL_OBJECT_G_ONCE))
            continue;
        uint32_t shape = snarl_across_member(across, place->key.thread)->shape;
        if (snarl_thread_order_once_before(orders_of(across, shape), lock, place->key.thread,
                                           place->key.segment))
            return true;
    }
    return false;
}

/* A lock that is held for a thread, against what another does. */
struct gate {
    struct snarl_across *across;
    const struct snarl_dependency *other;
    const struct snarl_across_class *class; /* of the other */
};

static bool stops(void *context, uint32_t owner, uint32_t lock, bool shared)
{
    const struct gate *gate = context;
    const struct snarl_across_member *member = snarl_across_member(gate->across, owner);
    if (member == NULL || member->class == gate->class)
        return false; /* it may be inside of what it holds itself */
    for (uint32_t i = 0; i < gate->other->held_count; i++)
        if (held_lock(gate->across, gate->other, i) == lock &&
            !(shared && snarl_dependency_holds_shared(gate->other, i)))
            return true;
    return false;
}

static bool is_gated(struct snarl_across *across, const struct snarl_across_place *place,
                     const struct snarl_dependency *other, const struct snarl_across_class *class)
{
    struct gate gate = {across, other, class};
    uint32_t shape = snarl_across_member(across, place->key.thread)->shape;
    return snarl_thread_order_gates(orders_of(across, shape), place->key.thread, place->key.segment,
                                    stops, &gate);
}

enum snarl_reason snarl_across_keeps_off(struct snarl_across *across,
                                         const struct snarl_across_place *place,
                                         const struct snarl_dependency *other)
{
    const struct snarl_across_class *class = snarl_across_seen(across, other)->class;
    if (class == NULL || snarl_across_member(across, place->key.thread) == NULL)
        return SNARL_REASON_NONE; /* what is declared keeps nothing off */
    if (is_ordered(across, place, class) || is_after_once(across, place, other))
        return SNARL_REASON_ORDERED;
    return is_gated(across, place, other, class) ? SNARL_REASON_GATE_LOCK : SNARL_REASON_NONE;
}

/* In one shape, both can be looked at together. */
static bool can_meet(struct snarl_across *across, const struct snarl_across_place *left,
                     const struct snarl_across_place *right)
{
    uint32_t shape = snarl_across_member(across, left->key.thread)->shape;
    if (left->key.thread == right->key.thread ||
        snarl_across_member(across, right->key.thread)->shape != shape)
        return true;
    struct snarl_thread_order *orders = orders_of(across, shape);
    return !snarl_thread_order_before(orders, left->key.thread, left->key.segment,
                                      right->key.thread, right->key.segment) &&
           !snarl_thread_order_before(orders, right->key.thread, right->key.segment,
                                      left->key.thread, left->key.segment);
}

/* The places from `place` on that nothing keeps off: the first of them, or NULL. */
static const struct snarl_across_place *next_free(struct snarl_across *across,
                                                  const struct snarl_across_place *place,
                                                  const struct snarl_dependency *other,
                                                  enum snarl_reason *reason)
{
    for (; place != NULL; place = place->next) {
        enum snarl_reason why = snarl_across_keeps_off(across, place, other);
        if (why == SNARL_REASON_NONE)
            return place;
        *reason = why;
    }
    return NULL;
}

enum snarl_reason snarl_across_apart(void *context, const struct snarl_dependency *left,
                                     const struct snarl_dependency *right)
{
    struct snarl_across *across = context;
    const struct snarl_across_seen *at_left = snarl_across_seen(across, left);
    const struct snarl_across_seen *at_right = snarl_across_seen(across, right);
    if (at_left == NULL || at_right == NULL || at_left->class == NULL || at_right->class == NULL)
        return SNARL_REASON_NONE;
    enum snarl_reason reason = SNARL_REASON_ORDERED;
    const struct snarl_across_place *first_right =
        next_free(across, at_right->first, left, &reason);
    if (first_right == NULL)
        return reason;
    const struct snarl_across_place *here = at_left->first;
    while ((here = next_free(across, here, right, &reason)) != NULL) {
        const struct snarl_across_place *there = first_right;
        for (; there != NULL; there = next_free(across, there->next, left, &reason))
            if (can_meet(across, here, there))
                return SNARL_REASON_NONE;
        reason = SNARL_REASON_ORDERED;
        here = here->next;
    }
    return reason;
}
