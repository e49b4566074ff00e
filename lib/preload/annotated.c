/* Names of locks, declared orders, hand-overs. */
#include "preload/annotated.h"

#include <string.h>

#include "preload/modules.h"
#include "preload/options.h"
#include "preload/orders.h"
#include "preload/session.h"

void snarl_annotated_name(struct snarl_thread *self, uintptr_t lock, const char *name)
{
    char copy[SNARL_LOCK_NAME_SIZE] = "";
    strncpy(copy, name, sizeof copy - 1);
    struct snarl_entry entry = snarl_enter(self);
    snarl_session_lock();
    struct snarl_object *object = snarl_object_spoken_of(self, lock);
    if (object != NULL)
        snarl_object_name(object, copy);
    snarl_session_unlock();
    snarl_leave(self, entry);
}

/* Whether it is taken and given back, as locks are. */
static bool has_order(const struct snarl_object *object)
{
    return object != NULL && object->kind != SNARL_OBJECT_CONDITION &&
           object->kind != SNARL_OBJECT_G_COND && object->kind != SNARL_OBJECT_BARRIER &&
           !object->is_signal;
}

/* Each pair has a number of its own; two that get the same are taken for one thread's, which can
 * only make a declaration weaker. */
static uint32_t number_of(const struct snarl_object *first, const struct snarl_object *second)
{
    return SNARL_DECLARED | (uint32_t)snarl_hash_mix(snarl_hash_mix(0, first->lock), second->lock);
}

/* To the graph a declaration is a thread that does what is declared, at any time. Session lock. */
static void declare(struct snarl_thread *self, struct snarl_object *first,
                    struct snarl_object *second, uint32_t stack)
{
    struct snarl_held held = {.lock = first->lock, .stack = stack};
    struct snarl_want want = {.thread = number_of(first, second),
                              .segment = 1,
                              .lock = second->lock,
                              .stack = stack,
                              .held_count = 1,
                              .held = &held};
    if (snarl_lock_order_knows(snarl_session.order, &want))
        return;
    snarl_object_write(first);
    snarl_object_write(second);
    snarl_acquire_tell(self, &want);
}

void snarl_annotated_order(struct snarl_thread *self, uintptr_t first, uintptr_t second,
                           struct snarl_site site)
{
    if (first == 0 || second == 0 || first == second || !snarl_options.detect_deadlocks)
        return;
    struct snarl_entry entry = snarl_enter(self);
    uint32_t stack = snarl_stack_of(self, site);
    snarl_modules_refresh(); /* the locks' own must stand before them in the recording */
    snarl_session_lock();
    struct snarl_object *one = snarl_object_spoken_of(self, first),
                        *other = snarl_object_spoken_of(self, second);
    if (has_order(one) && has_order(other))
        declare(self, one, other, stack);
    snarl_session_unlock();
    snarl_leave(self, entry);
}

/* What a hand-over is known by: no address of the program's, at which a lock may live, too. */
static struct snarl_thing tag_of(uintptr_t address)
{
    return SNARL_THING(HAND_OVER, ~address);
}

/* It is made where it is first spoken of. */
static void introduce(struct snarl_thread *self, struct snarl_thing tag, struct snarl_site site)
{
    struct snarl_entry entry = snarl_enter(self);
    uint32_t stack = snarl_stack_of(self, site);
    snarl_session_lock();
    if (snarl_object_known(tag.address) == NULL)
        snarl_object_begin(self, tag, 0, stack);
    snarl_object_at(self, tag, false);
    snarl_session_unlock();
    snarl_leave(self, entry);
}

void snarl_annotated_happens(struct snarl_thread *self, uintptr_t address, bool after,
                             struct snarl_site site)
{
    struct snarl_thing tag = tag_of(address);
    if (self->orders.hand_offs >= SNARL_HAND_OFFS_NOTED)
        return;
    if (snarl_object_recall(self, tag) == 0)
        introduce(self, tag, site);
    if (after) {
        snarl_orders_take(self, tag);
        return;
    }
    if (!snarl_orders_gives(self, snarl_object_recall(self, tag) & SNARL_LOCK_ID))
        return;
    struct snarl_entry entry = snarl_enter(self);
    snarl_orders_give(self, tag);
    snarl_leave(self, entry);
}
