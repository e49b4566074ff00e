/* What a finding says in words: one line, why it is believed, and the shortest mend. */
#include <inttypes.h>
#include <string.h>

#include "analysis/advice.h"

const char *snarl_advice_lock(const struct snarl_advice *advice, unsigned id)
{
    const struct snarl_report_lock *lock = snarl_report_lock_by_id(advice->report, id);
    if (lock == NULL)
        return "a lock";
    return snarl_report_shares_name(advice->report, lock)
               ? snarl_report_string(advice->report, "%s (%u)", lock->name, id)
               : lock->name;
}

const char *snarl_advice_thread(const struct snarl_advice *advice, unsigned id)
{
    struct snarl_report *report = advice->report;
    const struct snarl_report_thread *thread = snarl_report_thread_by_id(report, id);
    if (thread == NULL)
        return "a thread";
    if (thread->declared)
        return "the declared order";
    const char *process = "";
    if (advice->several_processes && thread->process < report->process_count)
        process =
            snarl_report_string(report, " of pid %" PRIu64, report->processes[thread->process].pid);
    if (thread->name != NULL)
        return snarl_report_string(report, "thread %u \"%s\"%s", thread->number, thread->name,
                                   process);
    if (thread->start != NULL)
        return snarl_report_string(report, "thread %u (%s)%s", thread->number, thread->start,
                                   process);
    return snarl_report_string(report, "thread %u%s", thread->number, process);
}

static const char *function_at(const struct snarl_stack *stack)
{
    const struct snarl_frame *frame = snarl_stack_place(stack);
    return frame != NULL ? frame->function : NULL;
}

const char *snarl_advice_place(const struct snarl_advice *advice, const struct snarl_stack *stack)
{
    const struct snarl_frame *frame = snarl_stack_place(stack);
    if (frame == NULL)
        return NULL;
    const char *file = frame->file != NULL ? strrchr(frame->file, '/') : NULL;
    file = file != NULL ? file + 1 : frame->file;
    if (frame->function != NULL && file != NULL)
        return snarl_report_string(advice->report, "%s (%s:%u)",
                                   snarl_builder_call(advice->report, frame->function), file,
                                   frame->line);
    if (frame->function != NULL)
        return snarl_builder_call(advice->report, frame->function);
    if (file != NULL)
        return snarl_report_string(advice->report, "%s:%u", file, frame->line);
    return snarl_report_string(advice->report, "%s+0x%llx",
                               frame->module != NULL ? frame->module : "?",
                               (unsigned long long)frame->offset);
}

const struct snarl_report_hold *snarl_advice_hold(const struct snarl_report_step *step,
                                                  unsigned lock)
{
    for (size_t i = 0; i < step->hold_count; i++)
        if (step->holds[i].lock == lock)
            return &step->holds[i];
    return NULL;
}

/* What `step` holds that the one before it wants. */
static unsigned held_in_ring(const struct snarl_report_finding *finding, size_t step)
{
    return finding->steps[(step + finding->step_count - 1) % finding->step_count].wants;
}

/* The step to change: the one that goes against the order of addresses, which most steps of a ring
 * keep; else the last. */
static size_t step_to_mend(const struct snarl_advice *advice)
{
    const struct snarl_report_finding *finding = advice->finding;
    size_t against = 0, found = finding->step_count - 1;
    for (size_t i = 0; i < finding->step_count; i++) {
        const struct snarl_report_lock *held =
            snarl_report_lock_by_id(advice->report, held_in_ring(finding, i));
        const struct snarl_report_lock *wanted =
            snarl_report_lock_by_id(advice->report, finding->steps[i].wants);
        if (held != NULL && wanted != NULL && held->address > wanted->address) {
            against++;
            found = i;
        }
    }
    return against == 1 ? found : finding->step_count - 1;
}

/* The one lock that a step holds besides what makes the cycle, for itself; 0 where there is none,
 * or more than one. */
