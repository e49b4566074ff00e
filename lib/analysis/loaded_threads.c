/* The orders between the threads of a recording, as its lock-order graph is to hear of them. */
#include <stdlib.h>

#include "analysis/loaded.h"

struct telling {
    const struct snarl_loaded *loaded;
    struct snarl_thread_order *order;
    uint32_t (*rename)(void *context, enum snarl_loaded_id, uint32_t id);
    void *context;
    const struct snarl_fact_join *join; /* not told yet: what was held may follow */
    bool fine;
};

static uint32_t thread_of(const struct telling *telling, uint32_t thread)
{
    return telling->rename(telling->context, SNARL_LOADED_THREAD, thread);
}

static uint32_t lock_of(const struct telling *telling, uint32_t lock)
{
    return telling->rename(telling->context, SNARL_LOADED_LOCK, lock);
}

/* One that was left behind by a fork has a parent of another process. */
static void tell_made(struct telling *telling, const struct snarl_fact_thread *fact)
{
    uint32_t parent = fact->absent || fact->parent == 0 ? 0 : thread_of(telling, fact->parent);
    telling->fine &= snarl_thread_order_made(telling->order, thread_of(telling, fact->thread),
                                             parent, fact->parent_segment);
}

static void tell_join(struct telling *telling, const struct snarl_held_since *held, uint32_t count)
{
    const struct snarl_fact_join *join = telling->join;
    if (join == NULL)
        return;
    telling->join = NULL;
    telling->fine &=
        snarl_thread_order_joined(telling->order, thread_of(telling, join->thread), join->segment,
                                  thread_of(telling, join->joined), held, count);
}

static void tell_join_held(struct telling *telling, const struct snarl_fact_join_held *fact)
{
    struct snarl_held_since *held = calloc(fact->count + 1u, sizeof *held);
    uint32_t count = 0;
    for (uint32_t i = 0; held != NULL && i < fact->count; i++) {
        if (snarl_loaded_is_signal(telling->loaded, fact->held[i].lock))
            continue; /* no lock: it keeps nobody away */
        held[count] = fact->held[i];
        held[count++].lock = lock_of(telling, fact->held[i].lock);
    }
    tell_join(telling, held, count);
    free(held);
}

static void tell_arrival(struct telling *telling, const struct snarl_fact_arrival *fact)
{
    if (fact->parties > 0 && fact->round > 0)
        telling->fine &= snarl_thread_order_arrived(
            telling->order, lock_of(telling, fact->barrier), fact->parties, fact->round,
            thread_of(telling, fact->thread), fact->segment);
}

static void tell_found_done(struct telling *telling, const struct snarl_fact_found_done *fact)
{
    telling->fine &= snarl_thread_order_found_done(telling->order, lock_of(telling, fact->once),
                                                   thread_of(telling, fact->thread), fact->segment);
}

static void tell_hand_off(struct telling *telling, const struct snarl_fact_hand_off *fact)
{
    uint32_t object = lock_of(telling, fact->object), thread = thread_of(telling, fact->thread);
    if (fact->hand_off == SNARL_HAND_OFF_GAVE)
        telling->fine &= snarl_thread_order_gave(telling->order, object, thread, fact->segment);
    else if (fact->hand_off == SNARL_HAND_OFF_TOOK)
        telling->fine &= snarl_thread_order_took(telling->order, object, thread, fact->segment);
}

static void tell(struct telling *telling, const struct snarl_fact_header *header)
{
    const void *fact = header;
    if (header->kind != SNARL_FACT_JOIN_HELD)
        tell_join(telling, NULL, 0);
    switch (header->kind) {
    case SNARL_FACT_THREAD:
        tell_made(telling, fact);
        break;
    case SNARL_FACT_JOIN:
        telling->join = fact;
        break;
    case SNARL_FACT_JOIN_HELD:
        tell_join_held(telling, fact);
        break;
    case SNARL_FACT_ARRIVAL:
        tell_arrival(telling, fact);
        break;
    case SNARL_FACT_FOUND_DONE:
        tell_found_done(telling, fact);
        break;
    case SNARL_FACT_HAND_OFF:
        tell_hand_off(telling, fact);
        break;
    }
}

void snarl_loaded_tell_orders(struct snarl_loaded *loaded, struct snarl_thread_order *order,
                              uint32_t (*rename)(void *context, enum snarl_loaded_id, uint32_t id),
                              void *context)
{
    struct telling telling = {
        .loaded = loaded, .order = order, .rename = rename, .context = context, .fine = true};
    const struct snarl_fact_header *header;
    size_t lost = loaded->reader.lost;
    snarl_loaded_again(loaded);
    while ((header = snarl_loaded_next(loaded)) != NULL)
        tell(&telling, header);
    tell_join(&telling, NULL, 0);
    loaded->reader.lost = lost; /* however far it was read this time */
    if (!telling.fine)
        loaded->losses |= 1u << SNARL_LOSS_MEMORY;
}
