/* The timeline of a process: what its threads did, in order. */
#include "analysis/builder.h"

/* A thread that could not be made has been told of before it was known that it could not. */
static bool has_begun(struct snarl_source *source, const struct snarl_fact_event *fact)
{
    size_t modules_then;
    return fact->event != SNARL_EVENT_STARTS ||
           snarl_loaded_thread(&source->loaded, fact->other, &modules_then) != NULL;
}

static void add(struct snarl_builder *builder, struct snarl_source *source,
                const struct snarl_fact_event *fact)
{
    bool condition = fact->event == SNARL_EVENT_WAITS || fact->event == SNARL_EVENT_WAKES;
    *snarl_builder_add_event(builder) = (struct snarl_report_event){
        .event = (enum snarl_event)fact->event,
        .at_s = snarl_builder_seconds(&source->loaded, fact->at),
        .thread = snarl_builder_thread(builder, source, fact->thread),
        .lock = snarl_builder_lock(builder, source, fact->object),
        .mutex = condition ? snarl_builder_lock(builder, source, fact->other) : 0,
        .other = condition ? 0 : snarl_builder_thread(builder, source, fact->other),
        .shared = fact->flags & SNARL_EVENT_SHARED,
        .stack = snarl_builder_stack(builder, source, fact->stack),
    };
}

void snarl_builder_timeline(struct snarl_builder *builder, struct snarl_source *source)
{
    for (size_t i = 0; i < source->loaded.event_count; i++) {
        const struct snarl_fact_event *fact = source->loaded.events[i];
        if (fact->event > 0 && fact->event < SNARL_EVENT_KINDS && has_begun(source, fact))
            add(builder, source, fact);
    }
}
