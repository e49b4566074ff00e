/* What it says in words when nothing can run any more: the root, which is the first step, told by a
 * row for each cause. */
#include <string.h>

#include "analysis/advice.h"

enum {
    MOST_NAMED = 3, /* threads in one sentence */
};

/*
 * In all of these, $T is the thread that waits, $A where as "(queue.c:40)" and $P as "take()
 * (queue.c:40)"; $O what it waits for; $M the mutex that it gave back; $W the threads that could
 * have woken it by `how`, $S where the first of them did its part; $L the lock that it keeps from
 * them; $N and $C how many the barrier is for and how many have come, $H who has not.
 */
struct row {
    enum snarl_waker how;
    const char *message, *why, *fix;
};

static const struct row rows[SNARL_CAUSE_KINDS] = {
    [SNARL_CAUSE_UNKNOWN] = {SNARL_WAKER_SIGNALLED, "$T waits$A for what no thread is left to give",
                             NULL, NULL},
    [SNARL_CAUSE_LOST_WAKEUP] =
        {SNARL_WAKER_SIGNALLED,
         "lost wakeup: $T waits for $O$A, which was signalled when nobody waited",
         "A signal wakes only who waits at that moment; it is not kept for who comes later.",
         "test what $O stands for in a while loop under $M before waiting in $P; set it under $M "
         "too, before $O is signalled in $S. Where all that is so, what it stands for was used up "
         "or "
         "taken back, and nobody is left to make it true again."},
    [SNARL_CAUSE_NEVER_SIGNALLED] =
        {SNARL_WAKER_SIGNALLED, "$T waits for $O$A, which nobody has signalled",
         "It was not signalled once, and no thread is left that could.",
         "signal $O wherever what $P waits for comes true, on errors and at the end of the work "
         "too."},
    [SNARL_CAUSE_WOKE_ANOTHER] =
        {SNARL_WAKER_SIGNALLED,
         "$T waits for $O$A, whose signals so far have all ended other waits",
         "Each signal has woken another thread, or this one from an earlier wait, and no thread is "
         "left that could send one more.",
         "signal $O in $S once for each wait that is to end, or broadcast; and signal once more at "
         "the end of the work."},
    [SNARL_CAUSE_BARRIER_SHORT] =
        {SNARL_WAKER_MISSING, "$O needs $N, $C come$H",
         "A barrier lets nobody pass before all have come.",
         "initialise $O for as many threads as come to it each time, and let those that give up "
         "early come too."},
    [SNARL_CAUSE_NEVER_POSTED] =
        {SNARL_WAKER_POSTED, "$T waits for $O$A, which nobody has posted",
         "It was not posted once, and no thread is left that could.",
         "post $O wherever what $P waits for comes true, on errors and at the end of the work "
         "too."},
    [SNARL_CAUSE_POSTED_TOO_FEW] =
        {SNARL_WAKER_POSTED, "$T waits for $O$A, which was posted too few times",
         "Every post of it was used up, and no thread is left that could add one.",
         "post $O once for each time that it is waited for, on errors and at the end of the work "
         "too."},
    [SNARL_CAUSE_NESTED_MONITOR] =
        {SNARL_WAKER_NEEDS_LOCK,
         "nested monitor: $T waits for $O$A while it holds $L, needed by $W",
         "The wait gives back $M alone: who needs $L cannot come to signal.",
         "release $L before waiting in $P; or let one mutex guard both."},
    [SNARL_CAUSE_JOIN_OF_WAITER] =
        {SNARL_WAKER_JOINED, "$T joins $W$A, which waits for it",
         "The thread that is joined cannot end before the one that joins it goes on.",
         "let $W go on before $P joins it."},
    [SNARL_CAUSE_JOIN_OF_BLOCKED] = {SNARL_WAKER_JOINED, "$T joins $W$A, which never ends",
                                     "A join ends only with the thread that is joined.",
                                     "tell $W to end before $P joins it."},
    [SNARL_CAUSE_HOLDER_BLOCKED] =
        {SNARL_WAKER_HOLDS, "$T waits for $O$A, held by $W", "Who holds it waits, too.",
         "release $O, which is taken in $S, before waiting for anything else."},
    [SNARL_CAUSE_HOLDER_GONE] =
        {SNARL_WAKER_HOLDS, "$T waits for $O$A, which no thread that is alive holds",
         "Whoever took it has ended without releasing it, or is not known.",
         "release $O on every path, and before the thread that took it ends."},
    [SNARL_CAUSE_STILL_IN_USE] =
        {SNARL_WAKER_WAITS_THERE, "$T destroys $O$A, still waited on by $W",
         "To destroy it takes until nobody uses it any more.",
         "wake those who wait for $O, and let them leave, before $P destroys it."},
};

