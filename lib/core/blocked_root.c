/* Which wait is the root of the others: Tarjan's strongly connected components over "waits for". */
#include "core/blocked.h"

/* How much a cause says of why nobody goes on: what is wrong by itself, then what may just be idle,
 * then what merely waits for another. (Who waits for a holder and is a root has it in a circle.) */
static unsigned rank_of(enum snarl_cause cause)
{
    static const unsigned ranks[SNARL_CAUSE_KINDS] = {
        [SNARL_CAUSE_NESTED_MONITOR] = 12, [SNARL_CAUSE_LOST_WAKEUP] = 11,
        [SNARL_CAUSE_BARRIER_SHORT] = 10,  [SNARL_CAUSE_HOLDER_GONE] = 9,
        [SNARL_CAUSE_NEVER_POSTED] = 8,    [SNARL_CAUSE_POSTED_TOO_FEW] = 7,
        [SNARL_CAUSE_HOLDER_BLOCKED] = 6,  [SNARL_CAUSE_NEVER_SIGNALLED] = 5,
        [SNARL_CAUSE_WOKE_ANOTHER] = 4,    [SNARL_CAUSE_STILL_IN_USE] = 3,
        [SNARL_CAUSE_JOIN_OF_WAITER] = 2,  [SNARL_CAUSE_JOIN_OF_BLOCKED] = 1,
    };
    return ranks[cause];
}

struct walk {
    const struct snarl_blocked_story *story;
    const struct snarl_blocked_why *whys;
    struct snarl_blocked_visit *visits;
    size_t last_number, last_component;
    size_t open; /* top of the stack of those without a component: index plus one */
};

/* The thread that a waker is, or NULL for one that says nothing of who waits for whom: it has
 * ended, is a guess, or has done its part, in vain. */
static const struct snarl_blocked_thread *edge_to(const struct walk *walk, size_t from, size_t edge)
{
    const struct snarl_blocked_waker *waker = &walk->whys[from].wakers[edge];
    const struct snarl_blocked_thread *to = snarl_blocked_find(walk->story, waker->thread);
    bool guess = waker->how == SNARL_WAKER_MISSING && waker->stack == 0;
    return waker->lost || guess ? NULL : to;
}

static void enter(struct walk *walk, size_t index, size_t parent)
{
    struct snarl_blocked_visit *visit = &walk->visits[index];
    visit->number = visit->low = ++walk->last_number;
    visit->parent = parent;
    visit->below = walk->open;
    walk->open = index + 1;
}

/* Those above it on the stack, and itself, are one component. */
static void close_component(struct walk *walk, size_t index)
{
    size_t component = ++walk->last_component;
    size_t top;
    do {
        top = walk->open - 1;
        walk->visits[top].component = component;
        walk->open = walk->visits[top].below;
    } while (top != index);
}

static void lower(struct snarl_blocked_visit *visit, size_t number)
{
    if (number < visit->low)
        visit->low = number;
}

/* Without recursion: a chain of threads may be long. */
static void walk_from(struct walk *walk, size_t start)
{
    size_t index = start;
    enter(walk, start, start);
    for (;;) {
        struct snarl_blocked_visit *visit = &walk->visits[index];
        if (visit->edge < walk->whys[index].waker_count) {
            const struct snarl_blocked_thread *to = edge_to(walk, index, visit->edge++);
            if (to == NULL)
                continue;
            size_t next = (size_t)(to - walk->story->threads);
            if (walk->visits[next].number == 0) {
                enter(walk, next, index);
                index = next;
            } else if (walk->visits[next].component == 0) {
                lower(visit, walk->visits[next].number);
            }
            continue;
        }
        if (visit->low == visit->number)
            close_component(walk, index);
        if (index == start)
            return;
        lower(&walk->visits[visit->parent], visit->low);
        index = visit->parent;
    }
}

/* Marks, at the index of its number less one, each component that waits for another. */
static void mark_those_that_wait(struct walk *walk)
{
    for (size_t i = 0; i < walk->story->thread_count; i++) {
        size_t component = walk->visits[i].component;
        for (size_t edge = 0; edge < walk->whys[i].waker_count; edge++) {
            const struct snarl_blocked_thread *to = edge_to(walk, i, edge);
            if (to != NULL && walk->visits[to - walk->story->threads].component != component)
                walk->visits[component - 1].leaves = true;
        }
    }
}

size_t snarl_blocked_root(const struct snarl_blocked_story *story,
                          const struct snarl_blocked_why *whys, struct snarl_blocked_visit *visits)
{
    struct walk walk = {.story = story, .whys = whys, .visits = visits};
    for (size_t i = 0; i < story->thread_count; i++)
        visits[i] = (struct snarl_blocked_visit){0};
    for (size_t i = 0; i < story->thread_count; i++)
        if (visits[i].number == 0)
            walk_from(&walk, i);
    mark_those_that_wait(&walk);

    size_t root = story->thread_count;
    for (size_t i = 0; i < story->thread_count; i++) {
        if (visits[visits[i].component - 1].leaves)
            continue;
        if (root == story->thread_count || rank_of(whys[i].cause) > rank_of(whys[root].cause))
            root = i;
    }
    return root;
}
