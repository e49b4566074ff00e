/* What turns out about a lock after the graph was told of it. */
#include "core/lock_order_private.h"

void snarl_lock_order_polled(struct snarl_lock_order *order, uint32_t lock)
{
    struct snarl_order_node *node = snarl_order_node_of(order, lock, true);
    if (node == NULL || node->polled)
        return;
    node->polled = true;
    order->judged = false;
}

void snarl_lock_order_withdraw(struct snarl_lock_order *order, uint32_t lock)
{
    struct snarl_order_node *node = snarl_order_node_of(order, lock, false);
    if (node == NULL || node->withdrawn)
        return;
    order->withdrawn = node->withdrawn = true;
    order->judged = false;
}

static bool is_withdrawn(const struct snarl_lock_order *order, uint32_t lock)
{
    const struct snarl_order_node *node;
    HASH_FIND(by_lock, order->nodes, &lock, sizeof lock, node);
    return node != NULL && node->withdrawn;
}

static bool make_room(const struct snarl_lock_order *order, uint32_t count)
{
    struct snarl_order_told *told = order->told;
    if (told->room >= count)
        return true;
    uint32_t room = count + count / 2;
    struct snarl_held *held = snarl_arena_allocate(order->arena, room * sizeof *held);
    if (held == NULL)
        return false;
    snarl_arena_free(order->arena, told->held, told->room * sizeof *held);
    told->held = held;
    told->room = room;
    return true;
}

const struct snarl_want *snarl_order_without_withdrawn(const struct snarl_lock_order *order,
                                                       const struct snarl_want *want,
                                                       struct snarl_want *rest)
{
    if (!order->withdrawn)
        return want;
    *rest = *want;
    rest->held_count = 0;
    if (is_withdrawn(order, want->lock))
        return rest;
    uint32_t first = 0;
    while (first < want->held_count && !is_withdrawn(order, want->held[first].lock))
        first++;
    if (first == want->held_count)
        return want;
    if (!make_room(order, want->held_count))
        return NULL;
    for (uint32_t i = 0; i < want->held_count; i++)
        if (i < first || !is_withdrawn(order, want->held[i].lock))
            order->told->held[rest->held_count++] = want->held[i];
    rest->held = order->told->held;
    return rest;
}
