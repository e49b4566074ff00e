#include "report/ways.h"

struct snarl_report_variant snarl_finding_way(const struct snarl_report_finding *finding,
                                              size_t number)
{
    if (number == 0)
        return (struct snarl_report_variant){finding->steps, finding->step_count};
    return finding->also[number - 1];
}

static bool takes_part(const struct snarl_report_finding *finding, unsigned lock)
{
    for (size_t index = 0; index < finding->lock_count; index++)
        if (finding->locks[index] == lock)
            return true;
    return false;
}

static bool any_of_step(const struct snarl_report *report,
                        const struct snarl_report_finding *finding,
                        const struct snarl_report_step *step, snarl_see_stack *see, void *context)
{
    if (see(&step->stack, true, context))
        return true;
    for (size_t index = 0; index < step->hold_count; index++)
        if (see(&step->holds[index].stack, takes_part(finding, step->holds[index].lock), context))
            return true;
    for (size_t index = 0; step->blocked != NULL && index < step->blocked->waker_count; index++)
        if (see(&step->blocked->wakers[index].stack, false, context))
            return true;
    const struct snarl_report_thread *thread = snarl_report_thread_by_id(report, step->thread);
    return thread != NULL && see(&thread->created, false, context);
}

bool snarl_way_any_stack(const struct snarl_report *report,
                         const struct snarl_report_finding *finding,
                         const struct snarl_report_variant *way, snarl_see_stack *see,
                         void *context)
{
    for (size_t index = 0; index < way->step_count; index++)
        if (any_of_step(report, finding, &way->steps[index], see, context))
            return true;
    for (size_t index = 0; index < finding->lock_count; index++) {
        const struct snarl_report_lock *lock =
            snarl_report_lock_by_id(report, finding->locks[index]);
        if (lock != NULL && see(&lock->created, false, context))
            return true;
    }
    return false;
}
