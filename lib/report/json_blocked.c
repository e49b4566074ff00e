#include "report/json_parts.h"

static json_t *id_or_null(unsigned id)
{
    return id != 0 ? json_integer(id) : json_null();
}

static json_t *waker_object(struct snarl_json_writer *writer,
                            const struct snarl_report_waker *waker)
{
    json_t *object = json_object();
    snarl_json_put(object, "thread", id_or_null(waker->thread));
    snarl_json_put(object, "how", json_string(snarl_waker_name(waker->how)));
    snarl_json_put(object, "lost", json_boolean(waker->lost));
    snarl_json_put(object, "ended", json_boolean(waker->ended));
    snarl_json_put(object, "stack", snarl_json_stack(writer, &waker->stack));
    return object;
}

json_t *snarl_json_blocked(struct snarl_json_writer *writer,
                           const struct snarl_report_blocked *blocked)
{
    bool barrier = blocked->cause == SNARL_CAUSE_BARRIER_SHORT;
    json_t *wakers = json_array();
    for (size_t index = 0; index < blocked->waker_count; index++)
        snarl_json_append(wakers, waker_object(writer, &blocked->wakers[index]));
    json_t *object = json_object();
    snarl_json_put(object, "cause", json_string(snarl_cause_name(blocked->cause)));
    snarl_json_put(object, "waiting_s", json_real(blocked->waiting_s));
    snarl_json_put(object, "mutex", id_or_null(blocked->mutex));
    snarl_json_put(object, "wakers", wakers);
    snarl_json_put(object, "arrived", barrier ? json_integer(blocked->arrived) : json_null());
    snarl_json_put(object, "parties", barrier ? json_integer(blocked->parties) : json_null());
    return object;
}
