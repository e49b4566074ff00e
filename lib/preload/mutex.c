/* The slow halves of the policies for mutexes and condition variables. */
#include "preload/policies.h"

static int lock_busy(struct snarl_thread *self, pthread_mutex_t *mutex, struct snarl_site site)
{
    struct snarl_waited waited = {.kind = SNARL_WANTS_LOCK, .mutex = mutex};
    struct snarl_wait_frame frame;
    if (snarl_wait_begin(self, &waited, site, &frame) == SNARL_WAIT_REFUSED)
        return EDEADLK;
    int result = snarl_real.pthread_mutex_lock(mutex);
    snarl_wait_end(self, &frame);
    return result;
}

int snarl_lock_slow(pthread_mutex_t *mutex, struct snarl_site site, int tried)
{
    struct snarl_thread *self = snarl_self;
    int result = snarl_took(tried) ? tried : lock_busy(self, mutex, site);
    if (snarl_took(result))
        snarl_acquired(self, mutex, site, SNARL_TAKING_BLOCKING);
    return result;
}

void snarl_condition_wait_begin(struct snarl_condition_wait *wait, bool timed)
{
    struct snarl_waited waited = {
        .kind = SNARL_WANTS_CONDITION, .mutex = wait->mutex, .timed = timed};
    snarl_wait_begin(wait->self, &waited, wait->site, &wait->frame);

    const struct snarl_holding *holding = snarl_holding_of(wait->self, (uintptr_t)wait->mutex);
    wait->count = holding != NULL ? holding->count : 0;
    if (holding != NULL && holding->count == 1)
        snarl_released(wait->self, wait->mutex);
}

void snarl_condition_wait_end(void *data)
{
    struct snarl_condition_wait *wait = data;
    snarl_wait_end(wait->self, &wait->frame);
    if (wait->count == 1)
        snarl_acquired(wait->self, wait->mutex, wait->site, SNARL_TAKING_BLOCKING);
}