/* Semaphores that serve as locks, and those whose poster is kept out by a lock. */
static const struct row taken = {
    SNARL_WAKER_HOLDS, "$T waits for $O$A, taken by $W and not posted since",
    "Who has taken it is blocked, too.",
    "post $O, which is taken in $S, before waiting for anything else; or take such semaphores in "
    "one order everywhere."};
static const struct row kept_out = {
    SNARL_WAKER_NEEDS_LOCK, "$T waits for $O$A while it holds $L, needed by $W",
    "No thread is left that could post it, unless one gets past $L.",
    "release $L before waiting in $P."};

static const struct snarl_report_step *root_of(const struct snarl_advice *advice)
{
    return &advice->finding->steps[0];
}

static const struct snarl_report_waker *first_waker(const struct snarl_report_step *step,
                                                    enum snarl_waker how)
{
    const struct snarl_report_waker *first = NULL;
    for (size_t i = 0; i < step->blocked->waker_count; i++) {
        const struct snarl_report_waker *waker = &step->blocked->wakers[i];
        if (waker->how == how && waker->thread != step->thread &&
            (first == NULL || (waker->lost && !first->lost)))
            first = waker;
    }
    return first;
}

static const struct row *row_for(const struct snarl_report_step *step)
{
    enum snarl_cause cause = step->blocked->cause;
    if (step->target != SNARL_TARGET_SEMAPHORE)
        return &rows[cause];
    if (first_waker(step, SNARL_WAKER_NEEDS_LOCK) != NULL)
        return &kept_out;
    return first_waker(step, SNARL_WAKER_HOLDS) != NULL ? &taken : &rows[cause];
}

/* " (queue.c:40)", or the function, or nothing */
static const char *at(const struct snarl_advice *advice, const struct snarl_stack *stack)
{
    const struct snarl_frame *frame = snarl_stack_place(stack);
    if (frame != NULL && frame->file != NULL) {
        const char *slash = strrchr(frame->file, '/');
        return snarl_report_string(advice->report, " (%s:%u)",
                                   slash != NULL ? slash + 1 : frame->file, frame->line);
    }
    if (frame != NULL && frame->function != NULL)
        return snarl_report_string(advice->report, " (%s)", frame->function);
    return "";
}

static const char *place(const struct snarl_advice *advice, const struct snarl_stack *stack)
{
    const char *known = stack != NULL ? snarl_advice_place(advice, stack) : NULL;
    return known != NULL ? known : "the code that does so";
}

/* Of what is not a lock, the kind comes first: barrier gate; of a condition, the name says enough.
 */
static const char *object(const struct snarl_advice *advice, const struct snarl_report_step *step)
{
    const char *name = snarl_advice_lock(advice, step->wants);
    if (strchr(name, ' ') != NULL)
        return name;
    if (step->target == SNARL_TARGET_BARRIER)
        return snarl_report_string(advice->report, "barrier %s", name);
    if (step->target == SNARL_TARGET_SEMAPHORE)
        return snarl_report_string(advice->report, "semaphore %s", name);
    return name;
}

/* Which of its wakers' threads is told with this one, having come before it. */
static bool is_named(const struct snarl_report_blocked *blocked, size_t waker)
{
    for (size_t i = 0; i < waker; i++)
        if (blocked->wakers[i].how == blocked->wakers[waker].how &&
            blocked->wakers[i].thread == blocked->wakers[waker].thread)
            return true;
    return false;
}

/* thread 2 "a" and thread 3 "b"; those that have ended, or those that have not. */
static const char *threads(const struct snarl_advice *advice, enum snarl_waker how, int ended,
                           size_t *count)
{
    const struct snarl_report_blocked *blocked = root_of(advice)->blocked;
    const char *list = "", *last = NULL;
    *count = 0;
    for (size_t i = 0; i < blocked->waker_count; i++) {
        const struct snarl_report_waker *waker = &blocked->wakers[i];
        if (waker->how != how || (ended >= 0 && waker->ended != ended) || is_named(blocked, i))
            continue;
        if (last != NULL && *count <= MOST_NAMED)
            list = snarl_report_string(advice->report, "%s%s%s", list, *list != '\0' ? ", " : "",
                                       last);
        last = snarl_advice_thread(advice, waker->thread);
        ++*count;
    }
    if (*count <= 1)
        return last != NULL ? last : "another thread";
    return snarl_report_string(advice->report, "%s and %s", list,
                               *count > MOST_NAMED ? "others" : last);
}

