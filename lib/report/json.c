/* The report for programs: one object, schema snarl-report/1. */
#include <inttypes.h>

#include "report/json_parts.h"
#include "report/paths.h"
#include "report/utf8.h"
#include "report/writers.h"

void snarl_json_put(json_t *object, const char *key, json_t *value)
{
    if (json_object_set_new_nocheck(object, key, value) != 0)
        snarl_pool_exhausted();
}

void snarl_json_append(json_t *array, json_t *value)
{
    if (json_array_append_new(array, value) != 0)
        snarl_pool_exhausted();
}

static json_t *string_or_null(struct snarl_json_writer *writer, const char *text)
{
    if (text == NULL)
        return json_null();
    return json_string_nocheck(snarl_utf8_repair(&writer->pool, text));
}

static json_t *integer_or_null(bool known, json_int_t number)
{
    return known ? json_integer(number) : json_null();
}

static json_t *seconds_or_null(double seconds)
{
    return seconds > 0 ? json_real(seconds) : json_null();
}

static json_t *hexadecimal(struct snarl_json_writer *writer, uint64_t number)
{
    return json_string_nocheck(snarl_pool_format(&writer->pool, "0x%" PRIx64, number));
}

static json_t *strings(struct snarl_json_writer *writer, char *const *texts, size_t count)
{
    json_t *array = json_array();
    for (size_t index = 0; index < count; index++)
        snarl_json_append(array, string_or_null(writer, texts[index]));
    return array;
}

static json_t *frame_object(struct snarl_json_writer *writer, const struct snarl_frame *frame)
{
    const char *file = frame->file;
    if (file != NULL)
        file = snarl_path_strip(file, writer->options->strip_path_prefix);
    json_t *object = json_object();
    snarl_json_put(object, "function", string_or_null(writer, frame->function));
    snarl_json_put(object, "file", string_or_null(writer, file));
    snarl_json_put(object, "line", integer_or_null(frame->line != 0, frame->line));
    snarl_json_put(object, "module", string_or_null(writer, frame->module));
    snarl_json_put(object, "offset",
                   frame->module != NULL ? hexadecimal(writer, frame->offset) : json_null());
    snarl_json_put(object, "inlined", json_boolean(frame->inlined));
    return object;
}

json_t *snarl_json_frame(struct snarl_json_writer *writer, const struct snarl_frame *frame)
{
    return frame != NULL ? frame_object(writer, frame) : json_null();
}

json_t *snarl_json_stack(struct snarl_json_writer *writer, const struct snarl_stack *stack)
{
    json_t *array = json_array();
    for (size_t index = 0; index < stack->count; index++)
        snarl_json_append(array, frame_object(writer, &stack->frames[index]));
    return array;
}

static json_t *mode_string(bool shared)
{
    return json_string(shared ? "shared" : "exclusive");
}

static json_t *holds_array(struct snarl_json_writer *writer, const struct snarl_report_hold *holds,
                           size_t count)
{
    json_t *array = json_array();
    for (size_t index = 0; index < count; index++) {
        json_t *object = json_object();
        snarl_json_put(object, "lock", json_integer(holds[index].lock));
        snarl_json_put(object, "mode", mode_string(holds[index].shared));
        snarl_json_put(object, "stack", snarl_json_stack(writer, &holds[index].stack));
        snarl_json_append(array, object);
    }
    return array;
}

/* What is wanted, under a key that says what it is; true where it is not known which one. */
static void put_wants(json_t *object, enum snarl_target target, unsigned wants, bool timed,
                      bool shared)
{
    static const char *const keys[] = {
        [SNARL_TARGET_NONE] = NULL,
        [SNARL_TARGET_LOCK] = NULL, /* "wants" itself */
        [SNARL_TARGET_THREAD] = "wants_thread",
        [SNARL_TARGET_CONDITION] = "wants_condition",
        [SNARL_TARGET_SEMAPHORE] = "wants_semaphore",
        [SNARL_TARGET_BARRIER] = "wants_barrier",
        [SNARL_TARGET_END_OF_WAITS] = "wants_end_of_waits",
    };
    snarl_json_put(object, "wants", integer_or_null(target == SNARL_TARGET_LOCK, wants));
    if (keys[target] != NULL)
        snarl_json_put(object, keys[target], wants != 0 ? json_integer(wants) : json_true());
    if (target == SNARL_TARGET_LOCK)
        snarl_json_put(object, "mode", mode_string(shared));
    snarl_json_put(object, "timed", json_boolean(timed));
}