static unsigned lone_extra(const struct snarl_report_finding *finding, size_t step)
{
    unsigned extra = 0, count = 0;
    for (size_t i = 0; i < finding->steps[step].hold_count; i++) {
        const struct snarl_report_hold *hold = &finding->steps[step].holds[i];
        if (hold->lock != held_in_ring(finding, step) && !hold->shared) {
            extra = hold->lock;
            count++;
        }
    }
    return count == 1 ? extra : 0;
}

/* Of two sides one holds a lock around its part that would keep them apart if the other did, too.
 */
static const char *missing_gate(const struct snarl_advice *advice)
{
    const struct snarl_report_finding *finding = advice->finding;
    if (finding->step_count != 2)
        return "";
    unsigned first = lone_extra(finding, 0), second = lone_extra(finding, 1);
    size_t without = first != 0 ? 1 : 0, with = 1 - without;
    if ((first == 0) == (second == 0) || finding->steps[without].hold_count != 1)
        return "";
    const char *place = snarl_advice_place(advice, &finding->steps[without].holds[0].stack);
    return place == NULL
               ? ""
               : snarl_report_string(advice->report, "; or take %s first in %s, too, as %s does",
                                     snarl_advice_lock(advice, first != 0 ? first : second), place,
                                     snarl_advice_thread(advice, finding->steps[with].thread));
}

const char *snarl_advice_order(const struct snarl_advice *advice)
{
    const struct snarl_report_finding *finding = advice->finding;
    size_t mended = step_to_mend(advice);
    const struct snarl_report_step *step = &finding->steps[mended];
    const struct snarl_report_step *model = &finding->steps[(mended + 1) % finding->step_count];
    unsigned held = held_in_ring(finding, mended);
    const struct snarl_report_hold *hold = snarl_advice_hold(step, held);
    const struct snarl_stack *taken = hold != NULL ? &hold->stack : &step->stack;
    const char *place = snarl_advice_place(advice, taken);
    if (place == NULL)
        place = "the code that takes them";
    const char *here = function_at(taken), *there = function_at(&model->stack);
    if (here != NULL && there != NULL && strcmp(here, there) == 0)
        return snarl_report_string(
            advice->report,
            "in %s, take the locks in one order whichever way it is called: number them, for "
            "instance, and take the one with the lower number first.",
            place);
    const char *example = "";
    if (finding->step_count == 2 && there != NULL)
        example = snarl_report_string(advice->report, ", as %s does",
                                      snarl_builder_call(advice->report, there));
    return snarl_report_string(advice->report, "in %s, take %s before %s%s%s.", place,
                               snarl_advice_lock(advice, step->wants),
                               snarl_advice_lock(advice, held), example, missing_gate(advice));
}

/* The one that the first step holds is wanted last. */
const char *snarl_advice_locks(const struct snarl_advice *advice)
{
    const struct snarl_report_finding *finding = advice->finding;
    const char *list = "";
    for (size_t i = 0; i < finding->lock_count && i < 4; i++) {
        bool last = i + 1 == finding->lock_count;
        list = snarl_report_string(
            advice->report, "%s%s%s", list, i == 0 ? "" : (last ? " and " : ", "),
            snarl_advice_lock(advice,
                              finding->locks[(i + finding->lock_count - 1) % finding->lock_count]));
    }
    return finding->lock_count > 4 ? snarl_report_string(advice->report, "%s and others", list)
                                   : list;
}

static bool holds_for_itself(const struct snarl_report_step *step, unsigned lock)
{
    const struct snarl_report_hold *hold = snarl_advice_hold(step, lock);
    return hold != NULL && !hold->shared;
}

