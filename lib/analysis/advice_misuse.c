/* What a misuse says in words: a row for each kind. */
#include <string.h>

#include "analysis/advice.h"
#include "report/pool.h"

/*
 * In all of these, $T is the thread that did it, $P where; $O the object, $K what it is; $Q the
 * other party, $R where that one did its part; $M the other object; $C what the call is for.
 */
struct row {
    const char *action;  /* of the first step */
    const char *other;   /* of the second, where there is one */
    const char *message; /* where the other party is not known */
    const char *both;    /* where it is; NULL for the same */
    const char *why;
    const char *fix;
};

static const struct row rows[] = {
    [SNARL_MISUSE_UNLOCK_NOT_LOCKED] =
        {"unlocks it", "took it last", "$T releases $O, which nobody holds", NULL,
         "What that does is undefined: the lock may let two threads in afterwards.",
         "release $O in $P only on the way out of where it was taken."},
    [SNARL_MISUSE_UNLOCK_NOT_OWNER] =
        {"unlocks it", "took it", "$T releases $O, which another thread holds",
         "$T releases $O, which $Q holds",
         "The one that holds it goes on as if it were alone, and the next one gets in beside it.",
         "let the thread that takes $O release it; to hand something over from one thread to "
         "another, use a semaphore or a condition variable."},
    [SNARL_MISUSE_DESTROY_LOCKED] =
        {"destroys it", "took it", "$T destroys $O, which is held",
         "$T destroys $O while $Q holds it",
         "Whoever holds it will release it, and by then it is no lock any more.",
         "release $O before $P destroys it, and join the threads that use it first."},
    [SNARL_MISUSE_DESTROY_WAITED_ON] =
        {"destroys it", "waits on it", "$T destroys $O while threads wait on it",
         "$T destroys $O while $Q waits on it",
         "Who waits on it may never wake, or wake in memory that serves another purpose.",
         "wake the threads that wait on $O, and join them, before $P destroys it."},
    [SNARL_MISUSE_FREE_LOCKED] =
        {"gives its memory back", "took it", "$T gives back the memory of $O, which is held",
         "$T gives back the memory of $O while $Q holds it",
         "A lock ends with its memory: its release will write into whatever lies there next.",
         "release $O, and destroy it, before $P gives its memory back."},
    [SNARL_MISUSE_WAIT_WITHOUT_LOCK] =
        {"waits on it", "took the mutex", "$T waits on $O without holding $M",
         "$T waits on $O without holding $M, which $Q holds",
         "A wait begins by giving the mutex back. Without it a signal passes unseen between the "
         "test of the condition and the wait.",
         "take $M before $P waits, and test the condition under it."},
    [SNARL_MISUSE_WAIT_WITH_TWO_LOCKS] =
        {"waits", "waits with another mutex",
         "$T waits on a condition with another mutex than others do: $O, not $M",
         "$T and $Q wait on one condition with different mutexes, $O and $M",
         "Two mutexes do not keep these threads apart while they test the condition.",
         "wait with the same mutex in $P and in $R."},
    [SNARL_MISUSE_EXIT_HOLDING_LOCK] =
        {"ends", "took it", "$T ends while it holds $O", NULL,
         "Nobody can release it any more: the next one that wants it waits for ever.",
         "release $O, which $R takes, before the thread ends."},
    [SNARL_MISUSE_USE_BEFORE_INIT] =
        {"uses it", "initialises it", "$T uses $O, which was never initialised",
         "$T uses $O before $Q initialises it",
         "What it does then depends on what its memory happens to hold.",
         "initialise $O before $P uses it."},
    [SNARL_MISUSE_USE_AFTER_DESTROY] =
        {"uses it", "destroyed it", "$T uses $O, which was destroyed",
         "$T uses $O, which $Q destroyed",
         "It is no $K any more: the call may hang, or let everyone in.",
         "destroy $O only when nobody can use it any more: join the threads that do first."},
    [SNARL_MISUSE_INIT_TWICE] =
        {"initialises it again", "initialised it first",
         "$T initialises $O, which is in use already",
         "$T initialises $O, which $Q has initialised already",
         "Who holds it, or waits on it, is forgotten.",
         "initialise $O once, before any thread can use it; or destroy it first."},
    [SNARL_MISUSE_WRONG_OBJECT] = {"uses it as a $C", "initialised it",
                                   "$T uses $O, which is a $K, as a $C", NULL,
                                   "The call reads and writes its memory as if a $C lay there.",
                                   "in $P, give the call a $C; or use the call that is for a $K."},
    [SNARL_MISUSE_EXCLUSIVE_RECURSION] =
        {"takes it again", "took it", "$T takes $O, which it holds already", NULL,
         "Nobody else can release it, so it can only fail, or wait for ever.",
         "release $O, which $R takes, before $P takes it."},
    [SNARL_MISUSE_JOIN_TWICE] =
        {"joins it", "joined it first", "$T joins $O, which was joined before",
         "$T joins $O, which $Q has joined before",
         "After the first join the same identifier may stand for another thread.",
         "join each thread once."},
    [SNARL_MISUSE_JOIN_DETACHED] =
        {"joins it", "detached it", "$T joins $O, which is detached",
         "$T joins $O, which $Q has detached",
         "A detached thread leaves nothing to wait for, and its identifier may stand for another "
         "one by then.",
         "either join the thread or detach it."},
    [SNARL_MISUSE_DETACH_TWICE] = {"detaches it", "detached or joined it first",
                                   "$T detaches $O, which was detached or joined before",
                                   "$T detaches $O, which $Q has detached or joined before",
                                   "After that the same identifier may stand for another thread.",
                                   "detach a thread once, and do not join it."},
    [SNARL_MISUSE_JOIN_SELF] = {"joins itself", "is joined", "$T joins itself", NULL,
                                "It would wait for its own end.",
                                "let another thread join it, or detach it."},
    [SNARL_MISUSE_SIGNAL_WITHOUT_LOCK] =
        {"signals it", "waits on it", "$T signals $O without holding its mutex", NULL,
         "That is allowed. But if what the condition tells of is changed without the mutex too, a "
         "thread that has just tested it, and does not wait yet, misses the signal.",
         "change what the condition tells of while holding the mutex."},
};