static json_t *steps_array(struct snarl_json_writer *writer, const struct snarl_report_step *steps,
                           size_t count)
{
    json_t *array = json_array();
    for (size_t index = 0; index < count; index++) {
        const struct snarl_report_step *step = &steps[index];
        json_t *object = json_object();
        snarl_json_put(object, "thread", json_integer(step->thread));
        snarl_json_put(object, "holds", holds_array(writer, step->holds, step->hold_count));
        put_wants(object, step->target, step->wants, step->timed, step->shared);
        if (step->tried)
            snarl_json_put(object, "by_trywait", json_true());
        if (step->blocked != NULL)
            snarl_json_put(object, "blocked", snarl_json_blocked(writer, step->blocked));
        if (step->action != NULL)
            snarl_json_put(object, "action", string_or_null(writer, step->action));
        snarl_json_put(object, "stack", snarl_json_stack(writer, &step->stack));
        snarl_json_append(array, object);
    }
    return array;
}

static json_t *lock_object(struct snarl_json_writer *writer, const struct snarl_report_lock *lock)
{
    json_t *object = json_object();
    snarl_json_put(object, "id", json_integer(lock->id));
    snarl_json_put(object, "process", json_integer((json_int_t)lock->process));
    snarl_json_put(object, "name", string_or_null(writer, lock->name));
    snarl_json_put(object, "kind", string_or_null(writer, lock->kind));
    if (lock->polled)
        snarl_json_put(object, "polled", json_true());
    snarl_json_put(object, "address", hexadecimal(writer, lock->address));
    snarl_json_put(object, "created", snarl_json_stack(writer, &lock->created));
    snarl_json_put(object, "first_taken", snarl_json_stack(writer, &lock->first_taken));
    return object;
}

static json_t *thread_object(struct snarl_json_writer *writer,
                             const struct snarl_report_thread *thread)
{
    json_t *object = json_object();
    snarl_json_put(object, "id", json_integer(thread->id));
    snarl_json_put(object, "process", json_integer((json_int_t)thread->process));
    snarl_json_put(object, "number", integer_or_null(!thread->declared, thread->number));
    snarl_json_put(object, "name", string_or_null(writer, thread->name));
    snarl_json_put(object, "start", string_or_null(writer, thread->start));
    if (thread->declared)
        snarl_json_put(object, "declared", json_true());
    if (thread->absent)
        snarl_json_put(object, "absent", json_true());
    snarl_json_put(object, "tid", json_integer((json_int_t)thread->tid));
    snarl_json_put(object, "created", snarl_json_stack(writer, &thread->created));
    return object;
}

static json_t *also_array(struct snarl_json_writer *writer,
                          const struct snarl_report_finding *finding)
{
    json_t *array = json_array();
    for (size_t index = 0; index < finding->also_count; index++) {
        const struct snarl_report_variant *variant = &finding->also[index];
        json_t *object = json_object();
        snarl_json_put(object, "steps", steps_array(writer, variant->steps, variant->step_count));
        snarl_json_append(array, object);
    }
    return array;
}

static json_t *confirmation_object(struct snarl_json_writer *writer,
                                   const struct snarl_report_confirmation *confirmation)
{
    json_t *object = json_object();
    snarl_json_put(object, "run", integer_or_null(confirmation->run != 0, confirmation->run));
    snarl_json_put(object, "runs", json_integer(confirmation->runs));
    snarl_json_put(object, "pid",
                   integer_or_null(confirmation->pid != 0, (json_int_t)confirmation->pid));
    snarl_json_put(object, "reason", string_or_null(writer, confirmation->why));
    snarl_json_put(object, "schedule", string_or_null(writer, confirmation->schedule));
    return object;
}

/* What a finding speaks of under the ids of locks: its own ones first, then what is held besides.
 */
struct spoken_of {
    struct snarl_json_writer *writer;
    json_t *array;
    unsigned *ids; /* that are in the array */
    size_t count;
};

static void speak_of(struct spoken_of *spoken, unsigned id)
{
    const struct snarl_report_lock *lock = snarl_report_lock_by_id(spoken->writer->report, id);
    for (size_t i = 0; i < spoken->count; i++)
        if (spoken->ids[i] == id)
            return;
    if (lock == NULL)
        return;
    snarl_json_append(spoken->array, lock_object(spoken->writer, lock));
    spoken->ids[spoken->count++] = id;
}

