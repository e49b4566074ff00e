/* Cycles of a lock-order graph, as findings of the report. */
#include "analysis/builder.h"
#include "analysis/loaded_runs.h"
#include "analysis/lock_sets.h"

static struct snarl_origin origin_of(const struct snarl_origins *origins,
                                     const struct snarl_origin *of, uint32_t id)
{
    return origins->source != NULL ? (struct snarl_origin){origins->source, id, 0} : of[id];
}

static unsigned lock_of(struct snarl_builder *builder, const struct snarl_origins *origins,
                        uint32_t lock)
{
    if (lock == 0)
        return 0;
    if (origins->by_class && origins->locks[lock].in_report != 0)
        return origins->locks[lock].in_report;
    struct snarl_origin origin =
        origins->by_class ? origins->locks[lock] : origin_of(origins, origins->locks, lock);
    return snarl_builder_lock(builder, origin.source, origin.id);
}

static unsigned thread_of(struct snarl_builder *builder, const struct snarl_origins *origins,
                          uint32_t thread)
{
    thread = snarl_across_thread(origins->across, thread);
    struct snarl_origin origin = origin_of(origins, origins->threads, thread);
    return snarl_builder_thread(builder, origin.source, origin.id);
}

static struct snarl_stack stack_of(struct snarl_builder *builder,
                                   const struct snarl_origins *origins, uint32_t stack)
{
    struct snarl_origin origin = origin_of(origins, origins->stacks, stack);
    return snarl_builder_stack(builder, origin.source, origin.id);
}

/* The step of a cycle, by one of the ways its dependency was reached. */
static struct snarl_report_step step_of(struct snarl_builder *builder,
                                        const struct snarl_origins *origins,
                                        const struct snarl_dependency *dependency,
                                        const struct snarl_variant *variant)
{
    struct snarl_report_step step = {
        .thread = thread_of(builder, origins, dependency->thread),
        .target = SNARL_TARGET_LOCK,
        .wants = lock_of(builder, origins, dependency->lock),
        .timed = dependency->flags & SNARL_WANT_TIMED,
        .shared = dependency->flags & SNARL_WANT_SHARED,
        .tried = dependency->flags & SNARL_WANT_TRIED,
        .stack = stack_of(builder, origins, variant->stack),
    };
    step.holds = snarl_report_allocate(builder->report, dependency->held_count, sizeof *step.holds);
    for (uint32_t i = 0; i < dependency->held_count; i++) {
        uint32_t lock = snarl_order_node_lock(dependency->held[i]);
        if (origins->by_class && origins->locks[lock].in_report == 0)
            continue; /* what is told as its class already */
        step.holds[step.hold_count++] = (struct snarl_report_hold){
            .lock = lock_of(builder, origins, lock),
            .shared = snarl_dependency_holds_shared(dependency, i),
            .stack = stack_of(builder, origins, variant->held_stacks[i]),
        };
    }
    return step;
}

static struct snarl_report_step *steps_of(struct snarl_builder *builder,
                                          const struct snarl_origins *origins,
                                          const struct snarl_cycle *cycle)
{
    struct snarl_report_step *steps =
        snarl_report_allocate(builder->report, cycle->length, sizeof *steps);
    for (uint32_t i = 0; i < cycle->length; i++)
        steps[i] = step_of(builder, origins, cycle->steps[i], cycle->steps[i]->variants);
    return steps;
}

/* Other call paths into the same dependencies, one step changed at a time. */
static void add_variants(struct snarl_builder *builder, const struct snarl_origins *origins,
                         struct snarl_report_finding *finding, const struct snarl_cycle *cycle)
{
    for (uint32_t i = 0; i < cycle->length; i++) {
        struct snarl_report_step kept = finding->steps[i];
        const struct snarl_variant *variant = cycle->steps[i]->variants->next;
        for (; variant != NULL; variant = variant->next) {
            finding->steps[i] = step_of(builder, origins, cycle->steps[i], variant);
            snarl_builder_add_also(builder, finding, finding->steps, finding->step_count);
        }
        finding->steps[i] = kept;
    }
}