/* A lock that two steps hold, one of them for itself; 0 where another thread holds it for one. */
static unsigned common_gate(const struct snarl_report_finding *finding)
{
    for (size_t i = 0; i < finding->step_count; i++)
        for (size_t j = 0; j < finding->step_count; j++)
            for (size_t hold = 0; j != i && hold < finding->steps[i].hold_count; hold++) {
                unsigned lock = finding->steps[i].holds[hold].lock;
                if (holds_for_itself(&finding->steps[i], lock) &&
                    snarl_advice_hold(&finding->steps[j], lock) != NULL)
                    return lock;
            }
    return 0;
}

static const char *gate_why(const struct snarl_advice *advice)
{
    unsigned gate = common_gate(advice->finding);
    if (gate == 0)
        return "It cannot happen: the gate lock that one side holds is held for the other side, "
               "too, "
               "by who makes that thread and waits for its end.";
    return snarl_report_string(advice->report,
                               "It cannot happen: %s is a gate lock, held around two of the sides, "
                               "and lets only one of these threads in at a time.",
                               snarl_advice_lock(advice, gate));
}

static const char *infeasible_why(const struct snarl_advice *advice)
{
    switch (advice->finding->reason) {
    case SNARL_REASON_SINGLE_THREAD:
        return "It cannot happen: one thread would have to be in two places at once.";
    case SNARL_REASON_GATE_LOCK:
        return gate_why(advice);
    case SNARL_REASON_ORDERED:
        return "It cannot happen: in every run one of these threads has done its part before the "
               "other comes to its own, by who makes and joins whom, by a barrier, or by what is "
               "initialised once.";
    case SNARL_REASON_SHARED_MODE:
        return "It cannot happen: the lock is held by readers, and readers do not keep each other "
               "out.";
    case SNARL_REASON_NONE:
        break;
    }
    return NULL;
}

/* A step that wants to read what the next one reads: only a writer in between keeps them apart. */
static bool waits_behind_writer(const struct snarl_report_finding *finding, size_t step)
{
    const struct snarl_report_step *next = &finding->steps[(step + 1) % finding->step_count];
    const struct snarl_report_hold *hold = snarl_advice_hold(next, finding->steps[step].wants);
    return finding->steps[step].shared && hold != NULL && hold->shared;
}

/* Why a cycle is a warning only; "" for what is not known. */
static const char *doubts(const struct snarl_advice *advice)
{
    const struct snarl_report_finding *finding = advice->finding;
    const char *timed = "", *behind = "", *polled = "";
    for (size_t i = 0; i < finding->step_count; i++) {
        const struct snarl_report_step *step = &finding->steps[i];
        const struct snarl_report_lock *lock = snarl_report_lock_by_id(advice->report, step->wants);
        if (step->timed)
            timed = " One of them would give up after a while, as its wait is timed.";
        if (waits_behind_writer(finding, i))
            behind = snarl_report_string(
                advice->report,
                " It takes one more thread that waits to write %s at that moment: readers keep "
                "each other out only behind a waiting writer.",
                snarl_advice_lock(advice, step->wants));
        if (lock != NULL && lock->polled)
            polled = snarl_report_string(
                advice->report,
                " %s is a semaphore that is also polled: some thread has tried it and gone on "
                "without it, so it may not wait here either.",
                lock->name);
    }
    return snarl_report_string(advice->report, "%s%s%s", timed, behind, polled);
}

static const char *ordered_in_this_run(const struct snarl_advice *advice)
{
    unsigned object = advice->finding->ordered_by;
    const struct snarl_report_lock *lock = snarl_report_lock_by_id(advice->report, object);
    if (lock == NULL)
        return "";
    const char *kind = strncmp(lock->name, lock->kind, strlen(lock->kind)) == 0 ? "" : lock->kind;
    return snarl_report_string(
        advice->report,
        " In this run they were ordered by %s%s%s; another run need not pass by it in the same "
        "way.",
        kind, *kind != '\0' ? " " : "", lock->name);
}

