/* What a deadlock that happened says in words. */
#include <string.h>

#include "analysis/advice.h"

static const char *place_or(const struct snarl_advice *advice, const struct snarl_stack *stack,
                            const char *otherwise)
{
    const char *place = snarl_advice_place(advice, stack);
    return place != NULL ? place : otherwise;
}

static const char *kind_of(const struct snarl_advice *advice, unsigned id)
{
    const struct snarl_report_lock *lock = snarl_report_lock_by_id(advice->report, id);
    return lock != NULL && lock->kind != NULL ? lock->kind : "lock";
}

static bool is_once(const char *kind)
{
    return strcmp(kind, snarl_object_kind_name(SNARL_OBJECT_ONCE)) == 0 ||
           strcmp(kind, snarl_object_kind_name(SNARL_OBJECT_G_ONCE)) == 0;
}

static void advise_once(const struct snarl_advice *advice, const struct snarl_report_step *step)
{
    struct snarl_report *report = advice->report;
    const char *once = snarl_advice_lock(advice, step->wants);
    advice->finding->message =
        snarl_report_string(report, "%s asks for %s from within its own initialiser",
                            snarl_advice_thread(advice, step->thread), once);
    advice->finding->why = "The initialiser waits for itself to end.";
    advice->finding->fix =
        snarl_report_string(report, "in %s, do without %s: its initialiser is still running.",
                            place_or(advice, &step->stack, "the initialiser"), once);
}

/* A reader that wants to become the writer. */
static void advise_upgrade(const struct snarl_advice *advice, const struct snarl_report_step *step,
                           const struct snarl_report_hold *hold)
{
    struct snarl_report *report = advice->report;
    const char *lock = snarl_advice_lock(advice, step->wants);
    advice->finding->message =
        snarl_report_string(report, "%s wants to write %s, which it reads already",
                            snarl_advice_thread(advice, step->thread), lock);
    advice->finding->why =
        "A writer waits for every reader to leave, and this one waits for itself: a read lock "
        "cannot be turned into a write lock.";
    advice->finding->fix = snarl_report_string(
        report,
        "take %s for writing in %s; or release it before %s takes it for writing, and look again "
        "at what was read.",
        lock, place_or(advice, &hold->stack, "the first place"),
        place_or(advice, &step->stack, "the second"));
}

static void advise_relock(const struct snarl_advice *advice, const struct snarl_report_step *step)
{
    struct snarl_report *report = advice->report;
    const char *lock = snarl_advice_lock(advice, step->wants);
    const char *thread = snarl_advice_thread(advice, step->thread);
    const char *kind = kind_of(advice, step->wants);
    const struct snarl_report_hold *hold = snarl_advice_hold(step, step->wants);
    if (is_once(kind)) {
        advise_once(advice, step);
        return;
    }
    if (hold != NULL && hold->shared && !step->shared) {
        advise_upgrade(advice, step, hold);
        return;
    }
    advice->finding->message =
        step->shared
            ? snarl_report_string(report, "%s wants to read %s, which it writes already", thread,
                                  lock)
            : snarl_report_string(report, "%s locks %s, which it holds already", thread, lock);
    advice->finding->why = snarl_report_string(
        report, "The %s is not recursive, so nobody is left who could release it.", kind);
    if (hold != NULL)
        advice->finding->fix = snarl_report_string(
            report,
            "release %s, which %s takes, before %s locks it; or give callers that hold it a "
            "function that does not lock.",
            lock, place_or(advice, &hold->stack, "one place"),
            place_or(advice, &step->stack, "another"));
}

void snarl_advise_self_deadlock(const struct snarl_advice *advice)
{
    const struct snarl_report_step *step = &advice->finding->steps[0];
    if (step->target != SNARL_TARGET_THREAD) {
        advise_relock(advice, step);
        return;
    }
    advice->finding->message = snarl_report_string(advice->report, "%s joins itself",
                                                   snarl_advice_thread(advice, step->thread));
    advice->finding->fix = "let another thread join it, or detach it.";
}

/* Whether it is a chain to a thread that fork() left behind. */
static bool ends_at_absent(const struct snarl_advice *advice)
{
    const struct snarl_report_step *last = &advice->finding->steps[advice->finding->step_count - 1];
    const struct snarl_report_thread *thread =
        snarl_report_thread_by_id(advice->report, last->thread);
    return last->target == SNARL_TARGET_NONE && thread != NULL && thread->absent;
}

