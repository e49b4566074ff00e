/* The facts of thread_order.h, as they are told. The walks over them are in thread_walk.c. */
#include <string.h>

#include "core/thread_order_private.h"

struct snarl_thread_order *snarl_thread_order_begin(struct snarl_arena *arena)
{
    struct snarl_thread_order *order = snarl_arena_allocate(arena, sizeof *order);
    if (order != NULL)
        order->arena = arena;
    return order;
}

struct snarl_ordered_thread *snarl_ordered_thread(const struct snarl_thread_order *order,
                                                  uint32_t id)
{
    struct snarl_ordered_thread *thread;
    HASH_FIND(by_id, order->threads, &id, sizeof id, thread);
    return thread;
}

/* The thread, made known if need be. */
static struct snarl_ordered_thread *thread_of(struct snarl_thread_order *order, uint32_t id)
{
    struct snarl_arena *arena = order->arena;
    struct snarl_ordered_thread *thread = snarl_ordered_thread(order, id);
    if (thread != NULL)
        return thread;
    thread = snarl_arena_allocate(arena, sizeof *thread);
    if (thread == NULL)
        return NULL;
    thread->id = id;
    HASH_ADD(by_id, order->threads, id, sizeof id, thread);
    if (SNARL_TABLE_HAS(thread, by_id))
        return thread;
    snarl_arena_free(arena, thread, sizeof *thread);
    return NULL;
}

struct snarl_meeting *snarl_meeting_at(const struct snarl_thread_order *order, uint32_t object)
{
    struct snarl_meeting *meeting;
    HASH_FIND(by_object, order->meetings, &object, sizeof object, meeting);
    return meeting;
}

static struct snarl_meeting *meeting_at(struct snarl_thread_order *order, uint32_t object)
{
    struct snarl_arena *arena = order->arena;
    struct snarl_meeting *meeting = snarl_meeting_at(order, object);
    if (meeting != NULL)
        return meeting;
    meeting = snarl_arena_allocate(arena, sizeof *meeting);
    if (meeting == NULL)
        return NULL;
    meeting->object = object;
    HASH_ADD(by_object, order->meetings, object, sizeof object, meeting);
    if (SNARL_TABLE_HAS(meeting, by_object))
        return meeting;
    snarl_arena_free(arena, meeting, sizeof *meeting);
    return NULL;
}

/* One more thing that a thread did at an object. */
static struct snarl_visit *add_visit(struct snarl_thread_order *order, uint32_t object,
                                     uint32_t thread, uint32_t segment)
{
    struct snarl_meeting *meeting = meeting_at(order, object);
    struct snarl_ordered_thread *visitor = thread_of(order, thread);
    struct snarl_visit *visit = snarl_arena_allocate(order->arena, sizeof *visit);
    if (meeting == NULL || visitor == NULL || visit == NULL)
        return NULL;
    *visit = (struct snarl_visit){
        .meeting = meeting,
        .thread = visitor,
        .segment = segment,
        .told = ++order->told,
        .next_here = meeting->visits,
        .next_of_thread = visitor->visits,
    };
    meeting->visits = visitor->visits = visit;
    return visit;
}

bool snarl_thread_order_made(struct snarl_thread_order *order, uint32_t id, uint32_t parent,
                             uint32_t segment)
{
    struct snarl_ordered_thread *thread = thread_of(order, id);
    if (thread == NULL)
        return false;
    /* Of a maker that was told before, and once only: then no thread comes before itself. */
    struct snarl_ordered_thread *maker = parent != 0 ? snarl_ordered_thread(order, parent) : NULL;
    if (thread->told == 0 && maker != NULL && maker->told != 0) {
        thread->parent = maker;
        thread->parent_segment = segment;
    }
    thread->told = ++order->told;
    return true;
}

bool snarl_thread_order_joined(struct snarl_thread_order *order, uint32_t joiner, uint32_t segment,
                               uint32_t joined, const struct snarl_held_since *held, size_t count)
{
    struct snarl_ordered_thread *thread = thread_of(order, joiner),
                                *other = thread_of(order, joined);
    struct snarl_joining *joining =
        snarl_arena_allocate(order->arena, sizeof *joining + count * sizeof held[0]);
    if (thread == NULL || other == NULL || joining == NULL)
        return false;
    joining->joined = other;
    joining->segment = segment;
    joining->told = ++order->told;
    joining->held_count = (uint32_t)count;
    if (count > 0)
        memcpy(joining->held, held, count * sizeof held[0]);
    joining->next = thread->joins;
    thread->joins = joining;
    other->joiner = thread;
    other->joined_in = segment;
    return true;
}

bool snarl_thread_order_arrived(struct snarl_thread_order *order, uint32_t barrier,
                                uint32_t parties, uint32_t round, uint32_t thread, uint32_t segment)
{
    struct snarl_visit *visit = add_visit(order, barrier, thread, segment);
    if (visit == NULL || round == 0 || parties == 0)
        return false;
    struct snarl_meeting *meeting = visit->meeting;
    meeting->parties = parties;
    meeting->users += round == 1;
    visit->what = SNARL_VISIT_ARRIVED;
    visit->round = round;
    visit->group = meeting->arrivals++ / parties;
    return true;
}

bool snarl_thread_order_found_done(struct snarl_thread_order *order, uint32_t once, uint32_t thread,
                                   uint32_t segment)
{
    struct snarl_visit *visit = add_visit(order, once, thread, segment);
    if (visit != NULL)
        visit->what = SNARL_VISIT_FOUND_DONE;
    return visit != NULL;
}

bool snarl_thread_order_gave(struct snarl_thread_order *order, uint32_t object, uint32_t thread,
                             uint32_t segment)
{
    struct snarl_visit *visit = add_visit(order, object, thread, segment);
    if (visit != NULL)
        visit->what = SNARL_VISIT_GAVE;
    return visit != NULL;
}

bool snarl_thread_order_took(struct snarl_thread_order *order, uint32_t object, uint32_t thread,
                             uint32_t segment)
{
    struct snarl_visit *visit = add_visit(order, object, thread, segment);
    if (visit != NULL)
        visit->what = SNARL_VISIT_TOOK;
    return visit != NULL;
}
