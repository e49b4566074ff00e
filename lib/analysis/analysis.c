#include "analysis/analysis.h"

#include <stdlib.h>
#include <string.h>

#include "analysis/builder.h"
#include "report/pool.h"

static int compare_findings(const void *left, const void *right)
{
    const struct snarl_report_finding *a = left, *b = right;
    if (a->severity != b->severity)
        return a->severity > b->severity ? -1 : 1;
    /* What happened comes before what might; else they keep the order of discovery, by locks. */
    bool a_occurred = a->status == SNARL_OCCURRED, b_occurred = b->status == SNARL_OCCURRED;
    if (a_occurred != b_occurred)
        return a_occurred ? -1 : 1;
    unsigned a_lock = a->lock_count > 0 ? a->locks[0] : 0;
    unsigned b_lock = b->lock_count > 0 ? b->locks[0] : 0;
    if (a_lock != b_lock)
        return a_lock > b_lock ? 1 : -1;
    return strcmp(a->id, b->id);
}

/* One command gives all of its processes the same seed. */
static void note_chaos(struct snarl_builder *builder)
{
    for (size_t i = 0; i < builder->source_count && builder->report->chaos_seed == 0; i++)
        if (builder->sources[i].loaded.chaos != NULL)
            builder->report->chaos_seed = builder->sources[i].loaded.chaos->seed;
}

static void build(struct snarl_builder *builder)
{
    struct snarl_report *report = builder->report;
    snarl_builder_processes(builder);
    for (size_t i = 0; i < builder->source_count; i++) {
        snarl_builder_bare_futexes(builder, &builder->sources[i]);
        snarl_builder_deadlocks(builder, &builder->sources[i]);
        snarl_builder_asleep(builder, &builder->sources[i]);
        snarl_builder_cycles(builder, &builder->sources[i]);
        if (builder->by_class)
            snarl_builder_by_class(builder, &builder->sources[i]);
        snarl_builder_misuses(builder, &builder->sources[i]);
        if (builder->edges)
            snarl_builder_edges(builder, &builder->sources[i]);
        snarl_builder_steered(builder, &builder->sources[i]);
        snarl_builder_races(builder, &builder->sources[i]);
        snarl_builder_timeline(builder, &builder->sources[i]);
    }
    snarl_builder_shared_order(builder);
    note_chaos(builder);
    if (report->finding_count > 1)
        qsort(report->findings, report->finding_count, sizeof *report->findings, compare_findings);
    if (builder->source_count > 0) {
        report->argv = report->processes[0].argv;
        report->argc = report->processes[0].argc;
    }
}

struct snarl_report *snarl_analyse(const char *const *paths, size_t count,
                                   const struct snarl_analysis_options *options, char *error,
                                   size_t error_size)
{
    struct snarl_loaded_options loading = {.keep_infeasible = options->all};
    struct snarl_builder builder = {.symbols = snarl_symbols_open(),
                                    .keep_infeasible = options->all,
                                    .by_class = options->by_class,
                                    .edges = options->edges,
                                    .make_schedules = options->schedules};
    builder.sources = calloc(count + 1, sizeof *builder.sources);
    if (builder.symbols == NULL || builder.sources == NULL)
        snarl_pool_exhausted();
    snarl_arena_start(&builder.arena, 0, false);

    bool whole = true;
    while (whole && builder.source_count < count) {
        struct snarl_loaded *loaded = &builder.sources[builder.source_count].loaded;
        whole = snarl_loaded_read(loaded, paths[builder.source_count], &loading, error, error_size);
        builder.source_count += whole;
    }
    if (whole) {
        builder.report = snarl_report_create();
        build(&builder);
    }
    for (size_t i = 0; i < builder.source_count; i++)
        snarl_loaded_free(&builder.sources[i].loaded);
    free(builder.sources);
    snarl_arena_end(&builder.arena);
    snarl_symbols_close(builder.symbols);
    return builder.report;
}
