/* The walk before a search for cycles, and what all searches of a judgement may take together. */
#include "core/lock_order_private.h"

enum {
    LINKS_PER_STEP = 8, /* passed in the walk, in the time of one step of a search */
};

void snarl_cycle_spend(struct snarl_lock_order *order, uint64_t steps)
{
    order->steps_in_all -= steps < order->steps_in_all ? steps : order->steps_in_all;
}

uint64_t snarl_cycle_fair_share(const struct snarl_lock_order *order)
{
    return order->steps_in_all / (order->searches_to_come + 1);
}

bool snarl_cycle_walk(struct snarl_lock_order *order, struct snarl_order_node *goal,
                      const struct snarl_dependency *closing)
{
    uint64_t mark = ++order->searches, links = 0;
    uint64_t most_links = snarl_cycle_fair_share(order) * LINKS_PER_STEP;
    struct snarl_order_node *queue = goal, *end = goal;
    goal->visited = mark;
    goal->distance = 0;
    goal->queue_next = NULL;
    for (; queue != NULL && links <= most_links; queue = queue->queue_next) {
        for (struct snarl_order_link *link = queue->links; link != NULL; link = link->next) {
            links++;
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
    if (queue != NULL)
        order->searches_cut++;
    snarl_cycle_spend(order, links / LINKS_PER_STEP);
    for (uint32_t i = 0; i < closing->held_count; i++)
        if (closing->held[i]->visited == mark)
            return true;
    return false;
}
