#include "preload/acquire.h"

#include <string.h>

#include "preload/options.h"
#include "preload/session.h"

static uint32_t flags_of(const pthread_mutex_t *mutex)
{
    /* Bits of __kind, see glibc's nptl/pthreadP.h: 0-1 the type, 16 robust, 128 process-shared. */
    int kind = mutex->__data.__kind;
    return (snarl_mutex_is_recursive(mutex) ? SNARL_LOCK_RECURSIVE : 0u) |
           ((kind & 3) == PTHREAD_MUTEX_ERRORCHECK_NP ? SNARL_LOCK_ERROR_CHECKING : 0u) |
           (snarl_mutex_is_robust(mutex) ? SNARL_LOCK_ROBUST : 0u) |
           (kind & 128 ? SNARL_LOCK_SHARED : 0u);
}

static void write_lock(struct snarl_object *object)
{
    if (object->written)
        return;
    object->written = true;
    struct snarl_fact_lock fact = {
        .header.kind = SNARL_FACT_LOCK,
        .lock = object->lock,
        .kind = object->kind,
        .flags = object->flags,
        .created = object->created,
        .first_taken = object->first_taken,
        .address = object->address,
    };
    struct iovec part = {&fact, sizeof fact};
    snarl_session_write(&part, 1);
}

static struct snarl_object *begin_object(uintptr_t address, uint32_t flags, uint32_t created)
{
    struct snarl_object *object =
        snarl_objects_begin(&snarl_session.objects, address, SNARL_LOCK_MUTEX, flags, created);
    if (object == NULL)
        snarl_session_lose(SNARL_LOSS_MEMORY);
    else if (snarl_session.table != NULL)
        snarl_session.table->locks++;
    return object;
}

static struct snarl_object *object_at(struct snarl_thread *self, const pthread_mutex_t *mutex,
                                      bool write)
{
    uintptr_t address = (uintptr_t)mutex;
    struct snarl_object *object = snarl_objects_find(&snarl_session.objects, address);
    if (object == NULL)
        object = begin_object(address, flags_of(mutex), 0);
    if (object == NULL)
        return NULL;
    if (write)
        write_lock(object);

    struct snarl_lock_entry *entry =
        &self->caches->locks[snarl_lock_entry_of(self, address) - self->caches->locks];
    *entry = (struct snarl_lock_entry){
        address, __atomic_load_n(snarl_generation_of(address), __ATOMIC_RELAXED),
        object->lock | (object->written ? SNARL_LOCK_WRITTEN : 0)};
    return object;
}

uint32_t snarl_lock_id(struct snarl_thread *self, const pthread_mutex_t *mutex, bool write)
{
    struct snarl_object *object = object_at(self, mutex, write);
    return object != NULL ? object->lock : 0;
}

static void new_generation(uintptr_t address)
{
    __atomic_fetch_add(snarl_generation_of(address), 1, __ATOMIC_RELEASE);
}

void snarl_lock_begin(struct snarl_thread *self, const pthread_mutex_t *mutex,
                      struct snarl_site site)
{
    struct snarl_entry entry = snarl_enter(self);
    uint32_t stack = snarl_stack_of(self, site);
    snarl_session_lock();
    begin_object((uintptr_t)mutex, flags_of(mutex), stack);
    new_generation((uintptr_t)mutex);
    object_at(self, mutex,
              false); /* into the cache: who makes a lock is often the first to take it */
    snarl_session_unlock();
    snarl_leave(self, entry);
}

void snarl_lock_end(struct snarl_thread *self, const pthread_mutex_t *mutex)
{
    struct snarl_entry entry = snarl_enter(self);
    snarl_session_lock();
    snarl_objects_end(&snarl_session.objects, (uintptr_t)mutex);
    new_generation((uintptr_t)mutex);
    snarl_session_unlock();
    snarl_leave(self, entry);
}

void snarl_locks_forget(uintptr_t start, uintptr_t end)
{
    snarl_objects_end_within(&snarl_session.objects, start, end);
    for (int i = 0; i < SNARL_GENERATIONS; i++)
        __atomic_fetch_add(&snarl_generations[i], 1, __ATOMIC_RELEASE);
}

