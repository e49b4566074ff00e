/* A process in which nothing can run any more, as a finding of the report. */
#include <stdlib.h>

#include "analysis/builder.h"
#include "core/asleep.h"
#include "report/pool.h"

/* What is put together for one finding. */
struct asleep {
    struct snarl_builder *builder;
    struct snarl_source *source;
    const struct snarl_fact_asleep *fact;
    const struct snarl_thread_row **rows; /* of the threads that are alive, by their numbers */
    size_t row_count;
    struct snarl_blocked_story story;
    struct snarl_blocked_why *whys; /* in the order of the rows */
    size_t root;
    struct snarl_pool pool; /* gone with it */
};

/* Whether every thread is still in the wait in which it was looked at. */
static bool still_asleep(struct asleep *asleep)
{
    struct snarl_asleep_thread *threads =
        snarl_pool_allocate(&asleep->pool, asleep->row_count, sizeof *threads);
    for (size_t i = 0; i < asleep->row_count; i++)
        threads[i] = (struct snarl_asleep_thread){
            .thread = asleep->rows[i]->thread,
            .tid = asleep->rows[i]->tid,
            .sequence = asleep->rows[i]->sequence,
            .want_kind = asleep->rows[i]->want_kind,
            .want_flags = asleep->rows[i]->want_flags,
        };
    return asleep->row_count > 0 &&
           snarl_asleep_sequences(threads, asleep->row_count) == asleep->fact->sequences;
}

static uint32_t kept_held(const struct snarl_thread_row *row)
{
    return row->depth < SNARL_ROW_HELD ? row->depth : SNARL_ROW_HELD;
}

static enum snarl_blocked_want want_of(const struct snarl_thread_row *row)
{
    static const enum snarl_blocked_want wants[] = {
        [SNARL_WANTS_NOTHING] = SNARL_BLOCKED_ON_UNKNOWN,
        [SNARL_WANTS_LOCK] = SNARL_BLOCKED_ON_LOCK,
        [SNARL_WANTS_THREAD] = SNARL_BLOCKED_ON_THREAD,
        [SNARL_WANTS_CONDITION] = SNARL_BLOCKED_ON_CONDITION,
        [SNARL_WANTS_SEMAPHORE] = SNARL_BLOCKED_ON_SEMAPHORE,
        [SNARL_WANTS_BARRIER] = SNARL_BLOCKED_ON_BARRIER,
        [SNARL_WANTS_END_OF_WAITS] = SNARL_BLOCKED_ON_END_OF_WAITS,
    };
    bool known = row->sequence % 2 != 0 && row->want_kind < sizeof wants / sizeof wants[0];
    return known ? wants[row->want_kind] : SNARL_BLOCKED_ON_UNKNOWN;
}

static struct snarl_blocked_thread thread_of(const struct asleep *asleep,
                                             const struct snarl_thread_row *row)
{
    struct snarl_blocked_thread thread = {
        .thread = row->thread,
        .want = want_of(row),
        .object = row->want_object,
        .shared = row->want_flags & SNARL_WANT_ROW_SHARED,
        .held = row->held,
        .held_count = kept_held(row),
    };
    size_t modules_then;
    if (thread.want == SNARL_BLOCKED_ON_CONDITION)
        thread.mutex = row->want_mutex.object;
    if (thread.want == SNARL_BLOCKED_ON_BARRIER) {
        const struct snarl_fact_lock *barrier =
            snarl_loaded_lock(&asleep->source->loaded, row->want_object, &modules_then);
        thread.parties = barrier != NULL ? barrier->value : 0;
    }
    return thread;
}

/* Threads that are alive say in their rows whom they woke; of the others there are facts. */
static void tell_wakes(struct asleep *asleep)
{
    const struct snarl_loaded *loaded = &asleep->source->loaded;
    size_t most = loaded->wake_count + asleep->row_count * SNARL_ROW_WAKES, count = 0;
    struct snarl_blocked_wake *wakes = snarl_pool_allocate(&asleep->pool, most, sizeof *wakes);
    for (size_t i = 0; i < asleep->row_count * SNARL_ROW_WAKES; i++) {
        const struct snarl_thread_row *row = asleep->rows[i / SNARL_ROW_WAKES];
        const struct snarl_row_wake *wake = &row->wakes[i % SNARL_ROW_WAKES];
        if (wake->object != 0)
            wakes[count++] = (struct snarl_blocked_wake){row->thread, wake->object, wake->stack,
                                                         wake->wake & SNARL_WAKE_LOST};
    }
    for (size_t i = 0; i < loaded->wake_count; i++) {
        const struct snarl_fact_wake *wake = loaded->wakes[i];
        wakes[count++] = (struct snarl_blocked_wake){wake->thread, wake->object, wake->stack,
                                                     wake->wake & SNARL_WAKE_LOST};
    }
    asleep->story.wakes = wakes;
    asleep->story.wake_count = count;
}

