/* What a finding says in words: one line, why it is believed, and the shortest mend. */
#include <string.h>

#include "analysis/builder.h"
#include "report/words.h"

static const char *lock_name(struct snarl_builder *builder, unsigned id)
{
    const struct snarl_report_lock *lock = snarl_report_lock_by_id(builder->report, id);
    return lock != NULL ? lock->name : "a lock";
}

static const char *thread_name(struct snarl_builder *builder, unsigned id)
{
    const struct snarl_report_thread *thread = snarl_report_thread_by_id(builder->report, id);
    if (thread == NULL)
        return "a thread";
    if (thread->name != NULL)
        return snarl_report_string(builder->report, "thread %u \"%s\"", thread->number,
                                   thread->name);
    if (thread->start != NULL)
        return snarl_report_string(builder->report, "thread %u (%s)", thread->number,
                                   thread->start);
    return snarl_report_string(builder->report, "thread %u", thread->number);
}

static const char *function_at(const struct snarl_stack *stack)
{
    const struct snarl_frame *frame = snarl_stack_place(stack);
    return frame != NULL ? frame->function : NULL;
}

/* "refund() (bank.c:33)", or as much of it as is known. */
static const char *place_of(struct snarl_builder *builder, const struct snarl_stack *stack)
{
    const struct snarl_frame *frame = snarl_stack_place(stack);
    if (frame == NULL)
        return "the code that takes them";
    const char *file = frame->file != NULL ? strrchr(frame->file, '/') : NULL;
    file = file != NULL ? file + 1 : frame->file;
    if (frame->function != NULL && file != NULL)
        return snarl_report_string(builder->report, "%s() (%s:%u)", frame->function, file,
                                   frame->line);
    if (frame->function != NULL)
        return snarl_report_string(builder->report, "%s()", frame->function);
    if (file != NULL)
        return snarl_report_string(builder->report, "%s:%u", file, frame->line);
    return snarl_report_string(builder->report, "%s+0x%llx",
                               frame->module != NULL ? frame->module : "?",
                               (unsigned long long)frame->offset);
}

static const struct snarl_report_hold *hold_of(const struct snarl_report_step *step, unsigned lock)
{
    for (size_t i = 0; i < step->hold_count; i++)
        if (step->holds[i].lock == lock)
            return &step->holds[i];
    return NULL;
}

/* What `step` holds that the one before it wants. */
static unsigned held_in_ring(const struct snarl_report_finding *finding, size_t step)
{
    return finding->steps[(step + finding->step_count - 1) % finding->step_count].wants;
}

/* The step to change: the one that goes against the order of addresses, which most steps of a ring
 * keep; else the last. */
static size_t step_to_mend(struct snarl_builder *builder,
                           const struct snarl_report_finding *finding)
{
    size_t against = 0, found = finding->step_count - 1;
    for (size_t i = 0; i < finding->step_count; i++) {
        const struct snarl_report_lock *held =
            snarl_report_lock_by_id(builder->report, held_in_ring(finding, i));
        const struct snarl_report_lock *wanted =
            snarl_report_lock_by_id(builder->report, finding->steps[i].wants);
        if (held != NULL && wanted != NULL && held->address > wanted->address) {
            against++;
            found = i;
        }
    }
    return against == 1 ? found : finding->step_count - 1;
}

static const char *mend_order(struct snarl_builder *builder,
                              const struct snarl_report_finding *finding)
{
    size_t mended = step_to_mend(builder, finding);
    const struct snarl_report_step *step = &finding->steps[mended];
    const struct snarl_report_step *model = &finding->steps[(mended + 1) % finding->step_count];
    unsigned held = held_in_ring(finding, mended);
    const struct snarl_report_hold *hold = hold_of(step, held);
    const struct snarl_stack *taken = hold != NULL ? &hold->stack : &step->stack;
    const char *here = function_at(taken), *there = function_at(&model->stack);
    if (here != NULL && there != NULL && strcmp(here, there) == 0)
        return snarl_report_string(
            builder->report,
            "in %s, take the locks in one order whichever way it is called: the one at the lower "
            "address first, for instance.",
            place_of(builder, taken));
    const char *example = "";
    if (finding->step_count == 2 && there != NULL)
        example = snarl_report_string(builder->report, ", as %s() does", there);
    return snarl_report_string(builder->report, "in %s, take %s before %s%s.",
                               place_of(builder, taken), lock_name(builder, step->wants),
                               lock_name(builder, held), example);
}

