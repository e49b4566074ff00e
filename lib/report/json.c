/* The report for programs: one object, schema snarl-report/1. */
#include <inttypes.h>
#include <jansson.h>

#include "report/paths.h"
#include "report/pool.h"
#include "report/utf8.h"
#include "report/writers.h"

struct writing {
    const struct snarl_report *report;
    const struct snarl_format_options *options;
    struct snarl_pool pool;
};

/* jansson passes NULL on when memory runs out; both of these take the value over. */
static void put(json_t *object, const char *key, json_t *value)
{
    if (json_object_set_new_nocheck(object, key, value) != 0)
        snarl_pool_exhausted();
}

static void append(json_t *array, json_t *value)
{
    if (json_array_append_new(array, value) != 0)
        snarl_pool_exhausted();
}

static json_t *string_or_null(struct writing *writing, const char *text)
{
    if (text == NULL)
        return json_null();
    return json_string_nocheck(snarl_utf8_repair(&writing->pool, text));
}

static json_t *integer_or_null(bool known, json_int_t number)
{
    return known ? json_integer(number) : json_null();
}

static json_t *seconds_or_null(double seconds)
{
    return seconds > 0 ? json_real(seconds) : json_null();
}

static json_t *hexadecimal(struct writing *writing, uint64_t number)
{
    return json_string_nocheck(snarl_pool_format(&writing->pool, "0x%" PRIx64, number));
}

static json_t *strings(struct writing *writing, char *const *texts, size_t count)
{
    json_t *array = json_array();
    for (size_t index = 0; index < count; index++)
        append(array, string_or_null(writing, texts[index]));
    return array;
}

static json_t *frame_object(struct writing *writing, const struct snarl_frame *frame)
{
    const char *file = frame->file;
    if (file != NULL)
        file = snarl_path_strip(file, writing->options->strip_path_prefix);
    json_t *object = json_object();
    put(object, "function", string_or_null(writing, frame->function));
    put(object, "file", string_or_null(writing, file));
    put(object, "line", integer_or_null(frame->line != 0, frame->line));
    put(object, "module", string_or_null(writing, frame->module));
    put(object, "offset",
        frame->module != NULL ? hexadecimal(writing, frame->offset) : json_null());
    put(object, "inlined", json_boolean(frame->inlined));
    return object;
}

static json_t *stack_array(struct writing *writing, const struct snarl_stack *stack)
{
    json_t *array = json_array();
    for (size_t index = 0; index < stack->count; index++)
        append(array, frame_object(writing, &stack->frames[index]));
    return array;
}

static json_t *holds_array(struct writing *writing, const struct snarl_report_hold *holds,
                           size_t count)
{
    json_t *array = json_array();
    for (size_t index = 0; index < count; index++) {
        json_t *object = json_object();
        put(object, "lock", json_integer(holds[index].lock));
        put(object, "stack", stack_array(writing, &holds[index].stack));
        append(array, object);
    }
    return array;
}

static void put_wants(json_t *object, enum snarl_target target, unsigned wants, bool timed)
{
    put(object, "wants", integer_or_null(target == SNARL_TARGET_LOCK, wants));
    if (target == SNARL_TARGET_THREAD)
        put(object, "wants_thread", json_integer(wants));
    if (target == SNARL_TARGET_CONDITION)
        put(object, "wants_condition", json_true());
    put(object, "timed", json_boolean(timed));
}

static json_t *steps_array(struct writing *writing, const struct snarl_report_step *steps,
                           size_t count)
{
    json_t *array = json_array();
    for (size_t index = 0; index < count; index++) {
        const struct snarl_report_step *step = &steps[index];
        json_t *object = json_object();
        put(object, "thread", json_integer(step->thread));
        put(object, "holds", holds_array(writing, step->holds, step->hold_count));
        put_wants(object, step->target, step->wants, step->timed);
        if (step->action != NULL)
            put(object, "action", string_or_null(writing, step->action));
        put(object, "stack", stack_array(writing, &step->stack));
        append(array, object);
    }
    return array;
}

static json_t *lock_object(struct writing *writing, const struct snarl_report_lock *lock)
{
    json_t *object = json_object();
    put(object, "id", json_integer(lock->id));
    put(object, "process", json_integer((json_int_t)lock->process));
    put(object, "name", string_or_null(writing, lock->name));
    put(object, "kind", string_or_null(writing, lock->kind));
    put(object, "address", hexadecimal(writing, lock->address));
    put(object, "created", stack_array(writing, &lock->created));
    put(object, "first_taken", stack_array(writing, &lock->first_taken));
    return object;
}

static json_t *thread_object(struct writing *writing, const struct snarl_report_thread *thread)
{
    json_t *object = json_object();
    put(object, "id", json_integer(thread->id));
    put(object, "process", json_integer((json_int_t)thread->process));
    put(object, "number", json_integer(thread->number));
    put(object, "name", string_or_null(writing, thread->name));
    put(object, "start", string_or_null(writing, thread->start));
    put(object, "tid", json_integer((json_int_t)thread->tid));
    put(object, "created", stack_array(writing, &thread->created));
    return object;
}

static json_t *also_array(struct writing *writing, const struct snarl_report_finding *finding)
{
    json_t *array = json_array();
    for (size_t index = 0; index < finding->also_count; index++) {
        const struct snarl_report_variant *variant = &finding->also[index];
        json_t *object = json_object();
        put(object, "steps", steps_array(writing, variant->steps, variant->step_count));
        append(array, object);
    }
    return array;
}