static void tell_story(struct asleep *asleep)
{
    struct snarl_blocked_thread *threads =
        snarl_pool_allocate(&asleep->pool, asleep->row_count, sizeof *threads);
    for (size_t i = 0; i < asleep->row_count; i++)
        threads[i] = thread_of(asleep, asleep->rows[i]);
    asleep->story.threads = threads;
    asleep->story.thread_count = asleep->row_count;
    tell_wakes(asleep);
    asleep->whys = snarl_pool_allocate(&asleep->pool, asleep->row_count, sizeof *asleep->whys);
    for (size_t i = 0; i < asleep->row_count; i++)
        snarl_blocked_explain(&asleep->story, i, &asleep->whys[i]);
    asleep->root = snarl_blocked_root(
        &asleep->story, asleep->whys,
        snarl_pool_allocate(&asleep->pool, asleep->row_count, sizeof(struct snarl_blocked_visit)));
}

/* Whether a thread of a deadlock is where it was then. One that fork() left behind always is; one
 * that cannot have its mutex back may say so, or still say that it waits for the condition. */
static bool stands(const struct asleep *asleep, const struct snarl_deadlock_step *step)
{
    if (step->want_kind == SNARL_WANTS_NOTHING)
        return true;
    const struct snarl_blocked_thread *thread = snarl_blocked_find(&asleep->story, step->thread);
    if (thread == NULL)
        return false;
    const struct snarl_thread_row *row = asleep->rows[thread - asleep->story.threads];
    if (step->want_kind == SNARL_WANTS_CONDITION)
        return row->want_kind == SNARL_WANTS_CONDITION
                   ? row->want_mutex.object == step->object || row->want_object == step->object
                   : row->want_kind == SNARL_WANTS_LOCK && row->want_object == step->object;
    return row->want_kind == step->want_kind && row->want_object == step->object;
}

/* A closed circle explains itself, and whoever waits behind it. */
static bool has_deadlock(const struct asleep *asleep)
{
    const struct snarl_loaded *loaded = &asleep->source->loaded;
    for (size_t i = 0; i < loaded->deadlock_count; i++) {
        const struct snarl_fact_deadlock *deadlock = loaded->deadlocks[i];
        const struct snarl_deadlock_step *step = snarl_reader_first_step(deadlock);
        uint32_t standing = 0;
        for (uint32_t j = 0; j < deadlock->count; j++, step = snarl_reader_step_after(step))
            standing += stands(asleep, step);
        if (standing == deadlock->count)
            return true;
    }
    return false;
}

static struct snarl_report_waker *wakers_of(const struct asleep *asleep,
                                            const struct snarl_blocked_why *why)
{
    struct snarl_report_waker *wakers =
        snarl_report_allocate(asleep->builder->report, why->waker_count, sizeof *wakers);
    for (size_t i = 0; i < why->waker_count; i++)
        wakers[i] = (struct snarl_report_waker){
            .thread = snarl_builder_thread(asleep->builder, asleep->source, why->wakers[i].thread),
            .how = why->wakers[i].how,
            .lost = why->wakers[i].lost,
            .ended = why->wakers[i].ended,
            .stack = snarl_builder_stack(asleep->builder, asleep->source, why->wakers[i].stack),
        };
    return wakers;
}

static struct snarl_report_blocked *blocked_of(const struct asleep *asleep, size_t index)
{
    const struct snarl_thread_row *row = asleep->rows[index];
    const struct snarl_blocked_why *why = &asleep->whys[index];
    struct snarl_report_blocked *blocked =
        snarl_report_allocate(asleep->builder->report, 1, sizeof *blocked);
    blocked->cause = why->cause;
    if (asleep->fact->at > row->want_since)
        blocked->waiting_s = (double)(asleep->fact->at - row->want_since) / 1e9;
    blocked->mutex =
        snarl_builder_lock(asleep->builder, asleep->source, asleep->story.threads[index].mutex);
    blocked->wakers = wakers_of(asleep, why);
    blocked->waker_count = why->waker_count;
    blocked->arrived = why->arrived;
    blocked->parties = why->parties;
    return blocked;
}

static struct snarl_report_step step_of(const struct asleep *asleep, size_t index)
{
    struct snarl_builder *builder = asleep->builder;
    const struct snarl_thread_row *row = asleep->rows[index];
    enum snarl_blocked_want want = asleep->story.threads[index].want;
    struct snarl_report_step step = {
        .thread = snarl_builder_thread(builder, asleep->source, row->thread),
        .holds = snarl_builder_holds(builder, asleep->source, row->held, kept_held(row)),
        .hold_count = kept_held(row),
        .shared = row->want_flags & SNARL_WANT_ROW_SHARED,
        .blocked = blocked_of(asleep, index),
        .stack = snarl_builder_stack(builder, asleep->source, row->want_stack),
    };
    if (want == SNARL_BLOCKED_ON_UNKNOWN)
        return step;
    step.target = want == SNARL_BLOCKED_ON_CONDITION ? SNARL_TARGET_CONDITION
                                                     : snarl_builder_target(row->want_kind);
    step.wants = want == SNARL_BLOCKED_ON_THREAD
                     ? snarl_builder_thread(builder, asleep->source, row->want_object)
                     : snarl_builder_lock(builder, asleep->source, row->want_object);
    return step;
}