/* From the one that the first step holds, which is wanted last, on. */
static const char *list_locks(struct snarl_builder *builder,
                              const struct snarl_report_finding *finding)
{
    const char *list = "";
    for (size_t i = 0; i < finding->lock_count && i < 4; i++) {
        bool last = i + 1 == finding->lock_count;
        list = snarl_report_string(
            builder->report, "%s%s%s", list, i == 0 ? "" : (last ? " and " : ", "),
            lock_name(builder,
                      finding->locks[(i + finding->lock_count - 1) % finding->lock_count]));
    }
    return finding->lock_count > 4 ? snarl_report_string(builder->report, "%s and others", list)
                                   : list;
}

static const char *infeasible_why(enum snarl_reason reason)
{
    switch (reason) {
    case SNARL_REASON_SINGLE_THREAD:
        return "It cannot happen: one thread would have to be in two places at once.";
    case SNARL_REASON_GATE_LOCK:
        return "It cannot happen: a lock that is held around both sides keeps them apart.";
    case SNARL_REASON_ORDERED:
        return "It cannot happen: one side has always ended before the other begins.";
    case SNARL_REASON_SHARED_MODE:
        return "It cannot happen: readers do not keep each other out.";
    case SNARL_REASON_NONE:
        break;
    }
    return NULL;
}

static void advise_cycle(struct snarl_builder *builder, struct snarl_report_finding *finding)
{
    struct snarl_report *report = builder->report;
    finding->message = finding->step_count == 2
                           ? snarl_report_string(report, "%s and %s take %s in opposite order",
                                                 thread_name(builder, finding->steps[0].thread),
                                                 thread_name(builder, finding->steps[1].thread),
                                                 list_locks(builder, finding))
                           : snarl_report_string(report, "%zu threads take %s in a ring",
                                                 finding->step_count, list_locks(builder, finding));
    if (finding->status == SNARL_INFEASIBLE) {
        finding->why = infeasible_why(finding->reason);
        return;
    }
    finding->why = finding->severity == SNARL_WARNING
                       ? "No common lock keeps them apart. One of them would give up after a "
                         "while, as its wait is timed."
                       : "No common lock keeps them apart.";
    finding->fix = mend_order(builder, finding);
}

static void advise_self_deadlock(struct snarl_builder *builder,
                                 struct snarl_report_finding *finding)
{
    const struct snarl_report_step *step = &finding->steps[0];
    if (step->target == SNARL_TARGET_THREAD) {
        finding->message = snarl_report_string(builder->report, "%s joins itself",
                                               thread_name(builder, step->thread));
        finding->fix = "let another thread join it, or detach it.";
        return;
    }
    const char *lock = lock_name(builder, step->wants);
    finding->message = snarl_report_string(builder->report, "%s locks %s, which it holds already",
                                           thread_name(builder, step->thread), lock);
    finding->why = "The mutex is not recursive, so nobody is left who could release it.";
    const struct snarl_report_hold *hold = hold_of(step, step->wants);
    if (hold != NULL)
        finding->fix = snarl_report_string(
            builder->report,
            "release %s, which %s takes, before %s locks it; or give callers that hold it a "
            "function that does not lock.",
            lock, place_of(builder, &hold->stack), place_of(builder, &step->stack));
}

static void advise_deadlock(struct snarl_builder *builder, struct snarl_report_finding *finding)
{
    struct snarl_report *report = builder->report;
    size_t joins = 0, joining = 0;
    for (size_t i = 0; i < finding->step_count; i++)
        if (finding->steps[i].target == SNARL_TARGET_THREAD) {
            joins++;
            joining = i;
        }
    finding->message =
        snarl_report_string(report, "%zu threads wait for each other%s%s", finding->step_count,
                            finding->lock_count > 0 ? ": " : "", list_locks(builder, finding));
    finding->why = "Each of them waits for what the next one has.";
    if (joins == 0) {
        finding->fix = mend_order(builder, finding);
        return;
    }
    const struct snarl_report_step *step = &finding->steps[joining];
    const struct snarl_report_step *before =
        &finding->steps[(joining + finding->step_count - 1) % finding->step_count];
    finding->fix =
        joins < finding->step_count && before->target == SNARL_TARGET_LOCK
            ? snarl_report_string(report,
                                  "release %s before the join in %s: the thread that is joined "
                                  "needs it to end.",
                                  lock_name(builder, before->wants),
                                  place_of(builder, &step->stack))
            : snarl_report_string(report, "do not join in %s: that thread is waiting for this one.",
                                  place_of(builder, &step->stack));
}

void snarl_builder_advise(struct snarl_builder *builder, struct snarl_report_finding *finding)
{
    switch (finding->kind) {
    case SNARL_FINDING_LOCK_ORDER_CYCLE:
        advise_cycle(builder, finding);
        break;
    case SNARL_FINDING_SELF_DEADLOCK:
        advise_self_deadlock(builder, finding);
        break;
    case SNARL_FINDING_DEADLOCK:
        advise_deadlock(builder, finding);
        break;
    default:
        finding->message = snarl_finding_headline(finding->kind);
        break;
    }
}
