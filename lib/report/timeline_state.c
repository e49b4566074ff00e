#include "report/timeline_state.h"

#include <string.h>

enum {
    MOST_HOLDS = 64, /* of a thread; what is held beyond is not told of */
};

struct snarl_timeline_thread *snarl_timeline_thread_of(struct snarl_timeline_state *state,
                                                       unsigned thread)
{
    for (size_t i = 0; i < state->count; i++)
        if (state->threads[i].thread == thread)
            return &state->threads[i];
    return NULL;
}

static struct snarl_timeline_thread *thread_of(struct snarl_timeline_state *state, unsigned thread)
{
    struct snarl_timeline_thread *known = snarl_timeline_thread_of(state, thread);
    if (known != NULL || thread == 0)
        return known;
    known = &state->threads[state->count++];
    known->thread = thread;
    known->holds = snarl_pool_allocate(state->pool, MOST_HOLDS, sizeof *known->holds);
    return known;
}

static void hold(struct snarl_timeline_state *state, struct snarl_timeline_thread *thread,
                 unsigned lock)
{
    if (lock != 0 && !state->is_signal[lock] && thread->hold_count < MOST_HOLDS)
        thread->holds[thread->hold_count++] = lock;
}

/* The innermost one of that lock. False where it does not hold it. */
static bool let_go(struct snarl_timeline_thread *thread, unsigned lock)
{
    for (size_t i = thread->hold_count; i-- > 0;) {
        if (thread->holds[i] != lock)
            continue;
        memmove(&thread->holds[i], &thread->holds[i + 1],
                (thread->hold_count - i - 1) * sizeof *thread->holds);
        thread->hold_count--;
        return true;
    }
    return false;
}

/* A semaphore that another posts is a signal; of another thread's lock that one has lost it. */
static void release(struct snarl_timeline_state *state, struct snarl_timeline_thread *thread,
                    const struct snarl_report_event *event)
{
    if (let_go(thread, event->lock))
        return;
    if (event->event == SNARL_EVENT_POSTS)
        state->is_signal[event->lock] = true;
    for (size_t i = 0; i < state->count; i++)
        if (let_go(&state->threads[i], event->lock))
            return;
}

void snarl_timeline_apply(struct snarl_timeline_state *state,
                          const struct snarl_report_event *event)
{
    struct snarl_timeline_thread *thread = thread_of(state, event->thread);
    struct snarl_timeline_thread *other = thread_of(state, event->other);
    if (thread == NULL)
        return;
    thread->alive = event->event != SNARL_EVENT_ENDS;
    thread->waits_for = thread->joins = 0;
    switch (event->event) {
    case SNARL_EVENT_STARTS:
        if (other != NULL)
            other->alive = true;
        break;
    case SNARL_EVENT_WANTS:
    case SNARL_EVENT_ARRIVES:
        thread->waits_for = event->lock;
        break;
    case SNARL_EVENT_TAKES:
        hold(state, thread, event->lock);
        break;
    case SNARL_EVENT_RELEASES:
    case SNARL_EVENT_POSTS:
        release(state, thread, event);
        break;
    case SNARL_EVENT_WAITS:
        thread->waits_for = event->lock;
        let_go(thread, event->mutex);
        break;
    case SNARL_EVENT_WAKES:
        hold(state, thread, event->mutex);
        break;
    case SNARL_EVENT_JOINS:
        thread->joins = event->other;
        break;
    default:
        break;
    }
}

void snarl_timeline_apply_finding(struct snarl_timeline_state *state,
                                  const struct snarl_report_finding *finding)
{
    for (size_t i = 0; i < finding->step_count; i++) {
        const struct snarl_report_step *step = &finding->steps[i];
        struct snarl_timeline_thread *thread = snarl_timeline_thread_of(state, step->thread);
        if (thread == NULL || step->target == SNARL_TARGET_NONE)
            continue;
        bool joins = step->target == SNARL_TARGET_THREAD;
        thread->waits_for = joins ? 0 : step->wants;
        thread->joins = joins ? step->wants : 0;
    }
}

/* Ids are whatever whoever made the report has given. */
static unsigned largest_lock(const struct snarl_report_event *events, size_t count)
{
    unsigned largest = 0;
    for (size_t i = 0; i < count; i++)
        for (int which = 0; which < 2; which++) {
            unsigned lock = which == 0 ? events[i].lock : events[i].mutex;
            largest = lock > largest ? lock : largest;
        }
    return largest;
}

/* Whether a semaphore is a signal shows only later: all of it is told once, in vain, to learn that.
 */
struct snarl_timeline_state snarl_timeline_begin(const struct snarl_report *report,
                                                 const struct snarl_report_event *events,
                                                 size_t count, struct snarl_pool *pool)
{
    struct snarl_timeline_state state = {.report = report, .pool = pool};
    state.is_signal =
        snarl_pool_allocate(pool, (size_t)largest_lock(events, count) + 1, sizeof(bool));
    state.threads = snarl_pool_allocate(pool, 2 * count + 1, sizeof *state.threads);
    for (size_t i = 0; i < count; i++)
        snarl_timeline_apply(&state, &events[i]);
    for (size_t i = 0; i < state.count; i++) {
        unsigned *holds = state.threads[i].holds, thread = state.threads[i].thread;
        state.threads[i] = (struct snarl_timeline_thread){.thread = thread, .holds = holds};
    }
    return state;
}
