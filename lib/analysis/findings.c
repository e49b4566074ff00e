/* Deadlocks and cycles of a recording, as findings of the report. */
#include <string.h>

#include "analysis/builder.h"
#include "analysis/identify.h"

enum { MOST_ALSO = 100 };

static bool contains(const unsigned *ids, size_t count, unsigned id)
{
    for (size_t i = 0; i < count; i++)
        if (ids[i] == id)
            return true;
    return false;
}

/* Fills in the lists of locks and threads from the steps. */
static void list_parties(struct snarl_builder *builder, struct snarl_report_finding *finding)
{
    finding->locks = snarl_report_allocate(builder->report, finding->step_count, sizeof(unsigned));
    finding->threads =
        snarl_report_allocate(builder->report, finding->step_count, sizeof(unsigned));
    for (size_t i = 0; i < finding->step_count; i++) {
        const struct snarl_report_step *step = &finding->steps[i];
        if (step->target == SNARL_TARGET_LOCK && step->wants != 0 &&
            !contains(finding->locks, finding->lock_count, step->wants))
            finding->locks[finding->lock_count++] = step->wants;
        if (!contains(finding->threads, finding->thread_count, step->thread))
            finding->threads[finding->thread_count++] = step->thread;
    }
}

static void add_also(struct snarl_builder *builder, struct snarl_report_finding *finding,
                     const struct snarl_report_step *steps, size_t count)
{
    if (finding->also_count == MOST_ALSO)
        return;
    if (finding->also == NULL)
        finding->also = snarl_report_allocate(builder->report, MOST_ALSO, sizeof *finding->also);
    struct snarl_report_variant *also = &finding->also[finding->also_count++];
    also->steps = snarl_report_allocate(builder->report, count, sizeof *steps);
    memcpy(also->steps, steps, count * sizeof *steps);
    also->step_count = count;
}

/* The last finding is whole: names it, and folds it into an earlier one of the same name (another
 * process of the same program, or like locks made in the same place). */
static void finish(struct snarl_builder *builder)
{
    struct snarl_report *report = builder->report;
    struct snarl_report_finding *finding = &report->findings[report->finding_count - 1];
    list_parties(builder, finding);
    snarl_finding_identify(finding, report);
    for (size_t i = 0; i + 1 < report->finding_count; i++) {
        struct snarl_report_finding *earlier = &report->findings[i];
        if (strcmp(earlier->id, finding->id) == 0 && earlier->status == finding->status &&
            earlier->severity == finding->severity) {
            add_also(builder, earlier, finding->steps, finding->step_count);
            report->finding_count--;
            memset(finding, 0, sizeof *finding);
            return;
        }
    }
    snarl_builder_advise(builder, finding);
}

static enum snarl_target target_of(uint32_t want_kind)
{
    switch (want_kind) {
    case SNARL_WANTS_LOCK:
        return SNARL_TARGET_LOCK;
    case SNARL_WANTS_THREAD:
        return SNARL_TARGET_THREAD;
    case SNARL_WANTS_CONDITION:
        /* In a deadlock it is the mutex that cannot be had back. */
        return SNARL_TARGET_LOCK;
    default:
        return SNARL_TARGET_NONE;
    }
}

static void add_deadlock(struct snarl_builder *builder, struct snarl_source *source,
                         const struct snarl_fact_deadlock *fact)
{
    struct snarl_report_step *steps =
        snarl_report_allocate(builder->report, fact->count, sizeof *steps);
    for (uint32_t i = 0; i < fact->count; i++) {
        const struct snarl_deadlock_step *from = snarl_reader_step(fact, i);
        struct snarl_report_step *step = &steps[i];
        step->thread = snarl_builder_thread(builder, source, from->thread);
        step->holds = snarl_builder_holds(builder, source, from->held, from->held_count);
        step->hold_count = from->held_count;
        step->target = target_of(from->want_kind);
        step->wants = step->target == SNARL_TARGET_THREAD
                          ? snarl_builder_thread(builder, source, from->object)
                          : snarl_builder_lock(builder, source, from->object);
        step->stack = snarl_builder_stack(builder, source, from->stack);
    }
    struct snarl_report_finding *finding = snarl_builder_add_finding(builder);
    finding->kind = fact->count == 1 ? SNARL_FINDING_SELF_DEADLOCK : SNARL_FINDING_DEADLOCK;
    finding->status = SNARL_OCCURRED;
    finding->severity = SNARL_ERROR;
    finding->steps = steps;
    finding->step_count = fact->count;
    finish(builder);
}

void snarl_builder_deadlocks(struct snarl_builder *builder, struct snarl_source *source)
{
    for (size_t i = 0; i < source->loaded.deadlock_count; i++)
        add_deadlock(builder, source, source->loaded.deadlocks[i]);
}

