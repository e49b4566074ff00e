/* Cycles of a lock-order graph, as findings of the report. */
#include "analysis/builder.h"
#include "base/hash.h"
#include "base/table.h"
#include "report/pool.h"

static struct snarl_origin origin_of(const struct snarl_origins *origins,
                                     const struct snarl_origin *of, uint32_t id)
{
    return origins->source != NULL ? (struct snarl_origin){origins->source, id} : of[id];
}

static unsigned lock_of(struct snarl_builder *builder, const struct snarl_origins *origins,
                        uint32_t lock)
{
    if (lock == 0)
        return 0;
    struct snarl_origin origin = origin_of(origins, origins->locks, lock);
    return snarl_builder_lock(builder, origin.source, origin.id);
}

static unsigned thread_of(struct snarl_builder *builder, const struct snarl_origins *origins,
                          uint32_t thread)
{
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
        .hold_count = dependency->held_count,
    };
    step.holds = snarl_report_allocate(builder->report, dependency->held_count, sizeof *step.holds);
    for (uint32_t i = 0; i < dependency->held_count; i++) {
        uint32_t lock = snarl_order_node_lock(dependency->held[i]);
        step.holds[i].lock = lock_of(builder, origins, lock);
        step.holds[i].shared = snarl_dependency_holds_shared(dependency, i);
        step.holds[i].stack = stack_of(builder, origins, variant->held_stacks[i]);
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

void snarl_builder_add_cycle(struct snarl_builder *builder, const struct snarl_origins *origins,
                             const struct snarl_cycle *cycle)
{
    struct snarl_report_step *steps = steps_of(builder, origins, cycle);
    struct snarl_report_finding *finding = snarl_builder_add_finding(builder);
    finding->kind = SNARL_FINDING_LOCK_ORDER_CYCLE;
    finding->status = cycle->status;
    finding->severity = cycle->severity;
    finding->reason = cycle->reason;
    finding->ordered_by = lock_of(builder, origins, cycle->seen_ordered_by);
    finding->steps = steps;
    finding->step_count = cycle->length;
    add_variants(builder, origins, finding, cycle);
    const struct snarl_cycle *also = cycle->also;
    for (; also != NULL; also = also->next)
        snarl_builder_add_also(builder, finding, steps_of(builder, origins, also), also->length);
    snarl_builder_finish(builder);
}

/* A set of locks, in whatever order, as a number that is the same for the same set. */
struct lock_set {
    uint64_t sum;
    uint64_t count;
};

static void add_to_set(struct lock_set *set, uint32_t lock)
{
    set->sum += snarl_hash_mix(0, lock);
    set->count++;
}

/* Deadlocks that happened, by the locks that were waited for. */
struct occurred {
    struct lock_set locks;
    UT_hash_handle by_locks;
};

static void note_occurred(struct snarl_arena *arena, struct occurred **table,
                          const struct snarl_fact_deadlock *fact)
{
    struct lock_set locks = {0, 0};
    const struct snarl_deadlock_step *step = snarl_reader_first_step(fact);
    for (uint32_t i = 0; i < fact->count; i++, step = snarl_reader_step_after(step)) {
        if (snarl_builder_target(step->want_kind) != SNARL_TARGET_LOCK)
            return;
        add_to_set(&locks, step->object);
    }
    struct occurred *occurred;
    HASH_FIND(by_locks, *table, &locks, sizeof locks, occurred);
    if (occurred != NULL)
        return;
    occurred = snarl_arena_allocate(arena, sizeof *occurred);
    if (occurred == NULL)
        snarl_pool_exhausted();
    occurred->locks = locks;
    HASH_ADD(by_locks, *table, locks, sizeof occurred->locks, occurred);
}

static bool has_occurred(const struct occurred *table, const struct snarl_cycle *cycle)
{
    struct lock_set locks = {0, 0};
    for (uint32_t i = 0; i < cycle->length; i++)
        add_to_set(&locks, cycle->steps[i]->lock);
    const struct occurred *occurred;
    HASH_FIND(by_locks, table, &locks, sizeof locks, occurred);
    return occurred != NULL;
}

/* A cycle through the very locks of a deadlock that happened need not be predicted too. */
void snarl_builder_cycles(struct snarl_builder *builder, struct snarl_source *source)
{
    struct occurred *table = NULL;
    for (size_t i = 0; i < source->loaded.deadlock_count; i++)
        note_occurred(&builder->arena, &table, source->loaded.deadlocks[i]);
    const struct snarl_origins origins = {.source = source};
    const struct snarl_cycle *cycle = snarl_lock_order_cycles(source->loaded.order);
    for (; cycle != NULL; cycle = cycle->next)
        if (!has_occurred(table, cycle))
            snarl_builder_add_cycle(builder, &origins, cycle);
}
