#include "preload/orders.h"

#include "preload/session.h"

static void write_fact(void *fact, size_t size)
{
    struct iovec part = {fact, size};
    snarl_session_write(&part, 1);
}

static void check(bool told)
{
    if (!told)
        snarl_session_lose(SNARL_LOSS_MEMORY);
}

static struct snarl_thread_order *orders(void)
{
    return snarl_lock_order_threads(snarl_session.order);
}

/* A mark that no hold of the thread bears; 0 if there is none. */
static uint8_t free_mark(const struct snarl_thread *self)
{
    uint32_t used = 0;
    for (uint32_t i = 0; i < self->depth; i++)
        used |= 1u << self->holdings[i].mark;
    uint8_t mark = 1;
    while (mark < SNARL_MARKS && used & 1u << mark)
        mark++;
    return mark < SNARL_MARKS ? mark : 0;
}

void snarl_orders_tell(struct snarl_thread *thread)
{
    if (thread->orders.is_told)
        return;
    thread->orders.is_told = true;
    check(snarl_thread_order_made(orders(), thread->id, thread->parent, thread->parent_segment));
}

void snarl_orders_mark(struct snarl_thread *self)
{
    snarl_orders_tell(self);
    uint8_t mark = free_mark(self);
    self->orders.marks[mark] = self->segment;
    for (uint32_t i = 0; i < self->depth; i++)
        if (self->holdings[i].mark == 0)
            self->holdings[i].mark = mark;
}

/* What the thread has held since it made threads, in memory that the caller gives back: room for
 * all that it holds. */
static uint32_t held_since(struct snarl_thread *self, struct snarl_held_since *held)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < self->depth; i++) {
        const struct snarl_holding *holding = &self->holdings[i];
        if (holding->mark == 0 || holding->address == 0)
            continue;
        held[count++] = (struct snarl_held_since){
            .lock = holding->lock,
            .since = self->orders.marks[holding->mark],
            .shared = holding->shared,
        };
        snarl_object_id(self, (struct snarl_thing){holding->address, holding->kind}, true);
    }
    return count;
}

/* Nothing is learnt from the join of a thread that did nothing, by the one that made it. */
static void tell_joined(struct snarl_thread *self, uint32_t joined,
                        const struct snarl_thread *thread, const struct snarl_held_since *held,
                        uint32_t count)
{
    if (thread == NULL || (!thread->orders.is_told && thread->parent == self->id))
        return;
    snarl_orders_tell(self);
    check(snarl_thread_order_joined(orders(), self->id, self->segment, joined, held, count));
}

void snarl_orders_joined(struct snarl_thread *self, uint32_t joined,
                         const struct snarl_thread *thread)
{
    size_t size = self->depth * sizeof(struct snarl_held_since);
    struct snarl_held_since *held = size > 0 ? snarl_session_allocate(size) : NULL;
    uint32_t count = held != NULL ? held_since(self, held) : 0;
    snarl_thread_new_segment(self);
    struct snarl_fact_join join = {.header.kind = SNARL_FACT_JOIN,
                                   .thread = self->id,
                                   .segment = self->segment,
                                   .joined = joined};
    write_fact(&join, sizeof join);
    if (count > 0) {
        struct snarl_fact_join_held fact = {.header.kind = SNARL_FACT_JOIN_HELD, .count = count};
        struct iovec parts[] = {{&fact, sizeof fact}, {held, count * sizeof held[0]}};
        snarl_session_write(parts, 2);
    }
    tell_joined(self, joined, thread, held, count);
    snarl_arena_free(&snarl_session.arena, held, size);
}

static bool is_over(const struct snarl_thread *self, struct snarl_thing barrier)
{
    return self->orders.barrier_over == barrier.address &&
           self->orders.barrier_generation ==
               __atomic_load_n(snarl_generation_of(barrier.address), __ATOMIC_RELAXED);
}

static void write_arrival(struct snarl_thread *self, const struct snarl_object *object,
                          uint32_t round)
{
    struct snarl_fact_arrival fact = {.header.kind = SNARL_FACT_ARRIVAL,
                                      .thread = self->id,
                                      .segment = self->segment,
                                      .barrier = object->lock,
                                      .parties = object->value,
                                      .round = round};
    write_fact(&fact, sizeof fact);
    snarl_orders_tell(self);
    check(snarl_thread_order_arrived(orders(), object->lock, object->value, round, self->id,
                                     self->segment));
}

/* So many have come to it that who comes now is not noted, unless it is one whose dependencies are
 * kept where like threads are passed over. A barrier that more threads use than it waits for orders
 * nothing for good, whoever comes. */
static bool is_crowded(const struct snarl_object *object, const struct snarl_thread *self)
{
    return self->id % SNARL_LIKE_KEPT != 0 && object->visitor_count >= SNARL_VISITORS_NOTED &&
           object->visitor_count > object->value;
}

/* A round that is not noted, and that the segment goes on after. What the thread does before it and
 * after it would seem to be done at once: from here on only what it never did before is told. */
static void pass_unnoted(struct snarl_thread *self)
{
    if (self->orders.barrier_orders)
        self->orders.unsure_segment = self->segment;
}