static bool is_same_step(const struct snarl_report_step *step,
                         const struct snarl_report_step *other)
{
    if (step->stack.frames != other->stack.frames || step->hold_count != other->hold_count)
        return false;
    for (size_t i = 0; i < step->hold_count; i++)
        if (step->holds[i].stack.frames != other->holds[i].stack.frames)
            return false;
    return true;
}

/* Whether other threads came by the very call paths of the finding's own. */
static bool is_same_way(const struct snarl_report_finding *finding,
                        const struct snarl_report_step *steps, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!is_same_step(&finding->steps[i], &steps[i]))
            return false;
    return count == finding->step_count;
}

/* Chains of other threads through the same locks. Those that did the same are counted. */
static void add_others(struct snarl_builder *builder, const struct snarl_origins *origins,
                       struct snarl_report_finding *finding, const struct snarl_cycle *cycle)
{
    for (const struct snarl_cycle *also = cycle->also; also != NULL; also = also->next) {
        const struct snarl_report_step *steps = steps_of(builder, origins, also);
        if (is_same_way(finding, steps, also->length))
            finding->left_out++;
        else
            snarl_builder_add_also(builder, finding, steps, also->length);
    }
}

void snarl_builder_add_cycle(struct snarl_builder *builder, const struct snarl_origins *origins,
                             const struct snarl_cycle *cycle)
{
    struct snarl_report_step *steps = steps_of(builder, origins, cycle);
    struct snarl_report_finding *finding = snarl_builder_add_finding(builder);
    finding->kind = SNARL_FINDING_LOCK_ORDER_CYCLE;
    finding->status = cycle->status;
    finding->severity = cycle->severity;
    finding->by_class = origins->by_class;
    finding->runs = origins->runs > 1 ? (unsigned)origins->runs : 0;
    if ((finding->runs > 1 || finding->by_class) && finding->severity == SNARL_ERROR)
        finding->severity = SNARL_WARNING;
    finding->reason = cycle->reason;
    finding->left_out = cycle->left_out;
    finding->ordered_by = lock_of(builder, origins, cycle->seen_ordered_by);
    finding->steps = steps;
    finding->step_count = cycle->length;
    add_variants(builder, origins, finding, cycle);
    add_others(builder, origins, finding, cycle);
    snarl_builder_add_schedules(builder, finding, origins, cycle);
    snarl_builder_finish(builder);
}

/* Deadlocks that happened, by the locks that were waited for. */
static void note_occurred(struct snarl_arena *arena, struct snarl_known_set **table,
                          const struct snarl_fact_deadlock *fact)
{
    struct snarl_lock_set locks = {0, 0};
    const struct snarl_deadlock_step *step = snarl_reader_first_step(fact);
    for (uint32_t i = 0; i < fact->count; i++, step = snarl_reader_step_after(step)) {
        if (snarl_builder_target(step->want_kind) != SNARL_TARGET_LOCK)
            return;
        snarl_lock_set_add(&locks, step->object);
    }
    snarl_known_set(table, arena, locks);
}

/* A cycle through the very locks of a deadlock that happened need not be predicted too. */
void snarl_builder_cycles(struct snarl_builder *builder, struct snarl_source *source)
{
    struct snarl_known_set *occurred = NULL;
    for (size_t i = 0; i < source->loaded.deadlock_count; i++)
        note_occurred(&builder->arena, &occurred, source->loaded.deadlocks[i]);
    if (snarl_loaded_is_merged(&source->loaded)) {
        snarl_builder_merged_cycles(builder, source, occurred);
        return;
    }
    const struct snarl_origins origins = {.source = source};
    const struct snarl_cycle *cycle = snarl_lock_order_cycles(source->loaded.order);
    for (; cycle != NULL; cycle = cycle->next)
        if (snarl_known_set(&occurred, NULL, snarl_lock_set_of(cycle)) == NULL)
            snarl_builder_add_cycle(builder, &origins, cycle);
}