static void speak_of_steps(struct spoken_of *spoken, const struct snarl_report_step *steps,
                           size_t count)
{
    for (size_t i = 0; i < count; i++) {
        for (size_t hold = 0; hold < steps[i].hold_count; hold++)
            speak_of(spoken, steps[i].holds[hold].lock);
        if (steps[i].target != SNARL_TARGET_NONE && steps[i].target != SNARL_TARGET_THREAD)
            speak_of(spoken, steps[i].wants);
        if (steps[i].blocked != NULL)
            speak_of(spoken, steps[i].blocked->mutex);
    }
}

static json_t *locks_array(struct snarl_json_writer *writer,
                           const struct snarl_report_finding *finding)
{
    struct spoken_of spoken = {.writer = writer, .array = json_array()};
    spoken.ids = snarl_pool_allocate(&writer->pool, writer->report->lock_count, sizeof *spoken.ids);
    for (size_t i = 0; i < finding->lock_count; i++)
        speak_of(&spoken, finding->locks[i]);
    speak_of(&spoken, finding->ordered_by);
    speak_of_steps(&spoken, finding->steps, finding->step_count);
    for (size_t i = 0; i < finding->also_count; i++)
        speak_of_steps(&spoken, finding->also[i].steps, finding->also[i].step_count);
    return spoken.array;
}

static json_t *finding_object(struct snarl_json_writer *writer,
                              const struct snarl_report_finding *finding)
{
    json_t *locks = locks_array(writer, finding);
    json_t *threads = json_array();
    for (size_t index = 0; index < finding->thread_count; index++) {
        const struct snarl_report_thread *thread =
            snarl_report_thread_by_id(writer->report, finding->threads[index]);
        if (thread != NULL)
            snarl_json_append(threads, thread_object(writer, thread));
    }
    const char *reason =
        finding->status == SNARL_INFEASIBLE ? snarl_reason_name(finding->reason) : NULL;

    json_t *object = json_object();
    snarl_json_put(object, "id", string_or_null(writer, finding->id));
    snarl_json_put(object, "kind", string_or_null(writer, snarl_finding_name(finding->kind)));
    snarl_json_put(object, "status", string_or_null(writer, snarl_status_name(finding->status)));
    snarl_json_put(object, "severity",
                   string_or_null(writer, snarl_severity_name(finding->severity)));
    snarl_json_put(object, "baseline", snarl_json_news(finding->news));
    snarl_json_put(object, "message", string_or_null(writer, finding->message));
    snarl_json_put(object, "reason", string_or_null(writer, reason));
    snarl_json_put(object, "ordered_in_this_run_by",
                   finding->ordered_by != 0 ? json_integer(finding->ordered_by) : json_null());
    snarl_json_put(object, "by_class", json_boolean(finding->by_class));
    snarl_json_put(object, "runs", finding->runs > 0 ? json_integer(finding->runs) : json_null());
    snarl_json_put(object, "why", string_or_null(writer, finding->why));
    snarl_json_put(object, "fix", string_or_null(writer, finding->fix));
    snarl_json_put(object, "locks", locks);
    snarl_json_put(object, "threads", threads);
    snarl_json_put(object, "steps", steps_array(writer, finding->steps, finding->step_count));
    snarl_json_put(object, "also", also_array(writer, finding));
    snarl_json_put(object, "left_out", json_integer((json_int_t)finding->left_out));
    if (finding->confirmation != NULL)
        snarl_json_put(object, "confirmation", confirmation_object(writer, finding->confirmation));
    return object;
}

static json_t *findings_array(struct snarl_json_writer *writer)
{
    json_t *array = json_array();
    for (size_t index = 0; index < writer->report->finding_count; index++) {
        const struct snarl_report_finding *finding = &writer->report->findings[index];
        if (snarl_format_shows(writer->options, finding))
            snarl_json_append(array, finding_object(writer, finding));
    }
    return array;
}

static json_t *state_object(struct snarl_json_writer *writer,
                            const struct snarl_report_state *state)
{
    json_t *object = json_object();
    snarl_json_put(object, "thread", json_integer(state->thread));
    snarl_json_put(object, "last_call", string_or_null(writer, state->last_call));
    snarl_json_put(object, "holds", holds_array(writer, state->holds, state->hold_count));
    put_wants(object, state->target, state->waits_for, state->timed, state->shared);
    snarl_json_put(object, "waiting_s", seconds_or_null(state->waiting_s));
    snarl_json_put(object, "last_stack", snarl_json_stack(writer, &state->last_stack));
    snarl_json_put(object, "now", snarl_json_stack(writer, &state->now));
    return object;
}

