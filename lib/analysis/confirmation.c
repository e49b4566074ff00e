#include "analysis/confirmation.h"

#include <string.h>

#include "analysis/advice.h"

enum {
    FRAMES = 16, /* that tell where a stack is, from the innermost */
};

/* Two findings of different reports, side by side. */
struct pair {
    const struct snarl_report *report;
    const struct snarl_report_finding *predicted;
    const struct snarl_report *run;
    const struct snarl_report_finding *live;
};

static bool is_same_text(const char *left, const char *right)
{
    return left == right || (left != NULL && right != NULL && strcmp(left, right) == 0);
}

/* As far as both go. */
static bool is_same_place(const struct snarl_stack *left, const struct snarl_stack *right)
{
    size_t count = left->count < right->count ? left->count : right->count;
    if (count == 0)
        return left->count == right->count;
    for (size_t i = 0; i < count && i < FRAMES; i++)
        if (left->frames[i].offset != right->frames[i].offset ||
            !is_same_text(left->frames[i].module, right->frames[i].module) ||
            !is_same_text(left->frames[i].function, right->frames[i].function))
            return false;
    return true;
}

/* A name with a space in it is a description, and has a number that is another in each run. */
static bool is_variable(const char *name)
{
    return name != NULL && strchr(name, ' ') == NULL;
}

static bool is_same_lock(const struct pair *pair, unsigned predicted, unsigned live)
{
    const struct snarl_report_lock *left = snarl_report_lock_by_id(pair->report, predicted);
    const struct snarl_report_lock *right = snarl_report_lock_by_id(pair->run, live);
    if (left == NULL || right == NULL || !is_same_text(left->kind, right->kind))
        return false;
    if (is_variable(left->name) || is_variable(right->name))
        return is_same_text(left->name, right->name);
    return is_same_place(&left->created, &right->created);
}

static bool is_same_thread(const struct pair *pair, unsigned predicted, unsigned live)
{
    const struct snarl_report_thread *left = snarl_report_thread_by_id(pair->report, predicted);
    const struct snarl_report_thread *right = snarl_report_thread_by_id(pair->run, live);
    return left != NULL && right != NULL && (left->number == 1) == (right->number == 1) &&
           is_same_place(&left->created, &right->created);
}

static const struct snarl_report_hold *hold_of(const struct snarl_report_step *step, unsigned lock)
{
    for (size_t i = 0; i < step->hold_count; i++)
        if (step->holds[i].lock == lock)
            return &step->holds[i];
    return NULL;
}

static unsigned wanted_before(const struct snarl_report_step *steps, size_t count, size_t step)
{
    return steps[(step + count - 1) % count].wants;
}

/* Whether the live step is the one that was predicted, by one way into it. */
static bool is_step(const struct pair *pair, const struct snarl_report_step *steps, size_t count,
                    size_t step, size_t live_step)
{
    const struct snarl_report_step *predicted = &steps[step], *live = &pair->live->steps[live_step];
    unsigned held = wanted_before(steps, count, step);
    unsigned live_held = wanted_before(pair->live->steps, pair->live->step_count, live_step);
    const struct snarl_report_hold *hold = hold_of(predicted, held);
    const struct snarl_report_hold *live_hold = hold_of(live, live_held);
    return live->target == SNARL_TARGET_LOCK && hold != NULL && live_hold != NULL &&
           is_same_thread(pair, predicted->thread, live->thread) &&
           is_same_lock(pair, held, live_held) &&
           is_same_lock(pair, predicted->wants, live->wants) &&
           is_same_place(&hold->stack, &live_hold->stack) &&
           is_same_place(&predicted->stack, &live->stack);
}

static bool is_any_step(const struct pair *pair, size_t step, size_t live_step)
{
    const struct snarl_report_finding *predicted = pair->predicted;
    if (is_step(pair, predicted->steps, predicted->step_count, step, live_step))
        return true;
    for (size_t i = 0; i < predicted->also_count; i++)
        for (size_t j = 0; j < predicted->also[i].step_count; j++)
            if (is_step(pair, predicted->also[i].steps, predicted->also[i].step_count, j,
                        live_step) &&
                is_same_lock(pair, predicted->steps[step].wants,
                             pair->live->steps[live_step].wants))
                return true;
    return false;
}

/* Where in the live circle the first predicted step stands; the count if it is another circle. */
static size_t turn_of(const struct pair *pair)
{
    size_t count = pair->predicted->step_count;
    if (pair->live->kind != SNARL_FINDING_DEADLOCK || pair->live->step_count != count)
        return count;
    for (size_t turn = 0; turn < count; turn++) {
        size_t step = 0;
        while (step < count && is_any_step(pair, step, (step + turn) % count))
            step++;
        if (step == count)
            return turn;
    }
    return count;
}