static void advise_absent(const struct snarl_advice *advice)
{
    struct snarl_report *report = advice->report;
    struct snarl_report_finding *finding = advice->finding;
    const struct snarl_report_step *last = &finding->steps[finding->step_count - 1];
    const struct snarl_report_step *waits = last - (finding->step_count > 1);
    const char *lock = snarl_advice_lock(advice, waits->wants);
    finding->message = snarl_report_string(
        report,
        "%s waits for %s, which %s held when this process was forked: there is no such thread here",
        snarl_advice_thread(advice, waits->thread), lock,
        snarl_advice_thread(advice, last->thread));
    finding->why =
        "The child of a fork has the one thread that called it, but every lock as it was.";
    finding->fix = snarl_report_string(
        report,
        "take %s in a pthread_atfork() handler before the fork, and release it after it on both "
        "sides; or do not use it in the child before exec.",
        lock);
}

/* The step that reads again what it reads, held up by the other, which waits to write; or NULL. */
static const struct snarl_report_step *rereading(const struct snarl_report_finding *finding)
{
    const struct snarl_report_step *steps = finding->steps;
    if (finding->step_count != 2 || steps[0].target != SNARL_TARGET_LOCK ||
        steps[1].target != SNARL_TARGET_LOCK || steps[0].wants != steps[1].wants ||
        steps[0].shared == steps[1].shared)
        return NULL;
    const struct snarl_report_step *reader = steps[0].shared ? &steps[0] : &steps[1];
    const struct snarl_report_hold *hold = snarl_advice_hold(reader, reader->wants);
    return hold != NULL && hold->shared ? reader : NULL;
}

static void advise_rereading(const struct snarl_advice *advice,
                             const struct snarl_report_step *reader)
{
    struct snarl_report *report = advice->report;
    struct snarl_report_finding *finding = advice->finding;
    const struct snarl_report_step *writer = &finding->steps[reader == &finding->steps[0]];
    const char *thread = snarl_advice_thread(advice, reader->thread);
    const char *lock = snarl_advice_lock(advice, reader->wants);
    finding->message =
        snarl_report_string(report, "%s wants to read %s again, behind %s, which waits to write it",
                            thread, lock, snarl_advice_thread(advice, writer->thread));
    finding->why = snarl_report_string(
        report,
        "This lock lets no new reader pass a waiting writer, and the writer waits for %s to leave.",
        thread);
    finding->fix =
        snarl_report_string(report, "do not take %s again in %s: it is read there already.", lock,
                            place_or(advice, &reader->stack, "a function called with it"));
}

static size_t count_targets(const struct snarl_report_finding *finding, enum snarl_target target)
{
    size_t count = 0;
    for (size_t i = 0; i < finding->step_count; i++)
        count += finding->steps[i].target == target;
    return count;
}

/* Some of the threads join others. */
static const char *mend_join(const struct snarl_advice *advice)
{
    const struct snarl_report_finding *finding = advice->finding;
    size_t joining = finding->step_count - 1;
    while (finding->steps[joining].target != SNARL_TARGET_THREAD)
        joining--;
    const struct snarl_report_step *step = &finding->steps[joining];
    const struct snarl_report_step *before =
        &finding->steps[(joining + finding->step_count - 1) % finding->step_count];
    const char *place = place_or(advice, &step->stack, "the thread that joins");
    if (before->target == SNARL_TARGET_LOCK)
        return snarl_report_string(advice->report,
                                   "release %s before the join in %s: the thread that is joined "
                                   "needs it to end.",
                                   snarl_advice_lock(advice, before->wants), place);
    return snarl_report_string(advice->report,
                               "do not join in %s: that thread is waiting for this one.", place);
}

void snarl_advise_deadlock(const struct snarl_advice *advice)
{
    struct snarl_report_finding *finding = advice->finding;
    size_t locks = count_targets(finding, SNARL_TARGET_LOCK);
    const struct snarl_report_step *reader = rereading(finding);
    if (ends_at_absent(advice)) {
        advise_absent(advice);
        return;
    }
    if (reader != NULL) {
        advise_rereading(advice, reader);
        return;
    }
    finding->message = snarl_report_string(advice->report, "%zu threads wait for each other%s%s",
                                           finding->step_count, finding->lock_count > 0 ? ": " : "",
                                           snarl_advice_locks(advice));
    finding->why = "Each of them waits for what the next one has.";
    if (locks == finding->step_count)
        finding->fix = snarl_advice_order(advice);
    else if (count_targets(finding, SNARL_TARGET_THREAD) > 0)
        finding->fix = mend_join(advice);
}
