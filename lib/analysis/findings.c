/* Findings: who takes part in them, what they are called, and which of them are one. */
#include <string.h>

#include "analysis/builder.h"
#include "analysis/identify.h"
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

/* Fills in the list of locks from the steps. */
static void list_locks(struct snarl_builder *builder, struct snarl_report_finding *finding)
{
    finding->locks = snarl_report_allocate(builder->report, finding->step_count, sizeof(unsigned));
    for (size_t i = 0; i < finding->step_count; i++) {
        const struct snarl_report_step *step = &finding->steps[i];
        bool of_locks = step->target != SNARL_TARGET_NONE && step->target != SNARL_TARGET_THREAD;
        if (of_locks && step->wants != 0 &&
            !contains(finding->locks, finding->lock_count, step->wants))
            finding->locks[finding->lock_count++] = step->wants;
    }
}

/* ... and that of threads. */
static void list_threads(struct snarl_builder *builder, struct snarl_report_finding *finding)
{
    finding->threads =
        snarl_report_allocate(builder->report, finding->step_count, sizeof(unsigned));
    for (size_t i = 0; i < finding->step_count; i++) {
        const struct snarl_report_step *step = &finding->steps[i];
        if (!contains(finding->threads, finding->thread_count, step->thread))
            finding->threads[finding->thread_count++] = step->thread;
    }
}

void snarl_builder_add_also(struct snarl_builder *builder, struct snarl_report_finding *finding,
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

/* Of one name are: another process of the same program, or like locks made in the same place. */
void snarl_builder_finish(struct snarl_builder *builder)
{
    struct snarl_report *report = builder->report;
    struct snarl_report_finding *finding = &report->findings[report->finding_count - 1];
    if (finding->locks == NULL)
        list_locks(builder, finding);
    if (finding->threads == NULL)
        list_threads(builder, finding);
    snarl_finding_identify(finding, report);
    size_t index = report->finding_count - 1;
    size_t earlier = know(builder, finding, index);
    if (earlier != index) {
        snarl_builder_add_also(builder, &report->findings[earlier], finding->steps,
                               finding->step_count);
        snarl_builder_move_schedules(builder, finding, &report->findings[earlier]);
        report->finding_count--;
        memset(finding, 0, sizeof *finding);
        return;
    }
    snarl_builder_advise(builder, finding);
}
