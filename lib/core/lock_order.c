#include "core/lock_order.h"

#include <string.h>

#include "base/hash.h"
#include "core/lock_order_private.h"

struct snarl_lock_order *snarl_lock_order_create(struct snarl_arena *arena, bool keep_infeasible)
{
    struct snarl_lock_order *order = snarl_arena_allocate(arena, sizeof *order);
    struct snarl_order_told *told = snarl_arena_allocate(arena, sizeof *told);
    struct snarl_thread_order *threads = snarl_thread_order_begin(arena);
    if (order == NULL || told == NULL || threads == NULL)
        return NULL;
    order->arena = arena;
    order->threads = threads;
    order->told = told;
    order->keep_infeasible = keep_infeasible;
    return order;
}

struct snarl_order_node *snarl_order_node_of(struct snarl_lock_order *order, uint32_t lock,
                                             bool create)
{
    struct snarl_arena *arena = order->arena;
    struct snarl_order_node *node;
    HASH_FIND(by_lock, order->nodes, &lock, sizeof lock, node);
    if (node != NULL || !create)
        return node;

    node = snarl_arena_allocate(arena, sizeof *node);
    if (node == NULL)
        return NULL;
    node->lock = lock;
    HASH_ADD(by_lock, order->nodes, lock, sizeof lock, node);
    if (SNARL_TABLE_HAS(node, by_lock))
        return node;
    snarl_arena_free(arena, node, sizeof *node);
    return NULL;
}

/* Two wants are one dependency if all but their stacks and segments agree. */
static bool is_of(const struct snarl_dependency *dependency, const struct snarl_want *want)
{
    if (dependency->thread != want->thread || dependency->lock != want->lock ||
        dependency->flags != want->flags || dependency->held_count != want->held_count)
        return false;
    for (uint32_t i = 0; i < want->held_count; i++)
        if (dependency->held[i]->lock != want->held[i].lock ||
            snarl_dependency_shares(dependency, i) != want->held[i].shared)
            return false;
    return true;
}

static uint64_t key_of(const struct snarl_want *want, uint32_t thread)
{
    uint64_t key = snarl_hash_mix(thread, (uint64_t)want->flags << 32 | want->lock);
    for (uint32_t i = 0; i < want->held_count; i++)
        key = snarl_hash_mix(key, (uint64_t)want->held[i].shared << 32 | want->held[i].lock);
    return key;
}

static struct snarl_dependency *find(const struct snarl_lock_order *order,
                                     const struct snarl_want *want, uint64_t *key)
{
    *key = key_of(want, want->thread);
    for (;;) {
        struct snarl_dependency *dependency;
        HASH_FIND(by_key, order->by_key, key, sizeof *key, dependency);
        if (dependency == NULL || is_of(dependency, want))
            return dependency;
        *key = snarl_hash_mix(*key, 1); /* another dependency of the same hash */
    }
}

static bool is_variant(const struct snarl_variant *variant, const struct snarl_want *want)
{
    if (variant->stack != want->stack)
        return false;
    for (uint32_t i = 0; i < want->held_count; i++)
        if (variant->held_stacks[i] != want->held[i].stack)
            return false;
    return true;
}

struct snarl_order_deed *snarl_order_deed_of(const struct snarl_lock_order *order,
                                             const struct snarl_want *want)
{
    uint64_t key = key_of(want, 0);
    struct snarl_order_deed *deed;
    HASH_FIND(by_key, order->deeds, &key, sizeof key, deed);
    return deed;
}

/* Whether so many threads did the same that this one's deed is passed over: then it is counted. */
static bool is_passed_over(const struct snarl_lock_order *order, const struct snarl_want *want)
{
    if (!order->passes_over || want->thread % SNARL_LIKE_KEPT == 0)
        return false;
    struct snarl_order_deed *deed = snarl_order_deed_of(order, want);
    if (deed == NULL || deed->threads < deed->most)
        return false;
    snarl_order_note_passed(order, deed, want);
    return true;
}

bool snarl_lock_order_knows(struct snarl_lock_order *order, const struct snarl_want *want)
{
    uint64_t key;
    struct snarl_want rest;
    want = snarl_order_without_withdrawn(order, want, &rest);
    if (want == NULL || want->held_count == 0)
        return want != NULL;
    const struct snarl_dependency *dependency = find(order, want, &key);
    if (dependency == NULL)
        return is_passed_over(order, want);
    if (!want->unsure && dependency->last_segment != want->segment &&
        dependency->segment_count <= SNARL_SEGMENTS_KEPT)
        return false;
    if (dependency->variant_count > SNARL_VARIANTS_KEPT)
        return true;
    const struct snarl_variant *variant = dependency->variants;
    while (variant != NULL && !is_variant(variant, want))
        variant = variant->next;
    return variant != NULL;
}

