/* Misuse of the calls, as findings of the report. */
#include "analysis/advice.h"

bool snarl_misuse_is_of_threads(uint32_t misuse)
{
    return misuse == SNARL_MISUSE_JOIN_TWICE || misuse == SNARL_MISUSE_JOIN_DETACHED ||
           misuse == SNARL_MISUSE_DETACH_TWICE || misuse == SNARL_MISUSE_JOIN_SELF;
}

static enum snarl_finding_kind kind_of(uint32_t misuse)
{
    static const enum snarl_finding_kind kinds[] = {
#define MISUSE(identifier, number, severity, name, headline) [number] = SNARL_FINDING_##identifier,
#include "core/misuse.def"
#undef MISUSE
    };
    return misuse < sizeof kinds / sizeof kinds[0] ? kinds[misuse] : SNARL_FINDING_OTHER;
}

static void add_id(unsigned *ids, size_t *count, unsigned id)
{
    for (size_t i = 0; i < *count; i++)
        if (ids[i] == id)
            return;
    if (id != 0)
        ids[(*count)++] = id;
}

/* The ids of the report for those that a fact names; 0 for none. */
struct parties {
    unsigned thread, other_thread;
    unsigned lock, other_lock;
    unsigned joined; /* of joins and detaches */
};

static void list_parties(struct snarl_builder *builder, struct snarl_report_finding *finding,
                         const struct parties *parties)
{
    finding->locks = snarl_report_allocate(builder->report, 2, sizeof(unsigned));
    add_id(finding->locks, &finding->lock_count, parties->lock);
    add_id(finding->locks, &finding->lock_count, parties->other_lock);
    finding->threads = snarl_report_allocate(builder->report, 3, sizeof(unsigned));
    add_id(finding->threads, &finding->thread_count, parties->thread);
    add_id(finding->threads, &finding->thread_count, parties->other_thread);
    add_id(finding->threads, &finding->thread_count, parties->joined);
}

static bool other_made_it(struct snarl_source *source, const struct snarl_fact_misuse *fact)
{
    size_t modules_then;
    const struct snarl_fact_lock *lock =
        snarl_loaded_lock(&source->loaded, fact->object, &modules_then);
    return lock != NULL && fact->other_stack != 0 && lock->created == fact->other_stack;
}

static void put_into_words(struct snarl_builder *builder, struct snarl_source *source,
                           struct snarl_report_finding *finding,
                           const struct snarl_fact_misuse *fact, const struct parties *parties)
{
    const struct snarl_advice advice = {.report = builder->report, .finding = finding};
    const struct snarl_report_lock *lock = snarl_report_lock_by_id(builder->report, parties->lock);
    struct snarl_misuse_story story = {
        .misuse = fact->misuse,
        .thread = snarl_advice_thread(&advice, parties->thread),
        .object = parties->joined != 0 ? snarl_advice_thread(&advice, parties->joined)
                                       : snarl_advice_lock(&advice, parties->lock),
        .kind = lock != NULL ? lock->kind : "lock",
        .other_made_it = other_made_it(source, fact),
        .call_kind = snarl_object_kind_name(fact->kind),
        .place = snarl_advice_place(&advice, &finding->steps[0].stack),
    };
    if (parties->other_lock != 0)
        story.other_object = snarl_advice_lock(&advice, parties->other_lock);
    if (finding->step_count > 1) {
        story.other_place = snarl_advice_place(&advice, &finding->steps[1].stack);
        if (parties->other_thread != 0)
            story.other_thread = parties->other_thread == parties->thread
                                     ? "the same thread"
                                     : snarl_advice_thread(&advice, parties->other_thread);
    }
    snarl_advise_misuse(&advice, &story);
}

static void add_misuse(struct snarl_builder *builder, struct snarl_source *source,
                       const struct snarl_fact_misuse *fact)
{
    bool of_threads = snarl_misuse_is_of_threads(fact->misuse);
    const struct parties parties = {
        .thread = snarl_builder_thread(builder, source, fact->thread),
        .other_thread = snarl_builder_thread(builder, source, fact->other_thread),
        .lock = of_threads ? 0 : snarl_builder_lock(builder, source, fact->object),
        .other_lock = of_threads ? 0 : snarl_builder_lock(builder, source, fact->other_object),
        .joined = of_threads ? snarl_builder_thread(builder, source, fact->object) : 0,
    };
    struct snarl_report_finding *finding = snarl_builder_add_finding(builder);
    finding->kind = kind_of(fact->misuse);
    finding->status = SNARL_OCCURRED;
    finding->severity =
        fact->severity <= SNARL_ERROR ? (enum snarl_severity)fact->severity : SNARL_ERROR;
    finding->steps = snarl_report_allocate(builder->report, 2, sizeof *finding->steps);
    finding->step_count = fact->other_thread != 0 || fact->other_stack != 0 ? 2 : 1;
    finding->steps[0].thread = parties.thread;
    finding->steps[0].stack = snarl_builder_stack(builder, source, fact->stack);
    finding->steps[1].thread = parties.other_thread;
    finding->steps[1].stack = snarl_builder_stack(builder, source, fact->other_stack);
    list_parties(builder, finding, &parties);
    put_into_words(builder, source, finding, fact, &parties);
    snarl_builder_finish(builder);
}

void snarl_builder_misuses(struct snarl_builder *builder, struct snarl_source *source)
{
    for (size_t i = 0; i < source->loaded.misuse_count; i++) {
        const struct snarl_fact_misuse *fact = source->loaded.misuses[i];
        if (snarl_advice_knows_misuse(fact->misuse))
            add_misuse(builder, source, fact);
        else
            snarl_builder_add_loss(builder, snarl_loss_words(SNARL_LOSS_KINDS));
    }
}