/* Of a variable, which is the same lock in every run, the name is in one word. */
static bool are_variables(const struct snarl_advice *advice)
{
    for (size_t i = 0; i < advice->finding->lock_count; i++)
        if (strchr(snarl_advice_lock(advice, advice->finding->locks[i]), ' ') != NULL)
            return false;
    return true;
}

static const char *runs_words(const struct snarl_advice *advice)
{
    const struct snarl_report_finding *finding = advice->finding;
    if (finding->runs == 0)
        return "";
    const char *doubt = finding->by_class || are_variables(advice)
                            ? ""
                            : " Locks that are no variables were matched by where they were "
                              "made, and in which order.";
    return snarl_report_string(advice->report,
                               " It rests on %u runs: no single run has shown all sides.%s",
                               finding->runs, doubt);
}

static void advise_cycle(const struct snarl_advice *advice)
{
    struct snarl_report *report = advice->report;
    struct snarl_report_finding *finding = advice->finding;
    if (snarl_advise_declared(advice))
        return;
    finding->message =
        finding->step_count == 2
            ? snarl_report_string(report, "%s and %s take %s in opposite order",
                                  snarl_advice_thread(advice, finding->steps[0].thread),
                                  snarl_advice_thread(advice, finding->steps[1].thread),
                                  snarl_advice_locks(advice))
            : snarl_report_string(report, "%zu threads take %s in a ring", finding->step_count,
                                  snarl_advice_locks(advice));
    if (finding->status == SNARL_INFEASIBLE) {
        finding->why = infeasible_why(advice);
        return;
    }
    if (finding->by_class) {
        finding->why = snarl_report_string(
            report,
            "By class: each side was seen, but with other locks of those made at the same place; "
            "nothing keeps two threads from doing both with the same ones.%s%s",
            runs_words(advice), doubts(advice));
        finding->fix = snarl_advice_order(advice);
        return;
    }
    const char *doubt = finding->severity == SNARL_WARNING ? doubts(advice) : "";
    finding->why =
        finding->runs > 0
            ? snarl_report_string(report,
                                  "No common lock keeps them apart, nor any order of threads that "
                                  "a run has shown.%s%s",
                                  runs_words(advice), doubt)
            : snarl_report_string(
                  report,
                  "Nothing keeps them apart: no common lock, %s threads alive together.%s%s",
                  finding->step_count == 2 ? "both" : "all", ordered_in_this_run(advice), doubt);
    finding->fix = snarl_advice_order(advice);
}

static bool spans_processes(const struct snarl_report *report,
                            const struct snarl_report_finding *finding)
{
    const struct snarl_report_thread *first = NULL;
    for (size_t i = 0; i < finding->step_count; i++) {
        const struct snarl_report_thread *thread =
            snarl_report_thread_by_id(report, finding->steps[i].thread);
        if (thread == NULL)
            continue;
        if (first != NULL && thread->process != first->process)
            return true;
        first = thread;
    }
    return false;
}

void snarl_builder_advise(struct snarl_builder *builder, struct snarl_report_finding *finding)
{
    snarl_advise(builder->report, finding);
}

void snarl_advise(struct snarl_report *report, struct snarl_report_finding *finding)
{
    if (finding->message != NULL)
        return;
    const struct snarl_advice advice = {
        .report = report,
        .finding = finding,
        .several_processes = spans_processes(report, finding),
    };
    switch (finding->kind) {
    case SNARL_FINDING_LOCK_ORDER_CYCLE:
        advise_cycle(&advice);
        break;
    case SNARL_FINDING_SELF_DEADLOCK:
        snarl_advise_self_deadlock(&advice);
        break;
    case SNARL_FINDING_DEADLOCK:
        snarl_advise_deadlock(&advice);
        break;
    case SNARL_FINDING_ALL_THREADS_BLOCKED:
        snarl_advise_blocked(&advice);
        break;
    default:
        finding->message = snarl_finding_headline(finding->kind);
        break;
    }
}
