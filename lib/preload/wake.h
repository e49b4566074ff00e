/*
 * Who woke whom: the last signal, post or arrival of each thread at each of a few objects, in its
 * row. Whoever explains a hang reads it there.
 *
 * For the calling thread, READY, before the real call: after it what was woken may be gone.
 */
#ifndef SNARL_PRELOAD_WAKE_H
#define SNARL_PRELOAD_WAKE_H

#include "preload/object.h"
#include "preload/orders.h"

void snarl_wake_slow(struct snarl_thread *self, struct snarl_thing thing, struct snarl_site site,
                     uint32_t wake);

/* The thread has ended: writes down what its row says of objects that are still there. Session
 * lock. */
void snarl_wakes_write(struct snarl_thread *self);

static inline void snarl_wake_note(struct snarl_thread *self, uintptr_t address,
                                   struct snarl_row_wake wake)
{
    uint32_t place = wake.object % SNARL_ROW_WAKES;
    self->row->wakes[place] = wake;
    self->woken[place] = address;
}

/* `wake`: enum snarl_wake_kind. */
static inline void snarl_wake(struct snarl_thread *self, struct snarl_thing thing,
                              struct snarl_site site, uint32_t wake)
{
    uint32_t stack = snarl_stack_recall_quickly(self, site);
    uint32_t object = snarl_object_recall(self, thing) & SNARL_LOCK_ID;
    bool gives = wake != SNARL_ARRIVES && snarl_orders_gives(self, object);
    if (__builtin_expect(stack == 0 || object == 0 || gives, 0))
        snarl_wake_slow(self, thing, site, wake);
    else
        snarl_wake_note(self, thing.address, (struct snarl_row_wake){object, stack, wake, 0});
}

/* A condition variable (pthread_cond_t or cnd_t) is signalled: was anybody there? glibc counts the
 * threads that wait, in eights (see nptl/pthread_cond_wait.c). */
static inline void snarl_condition_signalled(struct snarl_thread *self, void *condition,
                                             struct snarl_site site, uint32_t wake)
{
    unsigned waiters =
        __atomic_load_n(&((const pthread_cond_t *)condition)->__data.__wrefs, __ATOMIC_RELAXED) >>
        3;
    snarl_wake(self, SNARL_THING(CONDITION, condition), site,
               waiters == 0 ? wake | SNARL_WAKE_LOST : wake);
}

#endif
