/* Deadlocks that happened, as findings of the report. */
#include <limits.h>

#include "analysis/builder.h"

enum snarl_target snarl_builder_target(uint32_t want_kind)
{
    switch (want_kind) {
    case SNARL_WANTS_LOCK:
        return SNARL_TARGET_LOCK;
    case SNARL_WANTS_THREAD:
        return SNARL_TARGET_THREAD;
    case SNARL_WANTS_CONDITION:
        /* In a deadlock it is the mutex that cannot be had back. */
        return SNARL_TARGET_LOCK;
    case SNARL_WANTS_SEMAPHORE:
        return SNARL_TARGET_SEMAPHORE;
    case SNARL_WANTS_BARRIER:
        return SNARL_TARGET_BARRIER;
    case SNARL_WANTS_END_OF_WAITS:
        return SNARL_TARGET_END_OF_WAITS;
    default:
        return SNARL_TARGET_NONE;
    }
}

/* Turns a circle so that its first thread comes first: which one closed it is chance. */
static struct snarl_report_step *turned(struct snarl_builder *builder,
                                        const struct snarl_report_step *steps, size_t count)
{
    struct snarl_report_step *result = snarl_report_allocate(builder->report, count, sizeof *steps);
    size_t first = 0;
    unsigned lowest = UINT_MAX;
    for (size_t i = 0; i < count; i++) {
        const struct snarl_report_thread *thread =
            snarl_report_thread_by_id(builder->report, steps[i].thread);
        if (thread != NULL && thread->number < lowest) {
            lowest = thread->number;
            first = i;
        }
    }
    for (size_t i = 0; i < count; i++)
        result[i] = steps[(first + i) % count];
    return result;
}

static void add_deadlock(struct snarl_builder *builder, struct snarl_source *source,
                         const struct snarl_fact_deadlock *fact)
{
    struct snarl_report_step *steps =
        snarl_report_allocate(builder->report, fact->count, sizeof *steps);
    const struct snarl_deadlock_step *from = snarl_reader_first_step(fact);
    for (uint32_t i = 0; i < fact->count; i++, from = snarl_reader_step_after(from)) {
        struct snarl_report_step *step = &steps[i];
        step->thread = snarl_builder_thread(builder, source, from->thread);
        step->holds = snarl_builder_holds(builder, source, from->held, from->held_count);
        step->hold_count = from->held_count;
        step->target = snarl_builder_target(from->want_kind);
        step->wants = step->target == SNARL_TARGET_THREAD
                          ? snarl_builder_thread(builder, source, from->object)
                          : snarl_builder_lock(builder, source, from->object);
        step->stack = snarl_builder_stack(builder, source, from->stack);
        step->timed = from->flags & SNARL_WANT_ROW_TIMED;
        step->shared = from->flags & SNARL_WANT_ROW_SHARED;
    }
    /* One that ends at a thread that is no more is a chain, and begins where it begins. */
    bool circle = fact->count > 0 && steps[fact->count - 1].target != SNARL_TARGET_NONE;
    struct snarl_report_finding *finding = snarl_builder_add_finding(builder);
    finding->kind =
        fact->count == 1 && circle ? SNARL_FINDING_SELF_DEADLOCK : SNARL_FINDING_DEADLOCK;
    finding->status = SNARL_OCCURRED;
    finding->severity = SNARL_ERROR;
    finding->steps = circle ? turned(builder, steps, fact->count) : steps;
    finding->step_count = fact->count;
    snarl_builder_finish(builder);
}

void snarl_builder_deadlocks(struct snarl_builder *builder, struct snarl_source *source)
{
    for (size_t i = 0; i < source->loaded.deadlock_count; i++)
        add_deadlock(builder, source, source->loaded.deadlocks[i]);
}