static enum snarl_added add_variant(struct snarl_lock_order *order,
                                    struct snarl_dependency *dependency,
                                    const struct snarl_want *want)
{
    struct snarl_variant **end = &dependency->variants;
    for (; *end != NULL; end = &(*end)->next)
        if (is_variant(*end, want))
            return SNARL_ADDED_NOTHING;
    if (dependency->variant_count >= SNARL_VARIANTS_KEPT) {
        dependency->variant_count++;
        return SNARL_ADDED_NOTHING;
    }

    struct snarl_variant *variant =
        snarl_arena_allocate(order->arena, snarl_variant_size(want->held_count));
    if (variant == NULL)
        return SNARL_ADDED_FAILED;
    variant->stack = want->stack;
    for (uint32_t i = 0; i < want->held_count; i++)
        variant->held_stacks[i] = want->held[i].stack;
    dependency->variant_count++;
    *end = variant;
    return SNARL_ADDED_VARIANT;
}

/* Room for one more segment after the first. */
static bool make_room(struct snarl_arena *arena, struct snarl_dependency *dependency)
{
    uint32_t count = dependency->segment_count - 1;
    if (count < dependency->segment_room)
        return true;
    uint32_t room = count == 0 ? 4 : 2 * count;
    uint32_t *segments = snarl_arena_allocate(arena, room * sizeof *segments);
    if (segments == NULL)
        return false;
    if (count > 0)
        memcpy(segments, dependency->later_segments, count * sizeof *segments);
    snarl_arena_free(arena, dependency->later_segments,
                     dependency->segment_room * sizeof *segments);
    dependency->later_segments = segments;
    dependency->segment_room = room;
    return true;
}

static enum snarl_added add_segment(struct snarl_lock_order *order,
                                    struct snarl_dependency *dependency, uint32_t segment)
{
    /* A thread's segments only grow, so the last one seen is the only one it can still be in. */
    if (dependency->segment_count > 0 && dependency->last_segment == segment)
        return SNARL_ADDED_NOTHING;
    /* The first one past the limit is still told: it is what says that there were more. */
    if (dependency->segment_count > SNARL_SEGMENTS_KEPT)
        return SNARL_ADDED_NOTHING;
    if (dependency->segment_count == 0) {
        dependency->first_segment = segment;
    } else if (dependency->segment_count < SNARL_SEGMENTS_KEPT) {
        if (!make_room(order->arena, dependency))
            return SNARL_ADDED_FAILED;
        dependency->later_segments[dependency->segment_count - 1] = segment;
    }
    dependency->segment_count++;
    dependency->last_segment = segment;
    return SNARL_ADDED_SEGMENT;
}

static uint32_t count_shared(const struct snarl_want *want)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < want->held_count; i++)
        count += want->held[i].shared;
    return count;
}

/* A dependency with all that hangs on it, or false with parts of it missing. */
static bool fill(struct snarl_lock_order *order, struct snarl_dependency *dependency,
                 const struct snarl_want *want)
{
    struct snarl_arena *arena = order->arena;
    for (uint32_t i = 0; i < want->held_count; i++) {
        dependency->held[i] = snarl_order_node_of(order, want->held[i].lock, true);
        if (dependency->held[i] == NULL)
            return false;
        if (want->held[i].shared)
            snarl_dependency_shared_bits(dependency)[i / 8] |= (uint8_t)(1u << i % 8);
    }
    if (snarl_order_node_of(order, want->lock, true) == NULL ||
        add_variant(order, dependency, want) == SNARL_ADDED_FAILED ||
        add_segment(order, dependency, want->segment) == SNARL_ADDED_FAILED)
        return false;
    HASH_ADD(by_key, order->by_key, key, sizeof dependency->key, dependency);
    return SNARL_TABLE_HAS(dependency, by_key);
}

/* What fill left behind. */
static void discard(struct snarl_lock_order *order, struct snarl_dependency *dependency)
{
    snarl_arena_free(order->arena, dependency->variants,
                     snarl_variant_size(dependency->held_count));
    snarl_arena_free(order->arena, dependency,
                     snarl_dependency_size(dependency->held_count, dependency->shared_count));
}

/* What other threads may have done too; NULL where there is no memory left to know, which makes
 * searches dearer, no more. */
static struct snarl_order_deed *deed_of(struct snarl_lock_order *order,
                                        const struct snarl_want *want)
{
    struct snarl_arena *arena = order->arena;
    struct snarl_order_deed *deed = snarl_order_deed_of(order, want);
    if (deed != NULL)
        return deed;
    deed = snarl_arena_allocate(arena, sizeof *deed);
    if (deed == NULL)
        return NULL;
    deed->key = key_of(want, 0);
    deed->dependency = order->last_id;
    deed->most = SNARL_LIKE_KEPT;
    HASH_ADD(by_key, order->deeds, key, sizeof deed->key, deed);
    if (SNARL_TABLE_HAS(deed, by_key))
        return deed;
    snarl_arena_free(arena, deed, sizeof *deed);
    return NULL;
}

