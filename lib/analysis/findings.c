/* Deadlocks and cycles of a recording, as findings of the report. */
#include <limits.h>
#include <string.h>

#include "analysis/builder.h"
#include "analysis/identify.h"
#include "base/hash.h"
#include "base/table.h"
#include "report/pool.h"

enum {
    MOST_ALSO = 100
};

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

struct finding_name {
    char id[sizeof((struct snarl_report_finding *)0)->id];
    unsigned char status, severity;
};

struct snarl_known_finding {
    struct finding_name name;
    size_t index; /* in the report */
    UT_hash_handle by_name;
};

/* Where the first finding of this name stands, which may be this very one, at `index`. */
static size_t know(struct snarl_builder *builder, const struct snarl_report_finding *finding,
                   size_t index)
{
    struct snarl_arena *arena = &builder->arena;
    struct finding_name name = {.status = (unsigned char)finding->status,
                                .severity = (unsigned char)finding->severity};
    memcpy(name.id, finding->id, sizeof name.id);
    struct snarl_known_finding *known;
    HASH_FIND(by_name, builder->known_findings, &name, sizeof name, known);
    if (known != NULL)
        return known->index;
    known = snarl_arena_allocate(arena, sizeof *known);
    if (known == NULL)
        snarl_pool_exhausted();
    known->name = name;
    known->index = index;
    HASH_ADD(by_name, builder->known_findings, name, sizeof known->name, known);
    return index;
}

/* The last finding is whole: names it, and folds it into an earlier one of the same name (another
 * process of the same program, or like locks made in the same place). */
static void finish(struct snarl_builder *builder)
{
    struct snarl_report *report = builder->report;
    struct snarl_report_finding *finding = &report->findings[report->finding_count - 1];
    list_parties(builder, finding);
    snarl_finding_identify(finding, report);
    size_t index = report->finding_count - 1;
    size_t earlier = know(builder, finding, index);
    if (earlier != index) {
        add_also(builder, &report->findings[earlier], finding->steps, finding->step_count);
        report->finding_count--;
        memset(finding, 0, sizeof *finding);
        return;
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
    finding->steps = turned(builder, steps, fact->count);
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
    step.holds = snarl_report_allocate(builder->report, dependency->held_count, sizeof *step.holds);
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
        for (; variant != NULL && finding->also_count < MOST_ALSO; variant = variant->next) {
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
    const struct snarl_cycle *also = cycle->also;
    for (; also != NULL && finding->also_count < MOST_ALSO; also = also->next)
        add_also(builder, finding, steps_of(builder, source, also), also->length);
    finish(builder);
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
        if (target_of(step->want_kind) != SNARL_TARGET_LOCK)
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
    const struct snarl_cycle *cycle = snarl_lock_order_cycles(source->loaded.order);
    for (; cycle != NULL; cycle = cycle->next)
        if (!has_occurred(table, cycle))
            add_cycle(builder, source, cycle);
}
