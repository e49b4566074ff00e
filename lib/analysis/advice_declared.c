/* Cycles that go against what the program has declared. */
#include "analysis/advice.h"

static bool is_declared(const struct snarl_advice *advice, const struct snarl_report_step *step)
{
    const struct snarl_report_thread *thread =
        snarl_report_thread_by_id(advice->report, step->thread);
    return thread != NULL && thread->declared;
}

/* What the step at `index` holds that the one before it wants. */
static unsigned held_in_ring(const struct snarl_report_finding *finding, size_t index)
{
    return finding->steps[(index + finding->step_count - 1) % finding->step_count].wants;
}

/* "a before b (order.c:12)" for each declaration. */
static const char *declarations(const struct snarl_advice *advice)
{
    const struct snarl_report_finding *finding = advice->finding;
    const char *list = "";
    for (size_t i = 0; i < finding->step_count; i++) {
        if (!is_declared(advice, &finding->steps[i]))
            continue;
        const char *place = snarl_advice_place(advice, &finding->steps[i].stack);
        list = snarl_report_string(advice->report, "%s%s%s before %s%s%s", list,
                                   *list != '\0' ? ", " : "",
                                   snarl_advice_lock(advice, held_in_ring(finding, i)),
                                   snarl_advice_lock(advice, finding->steps[i].wants),
                                   place != NULL ? " in " : "", place != NULL ? place : "");
    }
    return list;
}

/* One thread against the declarations: what it is to do. */
static void advise_one(const struct snarl_advice *advice, size_t index)
{
    struct snarl_report_finding *finding = advice->finding;
    const struct snarl_report_step *step = &finding->steps[index];
    unsigned held = held_in_ring(finding, index);
    const struct snarl_report_hold *hold = snarl_advice_hold(step, held);
    const char *place = snarl_advice_place(advice, hold != NULL ? &hold->stack : &step->stack);
    const char *first = snarl_advice_lock(advice, held);
    const char *second = snarl_advice_lock(advice, step->wants);
    finding->message =
        snarl_report_string(advice->report, "%s takes %s before %s, against the declared order",
                            snarl_advice_thread(advice, step->thread), first, second);
    finding->fix =
        snarl_report_string(advice->report, "in %s, take %s before %s.",
                            place != NULL ? place : "the code that takes them", second, first);
}

bool snarl_advise_declared(const struct snarl_advice *advice)
{
    struct snarl_report_finding *finding = advice->finding;
    size_t threads = 0, last = 0;
    for (size_t i = 0; i < finding->step_count; i++)
        if (!is_declared(advice, &finding->steps[i])) {
            threads++;
            last = i;
        }
    if (threads == finding->step_count || finding->status == SNARL_INFEASIBLE)
        return false;
    if (threads == 1)
        advise_one(advice, last);
    else if (threads == 0)
        finding->message =
            snarl_report_string(advice->report, "the declared orders of %s contradict each other",
                                snarl_advice_locks(advice));
    else
        finding->message = snarl_report_string(
            advice->report, "%zu threads take %s in a ring, against the declared order", threads,
            snarl_advice_locks(advice));
    finding->why =
        snarl_report_string(advice->report, "The program declares: %s.", declarations(advice));
    return true;
}