/* The same where the other party is not who made the object, but who has it, or waits on it. */
static const struct {
    uint32_t misuse;
    const char *other, *both;
} used[] = {
    {SNARL_MISUSE_INIT_TWICE, "uses it", "$T initialises $O, which $Q uses"},
    {SNARL_MISUSE_WRONG_OBJECT, "uses it", NULL},
};

/* The kinds that some locks refuse: then they are warnings, and nothing comes of them. */
static bool can_be_refused(uint32_t misuse)
{
    return misuse == SNARL_MISUSE_UNLOCK_NOT_LOCKED || misuse == SNARL_MISUSE_UNLOCK_NOT_OWNER ||
           misuse == SNARL_MISUSE_WAIT_WITHOUT_LOCK || misuse == SNARL_MISUSE_EXCLUSIVE_RECURSION;
}

bool snarl_advice_knows_misuse(uint32_t misuse)
{
    return misuse < sizeof rows / sizeof rows[0] && rows[misuse].action != NULL;
}

static const char *meaning(const struct snarl_misuse_story *story, char letter)
{
    switch (letter) {
    case 'T':
        return story->thread;
    case 'P':
        return story->place != NULL ? story->place : "the call";
    case 'O':
        return story->object;
    case 'K':
        return story->kind;
    case 'Q':
        return story->other_thread != NULL ? story->other_thread : "another thread";
    case 'R':
        return story->other_place != NULL ? story->other_place : "another call";
    case 'M':
        return story->other_object != NULL ? story->other_object : "its mutex";
    default:
        return story->call_kind;
    }
}

/* The words with their letters filled in. */
static const char *told(struct snarl_report *report, const char *words,
                        const struct snarl_misuse_story *story)
{
    const char *text = "";
    for (const char *next; (next = strchr(words, '$')) != NULL; words = next + 2)
        text = snarl_report_string(report, "%s%.*s%s", text, (int)(next - words), words,
                                   meaning(story, next[1]));
    return snarl_report_string(report, "%s%s", text, words);
}

void snarl_advise_misuse(const struct snarl_advice *advice, const struct snarl_misuse_story *story)
{
    struct snarl_report_finding *finding = advice->finding;
    struct row row = rows[story->misuse];
    for (size_t i = 0; i < sizeof used / sizeof used[0]; i++)
        if (used[i].misuse == story->misuse && !story->other_made_it) {
            row.other = used[i].other;
            row.both = used[i].both;
        }
    bool both = row.both != NULL && story->other_thread != NULL;
    finding->steps[0].action = told(advice->report, row.action, story);
    if (finding->step_count > 1)
        finding->steps[1].action = row.other;
    finding->message = told(advice->report, both ? row.both : row.message, story);
    if (finding->severity == SNARL_WARNING && can_be_refused(story->misuse))
        row.why = "This kind of lock refuses it: the call returns an error and changes nothing.";
    finding->why = told(advice->report, row.why, story);
    finding->fix = told(advice->report, row.fix, story);
}