/* The step of a cycle, by one of the ways its dependency was reached. */
static struct snarl_report_step step_of(struct snarl_builder *builder, struct snarl_source *source,
                                        const struct snarl_dependency *dependency,
                                        const struct snarl_variant *variant)
{
    struct snarl_report_step step = {
        .thread = snarl_builder_thread(builder, source, dependency->thread),
        .target = SNARL_TARGET_LOCK,
        .wants = snarl_builder_lock(builder, source, dependency->lock),
        .timed = dependency->flags & SNARL_WANT_TIMED,
        .stack = snarl_builder_stack(builder, source, variant->stack),
        .hold_count = dependency->held_count,
    };
    step.holds =
        snarl_report_allocate(builder->report, dependency->held_count, sizeof *step.holds);
    for (uint32_t i = 0; i < dependency->held_count; i++) {
        uint32_t lock = snarl_order_node_lock(dependency->held[i]);
        step.holds[i].lock = snarl_builder_lock(builder, source, lock);
        step.holds[i].stack = snarl_builder_stack(builder, source, variant->held_stacks[i]);
    }
    return step;
}

static struct snarl_report_step *steps_of(struct snarl_builder *builder,
                                          struct snarl_source *source,
                                          const struct snarl_cycle *cycle)
{
    struct snarl_report_step *steps =
        snarl_report_allocate(builder->report, cycle->length, sizeof *steps);
    for (uint32_t i = 0; i < cycle->length; i++)
        steps[i] = step_of(builder, source, cycle->steps[i], cycle->steps[i]->variants);
    return steps;
}

/* Other call paths into the same dependencies, one step changed at a time. */
static void add_variants(struct snarl_builder *builder, struct snarl_source *source,
                         struct snarl_report_finding *finding, const struct snarl_cycle *cycle)
{
    for (uint32_t i = 0; i < cycle->length; i++) {
        struct snarl_report_step kept = finding->steps[i];
        const struct snarl_variant *variant = cycle->steps[i]->variants->next;
        for (; variant != NULL; variant = variant->next) {
            finding->steps[i] = step_of(builder, source, cycle->steps[i], variant);
            add_also(builder, finding, finding->steps, finding->step_count);
        }
        finding->steps[i] = kept;
    }
}

static void add_cycle(struct snarl_builder *builder, struct snarl_source *source,
                      const struct snarl_cycle *cycle)
{
    struct snarl_report_step *steps = steps_of(builder, source, cycle);
    struct snarl_report_finding *finding = snarl_builder_add_finding(builder);
    finding->kind = SNARL_FINDING_LOCK_ORDER_CYCLE;
    finding->status = cycle->status;
    finding->severity = cycle->severity;
    finding->reason = cycle->reason;
    finding->steps = steps;
    finding->step_count = cycle->length;
    add_variants(builder, source, finding, cycle);
    for (const struct snarl_cycle *also = cycle->also; also != NULL; also = also->next)
        add_also(builder, finding, steps_of(builder, source, also), also->length);
    finish(builder);
}

/* Whether a deadlock of these very locks happened: then it need not be predicted too. */
static bool occurred(const struct snarl_loaded *loaded, const struct snarl_cycle *cycle)
{
    for (size_t i = 0; i < loaded->deadlock_count; i++) {
        const struct snarl_fact_deadlock *deadlock = loaded->deadlocks[i];
        uint32_t same = 0;
        for (uint32_t j = 0; j < deadlock->count; j++) {
            const struct snarl_deadlock_step *step = snarl_reader_step(deadlock, j);
            for (uint32_t k = 0; k < cycle->length; k++)
                same += step->want_kind == SNARL_WANTS_LOCK &&
                        step->object == cycle->steps[k]->lock;
        }
        if (same == cycle->length && deadlock->count == cycle->length)
            return true;
    }
    return false;
}

void snarl_builder_cycles(struct snarl_builder *builder, struct snarl_source *source)
{
    const struct snarl_cycle *cycle = snarl_lock_order_cycles(source->loaded.order);
    for (; cycle != NULL; cycle = cycle->next)
        if (!occurred(&source->loaded, cycle))
            add_cycle(builder, source, cycle);
}

/* Whether the edge lies on a cycle that can happen. */
static bool in_cycle(const struct snarl_lock_order *order, uint32_t from, uint32_t to)
{
    const struct snarl_cycle *cycle = snarl_lock_order_cycles(order);
    for (; cycle != NULL; cycle = cycle->next)
        for (uint32_t i = 0; cycle->status != SNARL_INFEASIBLE && i < cycle->length; i++) {
            /* The step before wants what this one holds. */
            uint32_t held = cycle->steps[(i + cycle->length - 1) % cycle->length]->lock;
            if (held == from && cycle->steps[i]->lock == to)
                return true;
        }
    return false;
}

void snarl_builder_edges(struct snarl_builder *builder, struct snarl_source *source)
{
    const struct snarl_dependency *dependency =
        snarl_lock_order_dependencies(source->loaded.order);
    for (; dependency != NULL; dependency = dependency->next) {
        struct snarl_stack stack =
            snarl_builder_stack(builder, source, dependency->variants->stack);
        for (uint32_t i = 0; i < dependency->held_count; i++) {
            uint32_t held = snarl_order_node_lock(dependency->held[i]);
            unsigned from = snarl_builder_lock(builder, source, held);
            unsigned to = snarl_builder_lock(builder, source, dependency->lock);
            unsigned thread = snarl_builder_thread(builder, source, dependency->thread);
            struct snarl_report_edge *edge = snarl_builder_add_edge(builder);
            edge->from = from;
            edge->to = to;
            edge->thread = thread;
            edge->place = snarl_stack_place(&stack);
            edge->in_cycle = in_cycle(source->loaded.order, held, dependency->lock);
        }
    }
}