static json_t *process_object(struct snarl_json_writer *writer,
                              const struct snarl_report_process *process)
{
    json_t *object = json_object();
    snarl_json_put(object, "pid", json_integer((json_int_t)process->pid));
    snarl_json_put(object, "argv", strings(writer, process->argv, process->argc));
    snarl_json_put(object, "watched", json_boolean(process->watched));
    snarl_json_put(object, "unwatched_reason", string_or_null(writer, process->unwatched_reason));
    snarl_json_put(object, "threads", json_integer(process->threads));
    snarl_json_put(object, "locks", json_integer(process->locks));
    snarl_json_put(object, "duration_s", seconds_or_null(process->duration_s));
    snarl_json_put(object, "ended", json_boolean(process->ended));
    json_t *states = json_array();
    for (size_t index = 0; process->ended && index < process->state_count; index++)
        snarl_json_append(states, state_object(writer, &process->states[index]));
    snarl_json_put(object, "states", states);
    return object;
}

static json_t *program_object(struct snarl_json_writer *writer)
{
    const struct snarl_report *report = writer->report;
    json_t *object = json_object();
    snarl_json_put(object, "argv", strings(writer, report->argv, report->argc));
    snarl_json_put(object, "exit_code", integer_or_null(report->has_exit_code, report->exit_code));
    snarl_json_put(object, "signal", integer_or_null(report->signal != 0, report->signal));
    snarl_json_put(object, "timed_out", json_boolean(report->timed_out));
    return object;
}

static json_t *statistics_object(const struct snarl_report *report)
{
    json_t *object = json_object();
    snarl_json_put(object, "threads", json_integer((json_int_t)report->statistics.threads));
    snarl_json_put(object, "locks", json_integer((json_int_t)report->statistics.locks));
    snarl_json_put(object, "dependencies",
                   json_integer((json_int_t)report->statistics.dependencies));
    snarl_json_put(object, "acquisitions",
                   json_integer((json_int_t)report->statistics.acquisitions));
    return object;
}

static json_t *chaos_object(const struct snarl_report *report)
{
    json_t *object = json_object();
    snarl_json_put(object, "seed", json_integer((json_int_t)report->chaos_seed));
    return object;
}

static json_t *report_object(struct snarl_json_writer *writer)
{
    const struct snarl_report *report = writer->report;
    json_t *processes = json_array();
    for (size_t index = 0; index < report->process_count; index++)
        snarl_json_append(processes, process_object(writer, &report->processes[index]));
    json_t *losses = json_array();
    for (size_t index = 0; index < report->loss_count; index++)
        snarl_json_append(losses, string_or_null(writer, report->losses[index]));

    json_t *object = json_object();
    snarl_json_put(object, "schema", json_string("snarl-report/1"));
    snarl_json_put(object, "program", program_object(writer));
    if (report->chaos_seed != 0)
        snarl_json_put(object, "chaos", chaos_object(report));
    snarl_json_put(object, "processes", processes);
    snarl_json_put(object, "complete", json_boolean(report->loss_count == 0));
    snarl_json_put(object, "losses", losses);
    snarl_json_put(object, "findings", findings_array(writer));
    snarl_json_put(object, "suppressed", json_integer((json_int_t)report->suppressed));
    snarl_json_put(object, "suppressions", snarl_json_rules(writer));
    snarl_json_put(object, "statistics", statistics_object(report));
    if (report->event_count > 0)
        snarl_json_put(object, "timeline", snarl_json_timeline(writer));
    return object;
}

bool snarl_format_write_json(FILE *stream, const struct snarl_report *report,
                             const struct snarl_format_options *options)
{
    struct snarl_json_writer writer = {.report = report, .options = options};
    json_t *object = report_object(&writer);
    /* Six digits: seconds to the microsecond, and 9.8 does not become 9.8000000000000007. */
    bool dumped = json_dumpf(object, stream, JSON_INDENT(2) | JSON_REAL_PRECISION(6)) == 0;
    fputc('\n', stream);
    json_decref(object);
    snarl_pool_free(&writer.pool);
    return snarl_format_finish(stream) && dumped;
}