/* Counts it where its locks are. */
static void enter(struct snarl_lock_order *order, struct snarl_dependency *dependency)
{
    struct snarl_order_node *wanted = snarl_order_node_of(order, dependency->lock, false);
    struct snarl_order_node *outermost = dependency->held[0];
    dependency->next_of_wanted = wanted->all_wanting;
    if (wanted->all_wanting != NULL)
        wanted->all_wanting->link_of_wanted = &dependency->next_of_wanted;
    dependency->link_of_wanted = &wanted->all_wanting;
    wanted->all_wanting = dependency;
    wanted->wanted++;
    dependency->next_of_outermost = outermost->all_outermost;
    if (outermost->all_outermost != NULL)
        outermost->all_outermost->link_of_outermost = &dependency->next_of_outermost;
    dependency->link_of_outermost = &outermost->all_outermost;
    outermost->all_outermost = dependency;
    for (uint32_t i = 0; i < dependency->held_count; i++)
        dependency->held[i]->held++;
}

static struct snarl_dependency *create(struct snarl_lock_order *order,
                                       const struct snarl_want *want, uint64_t key)
{
    uint32_t shared_count = count_shared(want);
    struct snarl_dependency *dependency =
        snarl_arena_allocate(order->arena, snarl_dependency_size(want->held_count, shared_count));
    if (dependency == NULL)
        return NULL;

    dependency->thread = want->thread;
    dependency->lock = want->lock;
    dependency->flags = want->flags;
    dependency->held_count = want->held_count;
    dependency->shared_count = shared_count;
    dependency->key = key;
    if (!fill(order, dependency, want)) {
        discard(order, dependency);
        return NULL;
    }

    dependency->id = ++order->last_id;
    order->dependency_count++;
    dependency->deed = deed_of(order, want);
    dependency->rank = dependency->deed != NULL ? dependency->deed->threads++ : 0;
    order->has_full_deed |= dependency->rank + 1 >= SNARL_LIKE_KEPT;
    enter(order, dependency);
    if (order->passes_over && order->has_full_deed && dependency->rank == 0)
        snarl_order_recall(order, dependency);
    dependency->previous = order->last;
    if (order->last != NULL)
        order->last->next = dependency;
    else
        order->first = dependency;
    order->last = dependency;
    order->weak |= (want->flags & SNARL_WANT_TIMED) != 0 ||
                   snarl_order_obstacle(want->flags, true) == SNARL_OBSTACLE_QUEUED;
    return dependency;
}

enum snarl_added snarl_lock_order_add(struct snarl_lock_order *order, const struct snarl_want *want,
                                      struct snarl_dependency **result)
{
    uint64_t key;
    struct snarl_want rest;
    *result = NULL;
    want = snarl_order_without_withdrawn(order, want, &rest);
    if (want == NULL)
        return SNARL_ADDED_FAILED;
    if (want->held_count == 0)
        return SNARL_ADDED_NOTHING;
    struct snarl_dependency *dependency = *result = find(order, want, &key);
    if (dependency == NULL && is_passed_over(order, want))
        return SNARL_ADDED_NOTHING;
    if (dependency == NULL) {
        *result = create(order, want, key);
        if (*result == NULL)
            return SNARL_ADDED_FAILED;
        order->judged = false;
        return SNARL_ADDED_DEPENDENCY;
    }
    enum snarl_added segment =
        want->unsure ? SNARL_ADDED_NOTHING : add_segment(order, dependency, want->segment);
    order->judged &= segment == SNARL_ADDED_NOTHING;
    enum snarl_added variant = add_variant(order, dependency, want);
    if (segment == SNARL_ADDED_FAILED || variant == SNARL_ADDED_FAILED) {
        *result = NULL;
        return SNARL_ADDED_FAILED;
    }
    return variant != SNARL_ADDED_NOTHING ? variant : segment;
}

struct snarl_thread_order *snarl_lock_order_threads(struct snarl_lock_order *order)
{
    return order->threads;
}

const struct snarl_dependency *snarl_lock_order_dependencies(const struct snarl_lock_order *order)
{
    return order->first;
}

uint32_t snarl_order_node_lock(const struct snarl_order_node *node)
{
    return node->lock;
}

bool snarl_dependency_holds_shared(const struct snarl_dependency *dependency, uint32_t index)
{
    return snarl_dependency_shares(dependency, index);
}

size_t snarl_lock_order_dependency_count(const struct snarl_lock_order *order)
{
    return order->dependency_count;
}
