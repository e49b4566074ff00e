/* Names of locks, declared orders, hand-overs. */
#include "preload/annotated.h"

#include <string.h>

#include "preload/modules.h"
#include "preload/options.h"
#include "preload/session.h"

enum {
    MOST_HAPPENS = 16, /* of one thread and one address, or a few that share its place */
};

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

void snarl_annotated_happens(struct snarl_thread *self, uintptr_t address, bool after,
                             struct snarl_site site)
{
    uint8_t *seen = &self->happens_seen[snarl_hash_mix(after, address) % SNARL_HAPPENS_SEEN];
    if (*seen == MOST_HAPPENS)
        return;
    ++*seen;
    struct snarl_entry entry = snarl_enter(self);
    struct snarl_fact_happens fact = {.header.kind = SNARL_FACT_HAPPENS,
                                      .thread = self->id,
                                      .stack = snarl_stack_of(self, site),
                                      .after = after,
                                      .address = address};
    if (after)
        snarl_thread_new_segment(self);
    fact.segment = self->segment;
    struct iovec part = {&fact, sizeof fact};
    snarl_session_lock();
    snarl_session_write(&part, 1);
    snarl_session_unlock();
    if (!after)
        snarl_thread_new_segment(self);
    snarl_leave(self, entry);
}
