/* Why a run that was steered did not end in the deadlock that was predicted. */
#include <string.h>

#include "analysis/advice.h"
#include "analysis/confirmation.h"

/* How much a sentence tells; the best one is kept. */
enum strength {
    NOTHING,
    HELD_IN_VAIN,
    HELD_WHILE_OTHER_WAITED,
    ALONE,
    NEEDED,
};

static const char *waits(const struct snarl_advice *of, const struct snarl_report_steered *event)
{
    static const char *const verbs[] = {
        [SNARL_TARGET_LOCK] = "waited for",     [SNARL_TARGET_THREAD] = "waited for the end of",
        [SNARL_TARGET_CONDITION] = "waited on", [SNARL_TARGET_SEMAPHORE] = "waited on",
        [SNARL_TARGET_BARRIER] = "waited at",   [SNARL_TARGET_END_OF_WAITS] = "destroyed",
        [SNARL_TARGET_NONE] = "waited for",
    };
    const char *target = event->waits_for == 0 ? "something"
                         : event->target == SNARL_TARGET_THREAD
                             ? snarl_advice_thread(of, event->waits_for)
                             : snarl_advice_lock(of, event->waits_for);
    const char *place = snarl_advice_place(of, &event->other_stack);
    return snarl_report_string(of->report, "%s %s %s in %s", snarl_advice_thread(of, event->other),
                               verbs[event->target], target,
                               place != NULL ? place : "code of no known name");
}

static const char *held_at(const struct snarl_advice *of, const struct snarl_report_steered *event)
{
    const char *place = snarl_advice_place(of, &event->stack);
    return snarl_report_string(of->report, "%s was held in %s",
                               snarl_advice_thread(of, event->thread),
                               place != NULL ? place : "code of no known name");
}

/* Whether a thread of another step came, and only after this event. */
static const struct snarl_report_steered *came_later(const struct snarl_report *run, size_t event)
{
    for (size_t i = event + 1; i < run->steered_count; i++)
        if (run->steered[i].steered == SNARL_STEERED_REACHED &&
            run->steered[i].step != run->steered[event].step)
            return &run->steered[i];
    return NULL;
}

static void explain(struct snarl_trial *trial, const struct snarl_advice *of,
                    const struct snarl_report *run, size_t index)
{
    const struct snarl_report_steered *event = &run->steered[index];
    bool yielded = event->steered == SNARL_STEERED_YIELDED;
    enum strength strength = yielded && event->other != 0 ? NEEDED
                             : yielded                    ? ALONE
                             : event->other != 0          ? HELD_WHILE_OTHER_WAITED
                                                          : HELD_IN_VAIN;
    if (strength <= trial->apart_strength)
        return;
    const struct snarl_report_steered *later = came_later(run, index);
    trial->apart_strength = strength;
    const char *text;
    switch (strength) {
    case NEEDED:
        text = snarl_report_string(of->report, "While %s, nothing else could run: %s.",
                                   held_at(of, event), waits(of, event));
        break;
    case ALONE:
        text = snarl_report_string(
            of->report,
            "While %s, nothing else could run, and the others of the cycle had ended or "
            "were still to be made.",
            held_at(of, event));
        break;
    case HELD_WHILE_OTHER_WAITED:
        text =
            snarl_report_string(of->report, "While %s, %s.", held_at(of, event), waits(of, event));
        break;
    default:
        text = snarl_report_string(
            of->report,
            later != NULL ? "%s, and %s came to its place only when that had gone on."
                          : "%s in vain, as long as was allowed.",
            held_at(of, event), later != NULL ? snarl_advice_thread(of, later->thread) : "");
        break;
    }
    trial->apart = text;
}

static const struct snarl_report_finding *hang_of(const struct snarl_report *run)
{
    for (size_t i = 0; i < run->finding_count; i++)
        if (run->findings[i].status == SNARL_OCCURRED &&
            (run->findings[i].kind == SNARL_FINDING_DEADLOCK ||
             run->findings[i].kind == SNARL_FINDING_SELF_DEADLOCK ||
             run->findings[i].kind == SNARL_FINDING_ALL_THREADS_BLOCKED))
            return &run->findings[i];
    return NULL;
}

void snarl_trial_note(struct snarl_trial *trial, struct snarl_report *report,
                      const struct snarl_report_finding *predicted, const struct snarl_report *run,
                      size_t schedule)
{
    if (trial->reached == NULL)
        trial->reached = snarl_report_allocate(report, predicted->step_count, sizeof(bool));
    trial->runs++;
    trial->timed_out += run->timed_out;
    const struct snarl_report_finding *hang = hang_of(run);
    trial->hung_elsewhere += hang != NULL;
    if (hang != NULL)
        trial->elsewhere = snarl_report_string(report, "%s", hang->message);

    /* Names are the run's, the sentences this report's. */
    struct snarl_report names = *run;
    names.memory = report->memory;
    const struct snarl_advice of = {.report = &names};
    bool met = false;
    for (size_t i = 0; i < run->steered_count; i++) {
        const struct snarl_report_steered *event = &run->steered[i];
        met |= event->steered == SNARL_STEERED_MET;
        if (event->steered == SNARL_STEERED_REACHED && schedule == 0 &&
            event->step < predicted->step_count)
            trial->reached[event->step] = true;
        if (event->steered == SNARL_STEERED_YIELDED || event->steered == SNARL_STEERED_EXPIRED)
            explain(trial, &of, run, i);
    }
    trial->met += met;
}

/* "thread 3 "refunder" was never seen to want alice.lock in refund() (bank.c:34) while it held
 * bob.lock" */
static const char *missing(const struct snarl_advice *of, size_t step)
{
    const struct snarl_report_finding *finding = of->finding;
    const struct snarl_report_step *of_step = &finding->steps[step];
    size_t before = (step + finding->step_count - 1) % finding->step_count;
    const char *place = snarl_advice_place(of, &of_step->stack);
    return snarl_report_string(
        of->report, "No thread came to want %s in %s with %s held, as %s once did.",
        snarl_advice_lock(of, of_step->wants), place != NULL ? place : "code of no known name",
        snarl_advice_lock(of, finding->steps[before].wants),
        snarl_advice_thread(of, of_step->thread));
}

const char *snarl_trial_why(const struct snarl_trial *trial, struct snarl_report *report,
                            const struct snarl_report_finding *predicted)
{
    const struct snarl_advice of = {.report = report,
                                    .finding = (struct snarl_report_finding *)(uintptr_t)predicted};
    const char *text = trial->apart != NULL ? trial->apart : "";
    for (size_t i = 0; trial->reached != NULL && i < predicted->step_count; i++)
        if (!trial->reached[i]) {
            text = missing(&of, i);
            break;
        }
    if (*text == '\0' && trial->met > 0)
        text = "All threads came to their places, were let go together, and went on.";
    if (trial->hung_elsewhere > 0)
        text =
            snarl_report_string(report, "%s%sIn %u of the runs it hung on another cycle: %s.", text,
                                *text != '\0' ? " " : "", trial->hung_elsewhere, trial->elsewhere);
    if (trial->timed_out > 0)
        text = snarl_report_string(report, "%s%s%u of the runs took longer than --timeout allows.",
                                   text, *text != '\0' ? " " : "", trial->timed_out);
    return *text != '\0' ? text : "None of its threads came to where it would be held.";
}