static json_t *finding_object(struct writing *writing, const struct snarl_report_finding *finding)
{
    json_t *locks = json_array();
    for (size_t index = 0; index < finding->lock_count; index++) {
        const struct snarl_report_lock *lock =
            snarl_report_lock_by_id(writing->report, finding->locks[index]);
        if (lock != NULL)
            append(locks, lock_object(writing, lock));
    }
    json_t *threads = json_array();
    for (size_t index = 0; index < finding->thread_count; index++) {
        const struct snarl_report_thread *thread =
            snarl_report_thread_by_id(writing->report, finding->threads[index]);
        if (thread != NULL)
            append(threads, thread_object(writing, thread));
    }
    const char *reason =
        finding->status == SNARL_INFEASIBLE ? snarl_reason_name(finding->reason) : NULL;

    json_t *object = json_object();
    put(object, "id", string_or_null(writing, finding->id));
    put(object, "kind", string_or_null(writing, snarl_finding_name(finding->kind)));
    put(object, "status", string_or_null(writing, snarl_status_name(finding->status)));
    put(object, "severity", string_or_null(writing, snarl_severity_name(finding->severity)));
    put(object, "message", string_or_null(writing, finding->message));
    put(object, "reason", string_or_null(writing, reason));
    put(object, "why", string_or_null(writing, finding->why));
    put(object, "fix", string_or_null(writing, finding->fix));
    put(object, "locks", locks);
    put(object, "threads", threads);
    put(object, "steps", steps_array(writing, finding->steps, finding->step_count));
    put(object, "also", also_array(writing, finding));
    return object;
}

static json_t *findings_array(struct writing *writing)
{
    json_t *array = json_array();
    for (size_t index = 0; index < writing->report->finding_count; index++) {
        const struct snarl_report_finding *finding = &writing->report->findings[index];
        if (snarl_format_shows(writing->options, finding))
            append(array, finding_object(writing, finding));
    }
    return array;
}

static json_t *state_object(struct writing *writing, const struct snarl_report_state *state)
{
    json_t *object = json_object();
    put(object, "thread", json_integer(state->thread));
    put(object, "last_call", string_or_null(writing, state->last_call));
    put(object, "holds", holds_array(writing, state->holds, state->hold_count));
    put_wants(object, state->target, state->waits_for, state->timed);
    put(object, "waiting_s", seconds_or_null(state->waiting_s));
    put(object, "last_stack", stack_array(writing, &state->last_stack));
    put(object, "now", stack_array(writing, &state->now));
    return object;
}

static json_t *process_object(struct writing *writing, const struct snarl_report_process *process)
{
    json_t *object = json_object();
    put(object, "pid", json_integer((json_int_t)process->pid));
    put(object, "argv", strings(writing, process->argv, process->argc));
    put(object, "watched", json_boolean(process->watched));
    put(object, "unwatched_reason", string_or_null(writing, process->unwatched_reason));
    put(object, "threads", json_integer(process->threads));
    put(object, "locks", json_integer(process->locks));
    put(object, "duration_s", seconds_or_null(process->duration_s));
    put(object, "ended", json_boolean(process->ended));
    json_t *states = json_array();
    for (size_t index = 0; process->ended && index < process->state_count; index++)
        append(states, state_object(writing, &process->states[index]));
    put(object, "states", states);
    return object;
}

static json_t *program_object(struct writing *writing)
{
    const struct snarl_report *report = writing->report;
    json_t *object = json_object();
    put(object, "argv", strings(writing, report->argv, report->argc));
    put(object, "exit_code", integer_or_null(report->has_exit_code, report->exit_code));
    put(object, "signal", integer_or_null(report->signal != 0, report->signal));
    put(object, "timed_out", json_boolean(report->timed_out));
    return object;
}

static json_t *statistics_object(const struct snarl_report *report)
{
    json_t *object = json_object();
    put(object, "threads", json_integer((json_int_t)report->statistics.threads));
    put(object, "locks", json_integer((json_int_t)report->statistics.locks));
    put(object, "dependencies", json_integer((json_int_t)report->statistics.dependencies));
    put(object, "acquisitions", json_integer((json_int_t)report->statistics.acquisitions));
    return object;
}

static json_t *report_object(struct writing *writing)
{
    const struct snarl_report *report = writing->report;
    json_t *processes = json_array();
    for (size_t index = 0; index < report->process_count; index++)
        append(processes, process_object(writing, &report->processes[index]));
    json_t *losses = json_array();
    for (size_t index = 0; index < report->loss_count; index++)
        append(losses, string_or_null(writing, report->losses[index]));

    json_t *object = json_object();
    put(object, "schema", json_string("snarl-report/1"));
    put(object, "program", program_object(writing));
    put(object, "processes", processes);
    put(object, "complete", json_boolean(report->loss_count == 0));
    put(object, "losses", losses);
    put(object, "findings", findings_array(writing));
    put(object, "statistics", statistics_object(report));
    return object;
}

bool snarl_format_write_json(FILE *stream, const struct snarl_report *report,
                             const struct snarl_format_options *options)
{
    struct writing writing = {.report = report, .options = options};
    json_t *object = report_object(&writing);
    /* Six digits: seconds to the microsecond, and 9.8 does not become 9.8000000000000007. */
    bool dumped = json_dumpf(object, stream, JSON_INDENT(2) | JSON_REAL_PRECISION(6)) == 0;
    fputc('\n', stream);
    json_decref(object);
    snarl_pool_free(&writing.pool);
    return snarl_format_finish(stream) && dumped;
}
