/*
 * Cycles of a merged recording: what each run shows by itself, and what several show together.
 *
 * One run after another is judged twice, so that only one graph is in memory: first to see which
 * run shows the worst of each set of locks, then for that run to tell it.
 */
#include <stdlib.h>

#include "analysis/builder.h"
#include "analysis/loaded_runs.h"
#include "analysis/lock_sets.h"
#include "report/pool.h"

/* Who judges: the cycles of a run, one by one. */
static void judge(struct snarl_builder *builder, struct snarl_loaded *loaded, size_t run,
                  void (*visit)(void *context, size_t run, const struct snarl_cycle *cycle),
                  void *context)
{
    struct snarl_arena arena;
    snarl_arena_start(&arena, 0, false);
    struct snarl_lock_order *order =
        snarl_loaded_judge_run(loaded, run, &arena, builder->keep_infeasible);
    const struct snarl_cycle *cycle = snarl_lock_order_cycles(order);
    for (; cycle != NULL; cycle = cycle->next)
        visit(context, run, cycle);
    if (snarl_lock_order_searches_cut(order) > 0)
        snarl_builder_add_loss(builder, snarl_loss_words(SNARL_LOSS_SEARCH));
    snarl_arena_end(&arena);
}

struct telling {
    struct snarl_builder *builder;
    struct snarl_source *source;
    struct snarl_known_set *occurred; /* deadlocks */
    struct snarl_known_set *known;    /* the number is that of the run, from 1 */
    bool *tells;                      /* by run: whether it shows the worst of some set */
};

static void note(void *context, size_t run, const struct snarl_cycle *cycle)
{
    struct telling *telling = context;
    struct snarl_lock_set locks = snarl_lock_set_of(cycle);
    if (snarl_known_set(&telling->occurred, NULL, locks) != NULL)
        return;
    struct snarl_known_set *known =
        snarl_known_set(&telling->known, &telling->builder->arena, locks);
    if (known->number != 0 && cycle->severity <= known->severity)
        return;
    known->severity = cycle->severity;
    known->number = run + 1;
}

static void tell(void *context, size_t run, const struct snarl_cycle *cycle)
{
    struct telling *telling = context;
    const struct snarl_known_set *known =
        snarl_known_set(&telling->known, NULL, snarl_lock_set_of(cycle));
    const struct snarl_origins origins = {.source = telling->source};
    if (known != NULL && known->number == run + 1)
        snarl_builder_add_cycle(telling->builder, &origins, cycle);
}

static void tell_together(struct telling *telling)
{
    struct snarl_across *across = snarl_loaded_across(&telling->source->loaded);
    const struct snarl_cycle *cycle = snarl_lock_order_cycles(telling->source->loaded.order);
    for (; cycle != NULL; cycle = cycle->next) {
        struct snarl_lock_set locks = snarl_lock_set_of(cycle);
        const struct snarl_known_set *known = snarl_known_set(&telling->known, NULL, locks);
        if (snarl_known_set(&telling->occurred, NULL, locks) != NULL ||
            (known != NULL && (known->severity > SNARL_NOTE || cycle->severity == SNARL_NOTE)))
            continue;
        const struct snarl_origins origins = {
            .source = telling->source, .across = across, .runs = snarl_across_runs(across, cycle)};
        if (origins.runs > 1) /* what one shows, that one was judged by */
            snarl_builder_add_cycle(telling->builder, &origins, cycle);
    }
}

void snarl_builder_merged_cycles(struct snarl_builder *builder, struct snarl_source *source,
                                 struct snarl_known_set *occurred)
{
    struct snarl_loaded *loaded = &source->loaded;
    size_t runs = snarl_loaded_run_count(loaded);
    struct telling telling = {builder, source, occurred, NULL, calloc(runs + 1, sizeof(bool))};
    if (telling.tells == NULL)
        snarl_pool_exhausted();
    for (size_t run = 0; run < runs; run++)
        judge(builder, loaded, run, note, &telling);
    const struct snarl_known_set *known = telling.known;
    for (; known != NULL; known = known->by_locks.next)
        telling.tells[known->number - 1] = true;
    for (size_t run = 0; run < runs; run++)
        if (telling.tells[run])
            judge(builder, loaded, run, tell, &telling);
    tell_together(&telling);
    free(telling.tells);
}
