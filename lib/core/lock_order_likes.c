/* Threads that do what many others did: which of them are passed over, and come back. */
#include <string.h>

#include "core/lock_order_private.h"

enum {
    MOST_LOOKED_AT = 4096, /* dependencies that want a lock, for each lock held, in a recall */
};

void snarl_lock_order_pass_over_likes(struct snarl_lock_order *order)
{
    order->passes_over = true;
}

static size_t passed_size(uint32_t held_count)
{
    return sizeof(struct snarl_want) + held_count * sizeof(struct snarl_held);
}

void snarl_order_note_passed(const struct snarl_lock_order *order, struct snarl_order_deed *deed,
                             const struct snarl_want *want)
{
    struct snarl_want *last = deed->last_passed;
    deed->passed_over += last == NULL || last->thread != want->thread;
    if (last == NULL)
        last = deed->last_passed =
            snarl_arena_allocate(order->arena, passed_size(want->held_count));
    if (last == NULL)
        return; /* counted twice, perhaps, and not remembered */
    struct snarl_held *held = (struct snarl_held *)(last + 1);
    *last = *want;
    memcpy(held, want->held, want->held_count * sizeof held[0]);
    last->held = held;
}

static bool holds(const struct snarl_dependency *dependency, uint32_t lock)
{
    for (uint32_t i = 0; i < dependency->held_count; i++)
        if (dependency->held[i]->lock == lock)
            return true;
    return false;
}

static void recall(struct snarl_lock_order *order, struct snarl_order_deed *deed)
{
    if (deed->threads >= deed->most)
        deed->most = deed->threads + SNARL_LIKE_KEPT;
    if (deed->last_passed == NULL || deed->is_recalled)
        return;
    deed->is_recalled = true;
    deed->next_recalled = order->recalled;
    order->recalled = deed;
}

void snarl_order_recall(struct snarl_lock_order *order, const struct snarl_dependency *dependency)
{
    for (uint32_t i = 0; i < dependency->held_count; i++) {
        struct snarl_dependency *other = dependency->held[i]->all_wanting;
        for (uint32_t left = MOST_LOOKED_AT; other != NULL && left > 0; left--) {
            if (other->deed != NULL && holds(other, dependency->lock))
                recall(order, other->deed);
            other = other->next_of_wanted;
        }
    }
}

bool snarl_lock_order_recalled(struct snarl_lock_order *order, struct snarl_want *want,
                               uint32_t *dependency)
{
    struct snarl_order_deed *deed = order->recalled;
    if (deed == NULL)
        return false;
    order->recalled = deed->next_recalled;
    deed->is_recalled = false;
    *want = *deed->last_passed;
    *dependency = ++order->last_id;
    return true;
}

void snarl_order_forget_passed(struct snarl_lock_order *order, struct snarl_order_deed *deed)
{
    struct snarl_order_deed **place = &order->recalled;
    while (*place != NULL && *place != deed)
        place = &(*place)->next_recalled;
    if (*place == deed)
        *place = deed->next_recalled;
    if (deed->last_passed != NULL)
        snarl_arena_free(order->arena, deed->last_passed,
                         passed_size(deed->last_passed->held_count));
}

void snarl_lock_order_passed_over(const struct snarl_lock_order *order,
                                  void (*visit)(void *context, uint32_t dependency, uint64_t count),
                                  void *context)
{
    for (const struct snarl_order_deed *deed = order->deeds; deed; deed = deed->by_key.next)
        if (deed->passed_over > 0)
            visit(context, deed->dependency, deed->passed_over);
}

void snarl_lock_order_pass_over(struct snarl_lock_order *order, const struct snarl_want *want,
                                uint64_t count)
{
    struct snarl_want rest;
    want = snarl_order_without_withdrawn(order, want, &rest);
    struct snarl_order_deed *deed =
        want != NULL && want->held_count > 0 ? snarl_order_deed_of(order, want) : NULL;
    if (deed != NULL)
        deed->passed_over += count;
}