/* "; thread 3 has not", "; thread 4 has ended", both, or nothing */
static const char *absentees(const struct snarl_advice *advice)
{
    size_t count;
    const char *alive = threads(advice, SNARL_WAKER_MISSING, false, &count);
    const char *text = count == 0 ? ""
                                  : snarl_report_string(advice->report, "; %s %s not", alive,
                                                        count == 1 ? "has" : "have");
    const char *gone = threads(advice, SNARL_WAKER_MISSING, true, &count);
    return count == 0 ? text
                      : snarl_report_string(advice->report, "%s; %s %s ended", text, gone,
                                            count == 1 ? "has" : "have");
}

/* What the waiter holds and the first of those who need it wants. */
static const char *kept_lock(const struct snarl_advice *advice)
{
    const struct snarl_report_step *root = root_of(advice);
    const struct snarl_report_waker *waker = first_waker(root, SNARL_WAKER_NEEDS_LOCK);
    for (size_t i = 0; waker != NULL && i < advice->finding->step_count; i++)
        if (advice->finding->steps[i].thread == waker->thread)
            return snarl_advice_lock(advice, advice->finding->steps[i].wants);
    return "a lock";
}

static const char *meaning(const struct snarl_advice *advice, const struct row *row, char letter)
{
    const struct snarl_report_step *root = root_of(advice);
    const struct snarl_report_blocked *blocked = root->blocked;
    const struct snarl_report_waker *waker = first_waker(root, row->how);
    size_t count;
    switch (letter) {
    case 'T':
        return snarl_advice_thread(advice, root->thread);
    case 'A':
        return at(advice, &root->stack);
    case 'P':
        return place(advice, &root->stack);
    case 'O':
        return object(advice, root);
    case 'M':
        return blocked->mutex != 0 ? snarl_advice_lock(advice, blocked->mutex) : "its mutex";
    case 'W':
        return threads(advice, row->how, -1, &count);
    case 'S':
        return place(advice, waker != NULL ? &waker->stack : NULL);
    case 'L':
        return kept_lock(advice);
    case 'N':
        return snarl_report_string(advice->report, "%u", blocked->parties);
    case 'C':
        return snarl_report_string(advice->report, "%u %s", blocked->arrived,
                                   blocked->arrived == 1 ? "has" : "have");
    default:
        return absentees(advice);
    }
}

/* The words with their letters filled in; NULL for none. */
static const char *told(const struct snarl_advice *advice, const struct row *row, const char *words)
{
    if (words == NULL)
        return NULL;
    const char *text = "";
    for (const char *next; (next = strchr(words, '$')) != NULL; words = next + 2)
        text = snarl_report_string(advice->report, "%s%.*s%s", text, (int)(next - words), words,
                                   meaning(advice, row, next[1]));
    return snarl_report_string(advice->report, "%s%s", text, words);
}

static bool same_frames(const struct snarl_stack *one, const struct snarl_stack *other)
{
    for (size_t i = 0; i < one->count; i++)
        if (i >= other->count || one->frames[i].offset != other->frames[i].offset)
            return false;
    return one->count == other->count && one->count > 0;
}

/* Threads that wait for a sign at one place are likely the workers of a pool. */
static bool looks_like_pool(const struct snarl_report_finding *finding)
{
    for (size_t i = 0; i < finding->step_count; i++) {
        const struct snarl_report_step *one = &finding->steps[i];
        if (one->target != SNARL_TARGET_CONDITION && one->target != SNARL_TARGET_SEMAPHORE)
            continue;
        for (size_t j = i + 1; j < finding->step_count; j++)
            if (finding->steps[j].target == one->target &&
                same_frames(&finding->steps[j].stack, &one->stack))
                return true;
    }
    return false;
}

void snarl_advise_blocked(const struct snarl_advice *advice)
{
    struct snarl_report *report = advice->report;
    struct snarl_report_finding *finding = advice->finding;
    const struct row *row = row_for(root_of(advice));
    const char *doubts = finding->why;
    const char *why = told(advice, row, row->why);
    finding->message = told(advice, row, row->message);
    if (finding->severity == SNARL_WARNING)
        finding->message =
            snarl_report_string(report, "%s, asleep unless woken from outside", finding->message);
    finding->why = why != NULL && doubts != NULL ? snarl_report_string(report, "%s %s", why, doubts)
                   : why != NULL                 ? why
                                                 : doubts;
    finding->fix = told(advice, row, row->fix);
    if (row->how != SNARL_WAKER_NEEDS_LOCK && row->how != SNARL_WAKER_HOLDS &&
        looks_like_pool(finding))
        finding->fix = snarl_report_string(
            report,
            "%s If these threads are a pool, and a task of it waits there for another task: that "
            "one needs a free thread, so let the first one return instead, or give it a pool of "
            "its own.",
            finding->fix);
}