void snarl_acquire_rehash(struct snarl_thread *self)
{
    uint32_t depth = 0;
    self->context = snarl_hash_mix(0, self->segment);
    for (uint32_t i = 0; i < self->depth; i++) {
        struct snarl_holding holding = self->holdings[i];
        if (__atomic_load_n(&self->holdings[i].address, __ATOMIC_RELAXED) == 0)
            continue;
        holding.context = self->context;
        self->context = snarl_context_after(self->context, holding.lock, holding.stack);
        self->holdings[depth] = holding;
        if (depth < SNARL_ROW_HELD)
            self->row->held[depth] = (struct snarl_held){holding.lock, holding.stack};
        depth++;
    }
    self->depth = depth;
    __atomic_store_n(&self->row->depth, depth, __ATOMIC_RELAXED);
}

static bool grow(struct snarl_thread *self)
{
    size_t old_size = self->capacity * sizeof self->holdings[0];
    struct snarl_holding *holdings = snarl_session_allocate(2 * old_size);
    if (holdings == NULL)
        return false;
    memcpy(holdings, self->holdings, old_size);
    /* The old one is left: this may be a signal handler, in whose thread it is being written to. */
    self->holdings = holdings;
    self->capacity *= 2;
    return true;
}

static void write_dependency(const struct snarl_want *want, uint32_t dependency)
{
    struct snarl_fact_dependency fact = {
        .header.kind = SNARL_FACT_DEPENDENCY,
        .dependency = dependency,
        .thread = want->thread,
        .segment = want->segment,
        .lock = want->lock,
        .stack = want->stack,
        .flags = want->flags,
        .held_count = want->held_count,
    };
    struct iovec parts[] = {
        {&fact, sizeof fact},
        {(void *)(uintptr_t)want->held, want->held_count * sizeof want->held[0]}};
    snarl_session_write(parts, 2);
}

static void write_segment(uint32_t dependency, uint32_t segment)
{
    struct snarl_fact_segment fact = {
        .header.kind = SNARL_FACT_SEGMENT, .dependency = dependency, .segment = segment};
    struct iovec part = {&fact, sizeof fact};
    snarl_session_write(&part, 1);
}

/* The want, its held locks in memory that the caller gives back. Session lock. */
static struct snarl_held *describe_held(struct snarl_thread *self)
{
    struct snarl_held *held = snarl_session_allocate(self->depth * sizeof *held);
    for (uint32_t i = 0; held != NULL && i < self->depth; i++) {
        held[i] = (struct snarl_held){self->holdings[i].lock, self->holdings[i].stack};
        struct snarl_object *object =
            snarl_objects_find(&snarl_session.objects, self->holdings[i].address);
        if (object != NULL && object->lock == held[i].lock)
            write_lock(object);
    }
    return held;
}

/* Tells the graph, and the recording what the graph did not know. Session lock. */
static void add_dependency(struct snarl_thread *self, const struct snarl_want *want)
{
    struct snarl_dependency *dependency;
    switch (snarl_lock_order_add(snarl_session.order, want, &dependency)) {
    case SNARL_ADDED_DEPENDENCY:
    case SNARL_ADDED_VARIANT:
        snarl_thread_write_name(self);
        write_dependency(want, dependency->id);
        break;
    case SNARL_ADDED_SEGMENT:
        write_segment(dependency->id, want->segment);
        break;
    case SNARL_ADDED_FAILED:
        snarl_session_lose(SNARL_LOSS_MEMORY);
        break;
    case SNARL_ADDED_NOTHING:
        break;
    }
}

/* The wanted lock's stack is the one remembered only if the graph knows it already: what is new is
 * captured afresh. Returns the stack. */
