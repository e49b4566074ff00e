/* The timeline: one object for each event, in order. */
#include "report/json_parts.h"
#include "report/utf8.h"

static json_t *string_or_null(struct snarl_json_writer *writer, const char *text)
{
    return text != NULL ? json_string_nocheck(snarl_utf8_repair(&writer->pool, text)) : json_null();
}

/* What a thread does, as one word: "waits-for". */
static json_t *event_name(enum snarl_event event)
{
    char name[32];
    size_t length = 0;
    for (const char *words = snarl_event_words(event); *words && length < sizeof name - 1; words++)
        name[length++] = *words == ' ' ? '-' : *words;
    name[length] = '\0';
    return json_string(name);
}

static json_t *event_object(struct snarl_json_writer *writer,
                            const struct snarl_report_event *event)
{
    const struct snarl_report_thread *thread =
        snarl_report_thread_by_id(writer->report, event->thread);
    const struct snarl_report_lock *lock = snarl_report_lock_by_id(writer->report, event->lock);
    json_t *object = json_object();
    snarl_json_put(object, "at_s", json_real(event->at_s));
    snarl_json_put(object, "process",
                   json_integer(thread != NULL ? (json_int_t)thread->process : 0));
    snarl_json_put(object, "thread", json_integer(event->thread));
    snarl_json_put(object, "name", string_or_null(writer, thread != NULL ? thread->name : NULL));
    snarl_json_put(object, "event", event_name(event->event));
    snarl_json_put(object, "lock", event->lock != 0 ? json_integer(event->lock) : json_null());
    snarl_json_put(object, "lock_name", string_or_null(writer, lock != NULL ? lock->name : NULL));
    snarl_json_put(object, "mutex", event->mutex != 0 ? json_integer(event->mutex) : json_null());
    snarl_json_put(object, "other_thread",
                   event->other != 0 ? json_integer(event->other) : json_null());
    snarl_json_put(object, "shared", json_boolean(event->shared));
    snarl_json_put(object, "place", snarl_json_frame(writer, snarl_stack_place(&event->stack)));
    return object;
}

json_t *snarl_json_timeline(struct snarl_json_writer *writer)
{
    json_t *array = json_array();
    for (size_t i = 0; i < writer->report->event_count; i++)
        snarl_json_append(array, event_object(writer, &writer->report->events[i]));
    return array;
}