const struct snarl_report_finding *
snarl_confirmation_find(const struct snarl_report *report,
                        const struct snarl_report_finding *predicted,
                        const struct snarl_report *run)
{
    for (size_t i = 0; i < run->finding_count; i++) {
        const struct snarl_report_finding *live = &run->findings[i];
        struct pair pair = {report, predicted, run, live};
        if (live->status == SNARL_OCCURRED && turn_of(&pair) < predicted->step_count)
            return live;
    }
    return NULL;
}

/* Its id in `report`, where it is added. */
static unsigned take_lock(struct snarl_report *report, const struct snarl_report *run, unsigned id,
                          size_t process)
{
    const struct snarl_report_lock *lock = snarl_report_lock_by_id(run, id);
    if (lock == NULL)
        return 0;
    struct snarl_report_lock *taken = &report->locks[report->lock_count++];
    *taken = *lock;
    taken->process = process;
    taken->id = (unsigned)report->lock_count;
    return taken->id;
}

static unsigned take_thread(struct snarl_report *report, const struct snarl_report *run,
                            unsigned id, size_t process)
{
    const struct snarl_report_thread *thread = snarl_report_thread_by_id(run, id);
    if (thread == NULL)
        return 0;
    struct snarl_report_thread *taken = &report->threads[report->thread_count++];
    *taken = *thread;
    taken->process = process;
    taken->id = (unsigned)report->thread_count;
    return taken->id;
}

static void make_room(struct snarl_report *report, size_t locks, size_t threads)
{
    struct snarl_report_lock *larger =
        snarl_report_allocate(report, report->lock_count + locks, sizeof *larger);
    struct snarl_report_thread *more =
        snarl_report_allocate(report, report->thread_count + threads, sizeof *more);
    if (report->lock_count > 0)
        memcpy(larger, report->locks, report->lock_count * sizeof *larger);
    if (report->thread_count > 0)
        memcpy(more, report->threads, report->thread_count * sizeof *more);
    report->locks = larger;
    report->threads = more;
}

/* The same lock has one id, whether it is held or wanted. */
static unsigned taken_lock(struct snarl_report *report, const struct snarl_report *run, unsigned id,
                           size_t process, unsigned *ids)
{
    if (id == 0 || id > run->lock_count)
        return 0;
    if (ids[id] == 0)
        ids[id] = take_lock(report, run, id, process);
    return ids[id];
}

/* Where in the report the process stands: a run's takes the place of the one that was predicted
 * for. */
static size_t process_of(const struct snarl_report *report,
                         const struct snarl_report_finding *finding)
{
    const struct snarl_report_thread *thread =
        snarl_report_thread_by_id(report, finding->steps[0].thread);
    return thread != NULL ? thread->process : 0;
}

static void take_steps(struct snarl_report *report, struct snarl_report_finding *finding,
                       const struct snarl_report *run, const struct snarl_report_finding *live,
                       size_t turn)
{
    unsigned *ids = snarl_report_allocate(report, run->lock_count + 1, sizeof *ids);
    size_t count = live->step_count, process = process_of(report, finding);
    make_room(report, run->lock_count, count);
    finding->steps = snarl_report_allocate(report, count, sizeof *finding->steps);
    finding->locks = snarl_report_allocate(report, count, sizeof *finding->locks);
    finding->threads = snarl_report_allocate(report, count, sizeof *finding->threads);
    finding->lock_count = finding->thread_count = count;
    for (size_t i = 0; i < count; i++) {
        struct snarl_report_step *step = &finding->steps[i];
        *step = live->steps[(i + turn) % count];
        const struct snarl_report_hold *holds = step->holds;
        step->holds = snarl_report_allocate(report, step->hold_count, sizeof *step->holds);
        for (size_t j = 0; j < step->hold_count; j++) {
            step->holds[j] = holds[j];
            step->holds[j].lock = taken_lock(report, run, holds[j].lock, process, ids);
        }
        finding->locks[i] = step->wants = taken_lock(report, run, step->wants, process, ids);
        finding->threads[i] = step->thread = take_thread(report, run, step->thread, process);
    }
}

void snarl_confirmation_take(struct snarl_report *report, struct snarl_report_finding *predicted,
                             struct snarl_report *run, const struct snarl_report_finding *live)
{
    struct pair pair = {report, predicted, run, live};
    take_steps(report, predicted, run, live, turn_of(&pair));
    predicted->status = SNARL_CONFIRMED;
    predicted->also_count = 0; /* by this way it has happened */
    predicted->message = NULL;
    snarl_advise(report, predicted);
    snarl_report_keep(report, run);
}
