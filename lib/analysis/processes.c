/* The processes of a report: who they were, how their threads stood, who was not watched. */
#include <stdlib.h>
#include <string.h>

#include "analysis/builder.h"
#include "report/pool.h"

static void add_arguments(struct snarl_builder *builder, struct snarl_report_process *process,
                          const struct snarl_fact_process *fact)
{
    uint32_t count = fact != NULL ? fact->argument_count : 0;
    process->argv = snarl_report_allocate(builder->report, count + 1, sizeof *process->argv);
    process->argc = count;
    if (count == 0)
        return;
    const char *string = fact->strings;         /* the executable */
    string = snarl_reader_string_after(string); /* the working directory */
    for (uint32_t i = 0; i < count; i++) {
        string = snarl_reader_string_after(string);
        process->argv[i] = (char *)(uintptr_t)snarl_report_string(builder->report, "%s", string);
    }
}

static const struct snarl_fact_thread_stack *stack_now(const struct snarl_loaded *loaded,
                                                       uint64_t tid)
{
    for (size_t i = 0; i < loaded->thread_stack_count; i++)
        if (loaded->thread_stacks[i]->tid == tid)
            return loaded->thread_stacks[i];
    return NULL;
}

static uint64_t last_moment(const struct snarl_loaded *loaded)
{
    uint64_t last = loaded->end != NULL ? loaded->end->at : 0;
    for (size_t i = 0; i < loaded->thread_stack_count; i++)
        if (loaded->thread_stacks[i]->at > last)
            last = loaded->thread_stacks[i]->at;
    return last;
}

static void describe_wait(struct snarl_builder *builder, struct snarl_source *source,
                          const struct snarl_thread_row *row, struct snarl_report_state *state)
{
    if (row->sequence % 2 == 0)
        return;
    /* Unlike in a deadlock, it is the condition variable itself that is waited for here. */
    state->target = row->want_kind == SNARL_WANTS_CONDITION ? SNARL_TARGET_CONDITION
                                                            : snarl_builder_target(row->want_kind);
    if (state->target == SNARL_TARGET_NONE)
        return;
    state->waits_for = state->target == SNARL_TARGET_THREAD
                           ? snarl_builder_thread(builder, source, row->want_object)
                           : snarl_builder_lock(builder, source, row->want_object);
    state->shared = row->want_flags & SNARL_WANT_ROW_SHARED;
    state->timed = row->want_flags & SNARL_WANT_ROW_TIMED;
    uint64_t last = last_moment(&source->loaded);
    if (last > row->want_since)
        state->waiting_s = (double)(last - row->want_since) / 1e9;
}

static void add_state(struct snarl_builder *builder, struct snarl_source *source,
                      const struct snarl_thread_row *row, struct snarl_report_state *state)
{
    uint32_t kept = row->depth < SNARL_ROW_HELD ? row->depth : SNARL_ROW_HELD;
    state->thread = snarl_builder_thread(builder, source, row->thread);
    state->last_call = snarl_loaded_call(&source->loaded, row->last_call);
    if (state->last_call != NULL)
        state->last_call = snarl_report_string(builder->report, "%s", state->last_call);
    state->last_stack = snarl_builder_stack(builder, source, row->last_stack);
    state->holds = snarl_builder_holds(builder, source, row->held, kept);
    state->hold_count = kept;
    describe_wait(builder, source, row, state);
    const struct snarl_fact_thread_stack *now = stack_now(&source->loaded, row->tid);
    if (now != NULL)
        state->now = snarl_builder_addresses(builder, source, now->address, now->count,
                                             source->loaded.module_count, false);
}

static int compare_rows(const void *left, const void *right)
{
    const struct snarl_thread_row *a = *(const struct snarl_thread_row *const *)left;
    const struct snarl_thread_row *b = *(const struct snarl_thread_row *const *)right;
    return (a->thread > b->thread) - (a->thread < b->thread);
}

const struct snarl_thread_row **snarl_builder_rows_alive(const struct snarl_loaded *loaded,
                                                         size_t *count)
{
    size_t most = 0;
    for (size_t i = 0; i < loaded->table_count; i++)
        most += loaded->tables[i]->row_count;
    const struct snarl_thread_row **rows = calloc(most + 1, sizeof(struct snarl_thread_row *));
    if (rows == NULL)
        snarl_pool_exhausted();
    *count = 0;
    for (size_t i = 0; i < loaded->table_count; i++)
        for (uint32_t j = 0; j < loaded->tables[i]->row_count; j++) {
            const struct snarl_thread_row *row = snarl_reader_row(loaded->tables[i], j);
            if (row->state == SNARL_ROW_ALIVE && row->thread != 0)
                rows[(*count)++] = row;
        }
    qsort(rows, *count, sizeof(struct snarl_thread_row *), compare_rows);
    return rows;
}

/* How each thread stood that was still alive when the recording ended. */
static void add_states(struct snarl_builder *builder, struct snarl_source *source,
                       struct snarl_report_process *process)
{
    const struct snarl_thread_row **rows =
        snarl_builder_rows_alive(&source->loaded, &process->state_count);
    process->states =
        snarl_report_allocate(builder->report, process->state_count, sizeof *process->states);
    unsigned too_deep = 0;
    for (size_t i = 0; i < process->state_count; i++) {
        add_state(builder, source, rows[i], &process->states[i]);
        too_deep += rows[i]->depth > SNARL_ROW_HELD;
    }
    free(rows);
    if (too_deep > 0)
        snarl_builder_add_loss(
            builder,
            snarl_report_string(builder->report,
                                "%u thread%s more than %d locks at the end; the innermost "
                                "are not shown",
                                too_deep, too_deep == 1 ? " held" : "s each held", SNARL_ROW_HELD));
}