static uint32_t depend(struct snarl_thread *self, const pthread_mutex_t *mutex,
                       struct snarl_site site, enum snarl_taking taking)
{
    struct snarl_want want = {
        .thread = self->id,
        .segment = self->segment,
        .stack = snarl_stack_recall(self, site),
        .flags = taking == SNARL_TAKING_TIMED ? SNARL_WANT_TIMED : 0,
        .held_count = self->depth,
    };
    bool fresh = false;
    if (want.stack == 0) {
        want.stack = snarl_stack_capture(self, site);
        fresh = true;
    }
    for (;;) {
        snarl_session_lock();
        struct snarl_held *held = describe_held(self);
        want.lock = snarl_lock_id(self, mutex, true);
        want.held = held;
        bool usable = held != NULL && want.lock != 0;
        bool known = usable && snarl_lock_order_knows(snarl_session.order, &want);
        if (usable && !known && fresh)
            add_dependency(self, &want);
        snarl_arena_free(&snarl_session.arena, held, want.held_count * sizeof *held);
        snarl_session_unlock();
        if (!usable || known || fresh)
            return want.stack;
        want.stack = snarl_stack_capture(self, site);
        fresh = true;
    }
}

void snarl_acquired_slow(struct snarl_thread *self, pthread_mutex_t *mutex, struct snarl_site site,
                         enum snarl_taking taking)
{
    uintptr_t address = (uintptr_t)mutex;
    struct snarl_entry entry = snarl_enter(self);
    struct snarl_holding *stale = snarl_holding_of(self, address);
    if (stale != NULL)
        stale->address = 0; /* it was released behind our back, or we would not have got it */
    snarl_acquire_rehash(self);

    bool depends =
        self->depth > 0 && taking != SNARL_TAKING_TRIED && snarl_options.detect_deadlocks;
    uint32_t stack = depends ? depend(self, mutex, site, taking) : snarl_stack_of(self, site);
    uint32_t lock = snarl_lock_recall(self, address) & ~SNARL_LOCK_WRITTEN;
    if (lock == 0 || self->depth == self->capacity) {
        snarl_session_lock();
        struct snarl_object *object = object_at(self, mutex, false);
        lock = object != NULL ? object->lock : 0;
        if (object != NULL && object->first_taken == 0)
            object->first_taken = stack;
        if (self->depth == self->capacity && !grow(self))
            lock = 0;
        snarl_session_unlock();
    }
    if (lock != 0) {
        uint64_t context = snarl_context_after(self->context, lock, stack);
        *snarl_seen_entry_of(self, context) = context + taking;
        snarl_hold(self, address, lock, stack, context);
    }
    snarl_leave(self, entry);
}

/* Another thread holds it, by our books: take it off them. The holder mends its own context the
 * next time it comes by the slow path. */
static void release_for_holder(uintptr_t address)
{
    for (struct snarl_thread *thread = snarl_session.threads; thread; thread = thread->next) {
        struct snarl_holding *holding = snarl_holding_of(thread, address);
        uintptr_t expected = address;
        if (holding != NULL)
            __atomic_compare_exchange_n(&holding->address, &expected, 0, false, __ATOMIC_RELAXED,
                                        __ATOMIC_RELAXED);
    }
}

/* Of these kinds libc says EPERM to whoever does not hold the mutex. */
static bool only_owner_unlocks(const pthread_mutex_t *mutex)
{
    enum {
        ROBUST_OR_INHERITING = 16 | 32
    };
    int kind = mutex->__data.__kind;
    return (kind & 3) == PTHREAD_MUTEX_RECURSIVE_NP || (kind & 3) == PTHREAD_MUTEX_ERRORCHECK_NP ||
           kind & ROBUST_OR_INHERITING;
}

void snarl_released_slow(struct snarl_thread *self, uintptr_t address)
{
    struct snarl_holding *holding = snarl_holding_of(self, address);
    if (holding != NULL && holding->count > 1) {
        holding->count--;
    } else if (holding != NULL) {
        struct snarl_entry entry = snarl_enter(self);
        holding->address = 0;
        snarl_acquire_rehash(self);
        snarl_leave(self, entry);
    } else if (snarl_session.threads_alive > 1 &&
               !only_owner_unlocks((const pthread_mutex_t *)address)) {
        struct snarl_entry entry = snarl_enter(self);
        snarl_session_lock();
        release_for_holder(address);
        snarl_session_unlock();
        snarl_leave(self, entry);
    }
}
