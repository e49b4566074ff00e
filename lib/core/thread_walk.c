/* Walks backwards from what a thread does in a segment to all that comes before it. */
#include "base/hash.h"
#include "core/thread_order_private.h"

struct walk {
    struct snarl_thread_order *order;
    struct snarl_ordered_thread *queue, *end;
    uint64_t since; /* what was joined before that fact leads nowhere */
    bool seen;      /* by hand-offs too, that only this run has seen */
};

/* All that the thread did up to `segment` comes before where the walk began. */
static void reach(struct walk *walk, struct snarl_ordered_thread *thread, uint32_t segment,
                  uint32_t by)
{
    if (thread == NULL)
        return;
    if (thread->walked != walk->order->walks) {
        thread->walked = walk->order->walks;
        thread->reached = thread->looked = thread->by = 0;
        thread->queued = false;
    }
    if (segment <= thread->reached)
        return;
    thread->reached = segment;
    thread->by = by;
    if (thread->queued)
        return;
    thread->queued = true;
    thread->queue_next = NULL;
    if (walk->queue == NULL)
        walk->queue = thread;
    else
        walk->end->queue_next = thread;
    walk->end = thread;
}

/* The barrier has let the thread go on after `visit`: what those did who came to it for the same
 * round is over. If others may come too it is chance who shares a round; that is what was seen. */
static void reach_across(struct walk *walk, const struct snarl_visit *visit, uint32_t by)
{
    const struct snarl_meeting *barrier = visit->meeting;
    bool always = barrier->users == barrier->parties;
    if (!always && !walk->seen)
        return;
    const struct snarl_visit *other = barrier->visits;
    for (; other != NULL; other = other->next_here)
        if (always ? other->round == visit->round : other->group == visit->group)
            reach(walk, other->thread, other->segment, always ? by : barrier->object);
}

static void reach_givers(struct walk *walk, const struct snarl_visit *taken)
{
    const struct snarl_visit *given = taken->meeting->visits;
    for (; given != NULL; given = given->next_here)
        if (given->what == SNARL_VISIT_GAVE && given->told < taken->told)
            reach(walk, given->thread, given->segment, taken->meeting->object);
}

static void reach_visited(struct walk *walk, const struct snarl_ordered_thread *thread)
{
    const struct snarl_visit *visit = thread->visits;
    for (; visit != NULL; visit = visit->next_of_thread)
        if (visit->what == SNARL_VISIT_ARRIVED && visit->segment < thread->reached &&
            visit->segment >= thread->looked)
            reach_across(walk, visit, thread->by);
        else if (visit->what == SNARL_VISIT_TOOK && walk->seen &&
                 visit->segment <= thread->reached && visit->segment > thread->looked)
            reach_givers(walk, visit);
}

/* The next thread that was reached, after all that comes before it is reached too; NULL at the end.
 */
static struct snarl_ordered_thread *step(struct walk *walk)
{
    struct snarl_ordered_thread *thread = walk->queue;
    if (thread == NULL)
        return NULL;
    walk->queue = thread->queue_next;
    thread->queued = false;
    if (thread->looked == 0)
        reach(walk, thread->parent, thread->parent_segment, thread->by);
    const struct snarl_joining *joining = thread->joins;
    for (; joining != NULL && joining->told > walk->since; joining = joining->next)
        if (joining->segment <= thread->reached && joining->segment > thread->looked)
            reach(walk, joining->joined, SNARL_SEGMENT_LAST, thread->by);
    if (thread->visits != NULL)
        reach_visited(walk, thread);
    thread->looked = thread->reached;
    return thread;
}

static struct walk begin(struct snarl_thread_order *order, struct snarl_ordered_thread *from,
                         uint32_t segment)
{
    struct walk walk = {.order = order};
    order->walks++;
    reach(&walk, from, segment, 0);
    return walk;
}

static bool has_reached(const struct walk *walk, const struct snarl_ordered_thread *thread,
                        uint32_t segment)
{
    return thread->walked == walk->order->walks && thread->reached >= segment;
}

/* Whether the one before was joined by who made the other, or by the maker of its maker: that is
 * most of all orders, and the walk would come by all else that was joined. */
static bool is_plainly_before(const struct snarl_ordered_thread *first, uint32_t first_segment,
                              const struct snarl_ordered_thread *second, uint32_t second_segment)
{
    for (; second != NULL; second_segment = second->parent_segment, second = second->parent) {
        if (first == second)
            return first_segment <= second_segment;
        if (first->joiner == second && first->joined_in <= second_segment)
            return true;
    }
    return false;
}

