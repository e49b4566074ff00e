/*
 * What a lock leaves behind when it has ended.
 *
 * A cycle goes through a lock that one thread holds and another one wants. Where nobody has wanted
 * anything under the lock, or nobody has wanted the lock under another, no cycle goes through it,
 * and as it has ended none ever will.
 */
#include "core/lock_order_private.h"

static void forget_deed(struct snarl_lock_order *order, struct snarl_order_deed *deed)
{
    struct snarl_arena *arena = order->arena;
    if (deed == NULL || --deed->threads > 0)
        return;
    HASH_DELETE(by_key, order->deeds, deed);
    snarl_order_forget_passed(order, deed);
    snarl_arena_free(arena, deed, sizeof *deed);
}

static void free_dependency(struct snarl_lock_order *order, struct snarl_dependency *dependency)
{
    struct snarl_arena *arena = order->arena;
    for (struct snarl_variant *variant = dependency->variants; variant != NULL;) {
        struct snarl_variant *next = variant->next;
        snarl_arena_free(arena, variant, snarl_variant_size(dependency->held_count));
        variant = next;
    }
    snarl_arena_free(arena, dependency->later_segments,
                     dependency->segment_room * sizeof dependency->later_segments[0]);
    snarl_arena_free(arena, dependency,
                     snarl_dependency_size(dependency->held_count, dependency->shared_count));
}

/* Takes it out of the lists of those that have a lock in common. */
static void unlink_it(struct snarl_lock_order *order, struct snarl_dependency *dependency)
{
    *dependency->link_of_wanted = dependency->next_of_wanted;
    if (dependency->next_of_wanted != NULL)
        dependency->next_of_wanted->link_of_wanted = dependency->link_of_wanted;
    *dependency->link_of_outermost = dependency->next_of_outermost;
    if (dependency->next_of_outermost != NULL)
        dependency->next_of_outermost->link_of_outermost = dependency->link_of_outermost;
    snarl_order_node_of(order, dependency->lock, false)->wanted--;
    for (uint32_t i = 0; i < dependency->held_count; i++)
        dependency->held[i]->held--;
}

static void forget(struct snarl_lock_order *order, struct snarl_dependency *dependency)
{
    struct snarl_arena *arena = order->arena;
    HASH_DELETE(by_key, order->by_key, dependency);
    forget_deed(order, dependency->deed);
    unlink_it(order, dependency);
    if (dependency->previous != NULL)
        dependency->previous->next = dependency->next;
    else
        order->first = dependency->next;
    if (dependency->next != NULL)
        dependency->next->previous = dependency->previous;
    else
        order->last = dependency->previous;
    order->dependency_count--;
    free_dependency(order, dependency);
}

/* Those that hold it and nothing else, where nobody wants it: what they hold besides may matter. */
static void forget_holding(struct snarl_lock_order *order, struct snarl_order_node *node)
{
    struct snarl_dependency *dependency = node->all_outermost, *next;
    for (; dependency != NULL; dependency = next) {
        next = dependency->next_of_outermost;
        if (dependency->held_count == 1)
            forget(order, dependency);
    }
}

void snarl_lock_order_ended(struct snarl_lock_order *order, uint32_t lock)
{
    struct snarl_arena *arena = order->arena;
    struct snarl_order_node *node = snarl_order_node_of(order, lock, false);
    if (node == NULL)
        return;
    order->judged = false;
    if (node->held == 0)
        while (node->all_wanting != NULL)
            forget(order, node->all_wanting);
    else if (node->wanted == 0)
        forget_holding(order, node);
    if (node->held > 0 || node->wanted > 0)
        return;
    HASH_DELETE(by_lock, order->nodes, node);
    snarl_arena_free(arena, node, sizeof *node);
}