static void add_once(unsigned *ids, size_t *count, unsigned id)
{
    if (id == 0)
        return;
    for (size_t i = 0; i < *count; i++)
        if (ids[i] == id)
            return;
    ids[(*count)++] = id;
}

/* What is waited for, then what was given back, then what is held besides. */
static void list_locks(struct asleep *asleep, struct snarl_report_finding *finding)
{
    size_t most = 2 * finding->step_count;
    for (size_t i = 0; i < finding->step_count; i++)
        most += finding->steps[i].hold_count;
    finding->locks = snarl_report_allocate(asleep->builder->report, most, sizeof(unsigned));
    for (size_t i = 0; i < finding->step_count; i++)
        if (finding->steps[i].target != SNARL_TARGET_THREAD)
            add_once(finding->locks, &finding->lock_count, finding->steps[i].wants);
    for (size_t i = 0; i < finding->step_count; i++)
        add_once(finding->locks, &finding->lock_count, finding->steps[i].blocked->mutex);
    for (size_t i = 0; i < finding->step_count; i++)
        for (size_t j = 0; j < finding->steps[i].hold_count; j++)
            add_once(finding->locks, &finding->lock_count, finding->steps[i].holds[j].lock);
}

/* Those that are blocked, then those that have ended and could have woken them. */
static void list_threads(struct asleep *asleep, struct snarl_report_finding *finding)
{
    size_t most = finding->step_count;
    for (size_t i = 0; i < finding->step_count; i++)
        most += finding->steps[i].blocked->waker_count + 1;
    finding->threads = snarl_report_allocate(asleep->builder->report, most, sizeof(unsigned));
    for (size_t i = 0; i < finding->step_count; i++)
        add_once(finding->threads, &finding->thread_count, finding->steps[i].thread);
    for (size_t i = 0; i < finding->step_count; i++) {
        const struct snarl_report_blocked *blocked = finding->steps[i].blocked;
        for (size_t j = 0; j < blocked->waker_count; j++)
            if (blocked->wakers[j].ended)
                add_once(finding->threads, &finding->thread_count, blocked->wakers[j].thread);
    }
}

/* What may still wake a thread; NULL for nothing. */
static const char *doubts_of(struct snarl_report *report, uint64_t doubts)
{
    static const char *const words[] = {
#define DOUBT(identifier, words) words,
        SNARL_DOUBTS(DOUBT)
#undef DOUBT
    };
    if (doubts == 0)
        return NULL;
    const char *list = "";
    for (size_t i = 0; i < SNARL_DOUBT_KINDS; i++)
        if (doubts >> i & 1)
            list = snarl_report_string(report, "%s%s%s", list, *list != '\0' ? "; " : "", words[i]);
    return snarl_report_string(report, "It may yet be woken from outside%s%s.",
                               *list != '\0' ? ": " : "", list);
}

static void add_finding(struct asleep *asleep)
{
    struct snarl_report *report = asleep->builder->report;
    struct snarl_report_step *steps =
        snarl_report_allocate(report, asleep->row_count, sizeof *steps);
    size_t count = 0;
    steps[count++] = step_of(asleep, asleep->root);
    for (size_t i = 0; i < asleep->row_count; i++)
        if (i != asleep->root)
            steps[count++] = step_of(asleep, i);
    struct snarl_report_finding *finding = snarl_builder_add_finding(asleep->builder);
    finding->kind = SNARL_FINDING_ALL_THREADS_BLOCKED;
    finding->status = SNARL_OCCURRED;
    finding->severity = asleep->fact->doubts == 0 ? SNARL_ERROR : SNARL_WARNING;
    finding->why = doubts_of(report, asleep->fact->doubts);
    finding->steps = steps;
    finding->step_count = count;
    list_locks(asleep, finding);
    list_threads(asleep, finding);
    snarl_builder_finish(asleep->builder);
}

void snarl_builder_asleep(struct snarl_builder *builder, struct snarl_source *source)
{
    const struct snarl_loaded *loaded = &source->loaded;
    if (loaded->asleep_count == 0)
        return;
    struct asleep asleep = {
        .builder = builder,
        .source = source,
        .fact = loaded->asleeps[loaded->asleep_count - 1],
    };
    asleep.rows = snarl_builder_rows_alive(loaded, &asleep.row_count);
    if (still_asleep(&asleep)) {
        tell_story(&asleep);
        if (!has_deadlock(&asleep))
            add_finding(&asleep);
    }
    free(asleep.rows);
    snarl_pool_free(&asleep.pool);
}
