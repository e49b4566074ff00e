/* The slow halves of the policies for condition variables and semaphores. */
#include "preload/misuse.h"
#include "preload/policies.h"
#include "preload/session.h"

void snarl_condition_wait_begin(struct snarl_condition_wait *wait, uint32_t flags)
{
    const struct snarl_holding *holding = snarl_holding_of(wait->self, wait->mutex.address);
    bool will_hold = holding == NULL &&
                     snarl_misuse_of_wait(wait->self, wait->condition, wait->mutex, wait->site);
    struct snarl_waited waited = {.kind = SNARL_WANTS_CONDITION,
                                  .flags = flags,
                                  .thing = wait->condition,
                                  .mutex = wait->mutex.address};
    snarl_wait_begin(wait->self, &waited, wait->site, &wait->frame);
    snarl_misuse_of_pair(wait->self, wait->condition, wait->mutex, wait->site);

    wait->count = holding != NULL ? holding->count : will_hold;
    if (holding != NULL && holding->count == 1)
        snarl_released(wait->self, wait->mutex, wait->site);
}

void snarl_condition_wait_end(void *data)
{
    struct snarl_condition_wait *wait = data;
    if (snarl_thread_ready() != wait->self) /* in a child that a signal handler has made by fork */
        return;
    snarl_wait_end(wait->self, &wait->frame);
    snarl_orders_take(wait->self, wait->condition);
    if (wait->count == 1)
        snarl_acquired(wait->self, wait->mutex, wait->site, SNARL_TAKING_BLOCKING);
}

void snarl_semaphore_wait_begin(struct snarl_semaphore_wait *wait)
{
    struct snarl_thread *self = snarl_self;
    bool timed = wait->taking & SNARL_TAKING_TIMED;
    struct snarl_waited waited = {.kind = SNARL_WANTS_SEMAPHORE,
                                  .flags = timed ? SNARL_WANT_ROW_TIMED : 0,
                                  .thing = wait->thing};
    if (self->polling == wait->thing.address)
        self->polling = 0; /* it waits after all */
    snarl_wait_begin(self, &waited, wait->site, &wait->frame);
}