/* One whose count is not known, or that is another process's too, orders nothing for sure. */
bool snarl_orders_arrive(struct snarl_thread *self, struct snarl_thing barrier)
{
    if (is_over(self, barrier)) {
        pass_unnoted(self);
        return false;
    }
    struct snarl_entry entry = snarl_enter(self);
    snarl_session_lock();
    struct snarl_object *object = snarl_object_at(self, barrier, false);
    bool counts = object != NULL && object->value > 1 && !(object->flags & SNARL_LOCK_SHARED) &&
                  !is_crowded(object, self);
    uint32_t round = counts ? snarl_objects_visit(&snarl_session.objects, object, self->id) : 0;
    bool noted = round > 0 && round <= SNARL_ROUNDS_NOTED;
    if (noted) {
        snarl_object_write(object);
        write_arrival(self, object, round);
    } else {
        self->orders.barrier_over = barrier.address;
        self->orders.barrier_generation =
            __atomic_load_n(snarl_generation_of(barrier.address), __ATOMIC_RELAXED);
        self->orders.barrier_orders = round > 0;
        pass_unnoted(self);
    }
    snarl_session_unlock();
    snarl_leave(self, entry);
    return noted;
}

void snarl_orders_go_on(struct snarl_thread *self)
{
    struct snarl_entry entry = snarl_enter(self);
    snarl_thread_new_segment(self);
    snarl_leave(self, entry);
}

/* Only one whose initialiser took locks is in the recording. */
void snarl_orders_found_done_slow(struct snarl_thread *self, struct snarl_thing once)
{
    struct snarl_entry entry = snarl_enter(self);
    snarl_session_lock();
    struct snarl_object *object = snarl_object_known(once.address);
    if (object != NULL && object->kind == once.kind && object->written &&
        !is_crowded(object, self) &&
        snarl_objects_visit(&snarl_session.objects, object, self->id) == 1) {
        snarl_thread_new_segment(self);
        struct snarl_fact_found_done fact = {.header.kind = SNARL_FACT_FOUND_DONE,
                                             .thread = self->id,
                                             .segment = self->segment,
                                             .once = object->lock};
        write_fact(&fact, sizeof fact);
        snarl_orders_tell(self);
        check(snarl_thread_order_found_done(orders(), object->lock, self->id, self->segment));
    }
    uint32_t place = (once.address >> 2) % SNARL_ONCES_DONE;
    self->orders.once_done[place] = once.address;
    self->orders.once_generation[place] =
        __atomic_load_n(snarl_generation_of(once.address), __ATOMIC_RELAXED);
    snarl_session_unlock();
    snarl_leave(self, entry);
}

/* The thread's own count of hand-offs through the object. */
static void keep_in_mind(struct snarl_thread *self, uint32_t object)
{
    uint32_t place = object % SNARL_HANDED;
    if (self->orders.handed[place].object == object)
        return;
    self->orders.handed[place].object = object;
    self->orders.handed[place].gave = self->orders.handed[place].took = 0;
}

static void write_hand_off(struct snarl_thread *self, struct snarl_object *object,
                           enum snarl_hand_off how)
{
    snarl_object_write(object);
    struct snarl_fact_hand_off fact = {.header.kind = SNARL_FACT_HAND_OFF,
                                       .thread = self->id,
                                       .segment = self->segment,
                                       .object = object->lock,
                                       .hand_off = how};
    write_fact(&fact, sizeof fact);
    self->orders.hand_offs++;
}

void snarl_orders_give(struct snarl_thread *self, struct snarl_thing thing)
{
    snarl_session_lock();
    struct snarl_object *object = snarl_object_at(self, thing, false);
    if (object != NULL && snarl_orders_gives(self, object->lock)) {
        keep_in_mind(self, object->lock);
        self->orders.handed[object->lock % SNARL_HANDED].gave++;
        write_hand_off(self, object, SNARL_HAND_OFF_GAVE);
        snarl_thread_new_segment(self);
    }
    snarl_session_unlock();
}

void snarl_orders_take(struct snarl_thread *self, struct snarl_thing thing)
{
    if (self->orders.hand_offs >= SNARL_HAND_OFFS_NOTED)
        return;
    uint32_t known = snarl_object_recall(self, thing) & SNARL_LOCK_ID;
    uint32_t place = known % SNARL_HANDED;
    if (known != 0 && self->orders.handed[place].object == known &&
        self->orders.handed[place].took >= SNARL_HANDED_NOTED)
        return;
    struct snarl_entry entry = snarl_enter(self);
    snarl_session_lock();
    /* It may be gone by now: who has woken us may have destroyed it, and given back its memory. */
    struct snarl_object *object = snarl_object_known(thing.address);
    if (object != NULL && object->kind == thing.kind) {
        keep_in_mind(self, object->lock);
        if (self->orders.handed[object->lock % SNARL_HANDED].took++ < SNARL_HANDED_NOTED) {
            snarl_thread_new_segment(self);
            write_hand_off(self, object, SNARL_HAND_OFF_TOOK);
        }
    }
    snarl_session_unlock();
    snarl_leave(self, entry);
}
