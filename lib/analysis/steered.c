/* What became of the threads of a run that was steered. */
#include "analysis/builder.h"

static void add(struct snarl_builder *builder, struct snarl_source *source,
                const struct snarl_fact_steered *fact)
{
    unsigned thread = snarl_builder_thread(builder, source, fact->thread);
    unsigned other = snarl_builder_thread(builder, source, fact->other);
    enum snarl_target target = other != 0 && fact->other_want_kind == SNARL_WANTS_CONDITION
                                   ? SNARL_TARGET_CONDITION
                               : other != 0 ? snarl_builder_target(fact->other_want_kind)
                                            : SNARL_TARGET_NONE;
    unsigned waits_for = target == SNARL_TARGET_NONE ? 0
                         : target == SNARL_TARGET_THREAD
                             ? snarl_builder_thread(builder, source, fact->other_object)
                             : snarl_builder_lock(builder, source, fact->other_object);
    *snarl_builder_add_steered(builder) = (struct snarl_report_steered){
        .steered = (enum snarl_steered)fact->steered,
        .step = fact->step,
        .thread = thread,
        .stack = snarl_builder_stack(builder, source, fact->stack),
        .at_s = snarl_builder_seconds(&source->loaded, fact->at),
        .other = other,
        .target = target,
        .waits_for = waits_for,
        .other_stack = snarl_builder_stack(builder, source, fact->other_stack),
    };
}

void snarl_builder_steered(struct snarl_builder *builder, struct snarl_source *source)
{
    for (size_t i = 0; i < source->loaded.steered_count; i++) {
        const struct snarl_fact_steered *fact = source->loaded.steered[i];
        if (fact->steered > 0 && fact->steered < SNARL_STEERED_KINDS)
            add(builder, source, fact);
    }
}