static bool find_before(struct snarl_thread_order *order, uint32_t first, uint32_t first_segment,
                        uint32_t second, uint32_t second_segment)
{
    struct snarl_ordered_thread *target = snarl_ordered_thread(order, first);
    struct snarl_ordered_thread *from = snarl_ordered_thread(order, second);
    if (target == NULL || from == NULL)
        return false;
    if (is_plainly_before(target, first_segment, from, second_segment))
        return true;
    if (is_plainly_before(from, second_segment, target, first_segment))
        return false;
    struct walk walk = begin(order, from, second_segment);
    walk.since = target->told;
    while (!has_reached(&walk, target, first_segment))
        if (step(&walk) == NULL)
            return false;
    return true;
}

static struct snarl_known_order *known_at(struct snarl_thread_order *order,
                                          const struct snarl_known_order *question)
{
    if (order->known == NULL)
        order->known = snarl_arena_allocate(order->arena, SNARL_KNOWN_ORDERS * sizeof *question);
    uint64_t hash =
        snarl_hash_mix((uint64_t)question->first << 32 | question->second,
                       (uint64_t)question->first_segment << 32 | question->second_segment);
    return order->known != NULL ? &order->known[hash % SNARL_KNOWN_ORDERS] : NULL;
}

bool snarl_thread_order_before(struct snarl_thread_order *order, uint32_t first,
                               uint32_t first_segment, uint32_t second, uint32_t second_segment)
{
    if (first == second)
        return first_segment < second_segment;
    struct snarl_known_order question = {.first = first,
                                         .first_segment = first_segment,
                                         .second = second,
                                         .second_segment = second_segment,
                                         .told = order->told};
    struct snarl_known_order *known = known_at(order, &question);
    if (known != NULL && known->first == first && known->second == second &&
        known->first_segment == first_segment && known->second_segment == second_segment &&
        known->told == order->told)
        return known->before;
    question.before = find_before(order, first, first_segment, second, second_segment);
    if (known != NULL)
        *known = question;
    return question.before;
}

bool snarl_thread_order_once_before(struct snarl_thread_order *order, uint32_t once,
                                    uint32_t thread, uint32_t segment)
{
    const struct snarl_meeting *meeting = snarl_meeting_at(order, once);
    struct snarl_ordered_thread *from = snarl_ordered_thread(order, thread);
    if (meeting == NULL || from == NULL)
        return false;
    struct walk walk = begin(order, from, segment);
    while (step(&walk) != NULL)
        continue;
    const struct snarl_visit *visit = meeting->visits;
    for (; visit != NULL; visit = visit->next_here)
        if (visit->what == SNARL_VISIT_FOUND_DONE &&
            has_reached(&walk, visit->thread, visit->segment))
            return true;
    return false;
}

uint32_t snarl_thread_order_seen_before(struct snarl_thread_order *order, uint32_t first,
                                        uint32_t first_segment, uint32_t second,
                                        uint32_t second_segment)
{
    struct snarl_ordered_thread *target = snarl_ordered_thread(order, first);
    struct snarl_ordered_thread *from = snarl_ordered_thread(order, second);
    if (target == NULL || from == NULL || target == from)
        return 0;
    struct walk walk = begin(order, from, second_segment);
    walk.seen = true;
    while (!has_reached(&walk, target, first_segment))
        if (step(&walk) == NULL)
            return 0;
    return target->by;
}

/* The first join by the maker of `child` with whose end `segment` of `thread` was over; or NULL.
 * What the maker still holds after a later one it holds after this one too. */
static const struct snarl_joining *over_with(struct snarl_thread_order *order,
                                             const struct snarl_ordered_thread *child,
                                             uint32_t thread, uint32_t segment)
{
    const struct snarl_joining *first = NULL, *joining = child->parent->joins;
    for (; joining != NULL && joining->segment > child->parent_segment; joining = joining->next) {
        if (!snarl_thread_order_before(order, thread, segment, child->parent->id, joining->segment))
            break;
        first = joining;
    }
    return first;
}

bool snarl_thread_order_gates(struct snarl_thread_order *order, uint32_t id, uint32_t segment,
                              bool (*visit)(void *context, uint32_t owner, uint32_t lock,
                                            bool shared),
                              void *context)
{
    const struct snarl_ordered_thread *child = snarl_ordered_thread(order, id);
    for (; child != NULL && child->parent != NULL; child = child->parent) {
        const struct snarl_joining *joining = over_with(order, child, id, segment);
        for (uint32_t i = 0; joining != NULL && i < joining->held_count; i++)
            if (joining->held[i].since <= child->parent_segment &&
                visit(context, child->parent->id, joining->held[i].lock, joining->held[i].shared))
                return true;
    }
    return false;
}