static void add_statistics(struct snarl_builder *builder, struct snarl_source *source,
                           struct snarl_report_process *process)
{
    const struct snarl_loaded *loaded = &source->loaded;
    struct snarl_report *report = builder->report;
    for (size_t i = 0; i < loaded->table_count; i++)
        for (uint32_t j = 0; j < loaded->tables[i]->row_count; j++)
            report->statistics.acquisitions += snarl_reader_row(loaded->tables[i], j)->acquisitions;
    report->statistics.dependencies += snarl_loaded_dependency_count(&source->loaded);
    if (snarl_loaded_is_merged(loaded)) {
        process->runs = snarl_loaded_run_count(loaded);
        report->statistics.locks += process->locks = snarl_loaded_lock_count(loaded);
        report->statistics.threads += process->threads = snarl_loaded_thread_count(loaded);
    }
    if (loaded->first_table == NULL)
        return;
    report->statistics.acquisitions += loaded->first_table->acquisitions;
    report->statistics.threads += process->threads = (unsigned)loaded->first_table->threads;
    report->statistics.locks += process->locks = (unsigned)loaded->first_table->locks;
}

static void add_losses(struct snarl_builder *builder, const struct snarl_source *source)
{
    const struct snarl_loaded *loaded = &source->loaded;
    for (uint32_t loss = 0; loss <= SNARL_LOSS_KINDS; loss++)
        if (loaded->losses & 1u << loss)
            snarl_builder_add_loss(builder, snarl_loss_words(loss));
    builder->report->cut |= loaded->reader.lost > 0 || (loaded->losses >> SNARL_LOSS_CUT & 1);
    if (loaded->reader.lost > 0)
        snarl_builder_add_loss(
            builder, snarl_report_string(builder->report,
                                         "%s: damaged or cut off; its last %zu bytes could not be "
                                         "read",
                                         loaded->path, loaded->reader.lost));
}

static void add_process(struct snarl_builder *builder, struct snarl_source *source,
                        struct snarl_report_process *process)
{
    const struct snarl_loaded *loaded = &source->loaded;
    source->default_name = snarl_loaded_is_merged(loaded) ? NULL : loaded->first_name;
    process->pid = loaded->reader.header->pid;
    process->watched = true;
    add_arguments(builder, process, loaded->process);
    add_statistics(builder, source, process);
    add_losses(builder, source);
    uint64_t last = last_moment(loaded);
    if (last > loaded->reader.header->started_monotonic)
        process->duration_s = (double)(last - loaded->reader.header->started_monotonic) / 1e9;
    process->ended =
        loaded->end == NULL && !snarl_loaded_exec(loaded) && !snarl_loaded_is_merged(loaded);
    if (process->ended)
        add_states(builder, source, process);
}

/* Whether some recording is of this pid and began after the one that announced it. */
static bool was_watched(const struct snarl_builder *builder, uint64_t pid,
                        const struct snarl_loaded *announcer)
{
    for (size_t i = 0; i < builder->source_count; i++) {
        const struct snarl_file_header *header = builder->sources[i].loaded.reader.header;
        if (header->pid == pid && &builder->sources[i].loaded != announcer &&
            header->started_monotonic >= announcer->reader.header->started_monotonic)
            return true;
    }
    return false;
}

static size_t count_unwatched(const struct snarl_builder *builder,
                              const struct snarl_loaded *loaded,
                              const struct snarl_fact_start **unwatched)
{
    size_t count = 0;
    for (size_t i = 0; i < loaded->start_count; i++)
        if (!was_watched(builder, loaded->starts[i]->pid, loaded))
            unwatched[count++] = loaded->starts[i];
    return count;
}

static void add_unwatched(struct snarl_builder *builder, const struct snarl_fact_start *start,
                          struct snarl_report_process *process)
{
    process->pid = start->pid;
    process->argv = snarl_report_allocate(builder->report, 2, sizeof *process->argv);
    process->argv[0] = (char *)(uintptr_t)snarl_report_string(builder->report, "%s", start->path);
    process->argc = 1;
    process->unwatched_reason = "it left no recording";
}

void snarl_builder_processes(struct snarl_builder *builder)
{
    struct snarl_report *report = builder->report;
    size_t starts = 0;
    for (size_t i = 0; i < builder->source_count; i++)
        starts += builder->sources[i].loaded.start_count;
    const struct snarl_fact_start **unwatched =
        snarl_report_allocate(report, starts, sizeof(struct snarl_fact_start *));
    size_t count = 0;
    for (size_t i = 0; i < builder->source_count; i++)
        count += count_unwatched(builder, &builder->sources[i].loaded, unwatched + count);

    report->processes =
        snarl_report_allocate(report, builder->source_count + count, sizeof *report->processes);
    report->process_count = builder->source_count + count;
    for (size_t i = 0; i < builder->source_count; i++) {
        builder->sources[i].process = i;
        add_process(builder, &builder->sources[i], &report->processes[i]);
    }
    for (size_t i = 0; i < count; i++)
        add_unwatched(builder, unwatched[i], &report->processes[builder->source_count + i]);
}
