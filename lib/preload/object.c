#include "preload/object.h"

#include <string.h>

#include "preload/frames.h"
#include "preload/memory.h"
#include "preload/misuse.h"
#include "preload/session.h"
#include "preload/shared_memory.h"

static uint32_t mutex_flags(const pthread_mutex_t *mutex)
{
    /* Bits of __kind, see glibc's nptl/pthreadP.h: 0-1 the type, 16 robust, 128 process-shared. */
    int kind = mutex->__data.__kind;
    return ((kind & 3) == PTHREAD_MUTEX_RECURSIVE_NP ? SNARL_LOCK_RECURSIVE : 0u) |
           ((kind & 3) == PTHREAD_MUTEX_ERRORCHECK_NP ? SNARL_LOCK_ERROR_CHECKING : 0u) |
           (snarl_mutex_is_robust(mutex) ? SNARL_LOCK_ROBUST : 0u) |
           (kind & 128 ? SNARL_LOCK_SHARED : 0u);
}

static uint32_t rwlock_flags(const pthread_rwlock_t *rwlock)
{
    /* Of the three kinds glibc treats the first two alike: readers pass writers that wait. */
    return (rwlock->__data.__flags == PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP
                ? SNARL_LOCK_PREFERS_WRITERS
                : 0u) |
           (rwlock->__data.__shared != 0 ? SNARL_LOCK_SHARED : 0u);
}

/* glibc's sem_t: the value, and on 64 bits a word of waiters behind it; then whether it is private
 * (0) or shared (128), see internaltypes.h. */
static bool is_shared_semaphore(uintptr_t address)
{
    uint32_t sharing;
    memcpy(&sharing, (const char *)address + 8, sizeof sharing);
    return sharing != 0;
}

/* And its barrier: two words of state, the count, then the same. */
static bool is_shared_barrier(uintptr_t address)
{
    uint32_t sharing;
    memcpy(&sharing, (const char *)address + 12, sizeof sharing);
    return sharing != 0;
}

uint32_t snarl_thing_flags(struct snarl_thing thing)
{
    switch (thing.kind) {
    case SNARL_OBJECT_MUTEX:
        return mutex_flags(snarl_mutex_at(thing.address));
    case SNARL_OBJECT_RWLOCK:
        return rwlock_flags((const pthread_rwlock_t *)thing.address);
    case SNARL_OBJECT_CONDITION:
        return ((const pthread_cond_t *)thing.address)->__data.__wrefs & 1 ? SNARL_LOCK_SHARED : 0;
    case SNARL_OBJECT_SEMAPHORE:
        return is_shared_semaphore(thing.address) ? SNARL_LOCK_SHARED : 0;
    case SNARL_OBJECT_BARRIER:
        return is_shared_barrier(thing.address) ? SNARL_LOCK_SHARED : 0;
    case SNARL_OBJECT_G_RW_LOCK: /* a pthread_rwlock_t of the default kind inside */
    default:
        return snarl_thing_is_recursive(thing) ? SNARL_LOCK_RECURSIVE : 0;
    }
}

static void write_name(const struct snarl_object *object)
{
    struct snarl_fact_lock_name fact = {.header.kind = SNARL_FACT_LOCK_NAME,
                                        .lock = object->lock,
                                        .name_size = (uint32_t)strlen(object->name) + 1};
    struct iovec parts[] = {{&fact, sizeof fact}, {object->name, fact.name_size}};
    snarl_session_write(parts, 2);
}

void snarl_object_name(struct snarl_object *object, const char *name)
{
    if (object->name != NULL && strcmp(object->name, name) == 0)
        return;
    if (!snarl_objects_name(&snarl_session.objects, object, name))
        snarl_session_lose(SNARL_LOSS_MEMORY);
    else if (object->written)
        write_name(object);
    else
        snarl_object_new_generation(object->address); /* threads know it as one without a name */
}

void snarl_object_write(struct snarl_object *object)
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
        .value = object->value,
        .address = object->kind == SNARL_OBJECT_HAND_OVER ? ~object->address : object->address,
    };
    if (object->flags & SNARL_LOCK_SHARED)
        snarl_shared_memory_locate(object->address, &fact);
    struct iovec part = {&fact, sizeof fact};
    snarl_session_write(&part, 1);
    if (object->name != NULL)
        write_name(object);
}

void snarl_object_new_generation(uintptr_t address)
{
    __atomic_fetch_add(snarl_generation_of(address), 1, __ATOMIC_RELEASE);
}

/* What lived there has ended. */
static struct snarl_object *begin_new(struct snarl_thread *self, struct snarl_thing thing)
{
    snarl_object_end(thing.address);
    struct snarl_object *object =
        snarl_objects_begin(&snarl_session.objects, thing.address, thing.kind, 0, 0);
    if (object == NULL) {
        snarl_session_lose(SNARL_LOSS_MEMORY);
        return NULL;
    }
    snarl_memory_note(thing.address);
    snarl_frames_note(self, thing.address);
    return object;
}

struct snarl_object *snarl_object_begin(struct snarl_thread *self, struct snarl_thing thing,
                                        uint32_t value, uint32_t stack)
{
    struct snarl_object *object = snarl_objects_find(&snarl_session.objects, thing.address);
    /* One that was only spoken of until now is met. */
    bool met = object != NULL && object->kind == SNARL_OBJECT_NONE;
    if (!met && (object = begin_new(self, thing)) == NULL)
        return NULL;
    object->kind = thing.kind;
    object->flags = snarl_thing_flags(thing);
    object->created = stack;
    object->value = value;
    object->creator = stack != 0 ? self->id : 0;
    /* A semaphore that lets one thread in may be a lock; nothing is known of one that was
     * initialised out of our sight. */
    object->is_signal = thing.kind == SNARL_OBJECT_SEMAPHORE && value != 1;
    object->unproven = thing.kind == SNARL_OBJECT_SEMAPHORE && value == 1;
    if (snarl_session.table != NULL && thing.kind != SNARL_OBJECT_LOADER &&
        thing.kind != SNARL_OBJECT_NONE && thing.kind != SNARL_OBJECT_HAND_OVER)
        snarl_session.table->locks++;
    if (met && object->written) {
        object->written = false;
        snarl_object_write(object);
    }
    return object;
}

static void grow_locks(struct snarl_caches *caches)
{
    size_t count = 4 * ((size_t)caches->locks_size.mask + 1);
    struct snarl_lock_entry *locks = snarl_session_allocate(count * sizeof *locks);
    struct snarl_lock_description *descriptions =
        snarl_session_allocate(count * sizeof *descriptions);
    if (locks == NULL || descriptions == NULL)
        return;
    SNARL_ONCE(caches->locks) = locks;
    caches->descriptions = descriptions;
    SNARL_ONCE(caches->locks_size.mask) = (uint32_t)count - 1;
}

/* Whether it says what lives there now. */
static bool is_current(const struct snarl_lock_entry *entry)
{
    uintptr_t address = (uintptr_t)(entry->key >> 8);
    return entry->key != 0 &&
           entry->generation == __atomic_load_n(snarl_generation_of(address), __ATOMIC_RELAXED);
}

static void remember(struct snarl_thread *self, struct snarl_thing thing,
                     const struct snarl_object *object)
{
    struct snarl_lock_entry *entry = snarl_lock_entry_of(self, thing.address);
    if (entry->key != snarl_thing_key(thing) && is_current(entry) &&
        snarl_cache_is_short(&self->caches.locks_size, SNARL_LOCK_ENTRIES_MOST)) {
        grow_locks(&self->caches);
        entry = snarl_lock_entry_of(self, thing.address);
    }
    self->caches.descriptions[entry - self->caches.locks] = (struct snarl_lock_description){
        object->created, object->value, object->name != NULL && !object->written};
    *entry = (struct snarl_lock_entry){
        snarl_thing_key(thing),
        __atomic_load_n(snarl_generation_of(thing.address), __ATOMIC_RELAXED),
        object->lock | (object->written ? SNARL_LOCK_WRITTEN : 0u) |
            (object->is_signal ? SNARL_LOCK_SIGNAL : 0u) |
            (object->unproven ? SNARL_LOCK_UNPROVEN : 0u)};
}

struct snarl_object *snarl_object_at(struct snarl_thread *self, struct snarl_thing thing,
                                     bool write)
{
    struct snarl_object *object = snarl_objects_find(&snarl_session.objects, thing.address);
    /* What was of another kind was left without a word, and its memory used again. */
    if (object == NULL || object->kind != thing.kind) {
        snarl_misuse_suspect(self, thing, object);
        object = snarl_object_begin(self, thing, 0, 0);
    }
    if (object == NULL)
        return NULL;
    if (write)
        snarl_object_write(object);
    remember(self, thing, object);
    return object;
}

uint32_t snarl_object_id(struct snarl_thread *self, struct snarl_thing thing, bool write)
{
    const struct snarl_object *object = snarl_object_at(self, thing, write);
    return object != NULL ? object->lock : 0;
}

struct snarl_object *snarl_object_known(uintptr_t address)
{
    return snarl_objects_find(&snarl_session.objects, address);
}

struct snarl_object *snarl_object_spoken_of(struct snarl_thread *self, uintptr_t address)
{
    struct snarl_object *object = snarl_object_known(address);
    return object != NULL ? object : snarl_object_begin(self, SNARL_THING(NONE, address), 0, 0);
}

void snarl_object_change(struct snarl_object *object, enum snarl_lock_change change)
{
    if (change == SNARL_LOCK_IS_POLLED)
        object->flags |= SNARL_LOCK_POLLED;
    if (!object->written)
        return;
    struct snarl_fact_lock_change fact = {
        .header.kind = SNARL_FACT_LOCK_CHANGE, .lock = object->lock, .change = change};
    struct iovec part = {&fact, sizeof fact};
    snarl_session_write(&part, 1);
}

void snarl_object_end(uintptr_t address)
{
    snarl_object_new_generation(address);
    const struct snarl_object *object = snarl_objects_find(&snarl_session.objects, address);
    if (object == NULL)
        return;
    if (object->written)
        snarl_lock_order_ended(snarl_session.order, object->lock);
    snarl_memory_take_back(address);
    snarl_objects_end(&snarl_session.objects, address);
}

struct snarl_object *snarl_object_put_aside(uintptr_t start, uintptr_t end)
{
    struct snarl_object *list = snarl_objects_put_aside(&snarl_session.objects, start, end);
    for (const struct snarl_object *object = list; object != NULL; object = object->next) {
        snarl_object_new_generation(object->address);
        snarl_memory_take_back(object->address);
    }
    return list;
}

void snarl_object_put_back(struct snarl_object **list)
{
    uintptr_t address = (*list)->address;
    if (!snarl_objects_put_back(&snarl_session.objects, list))
        return;
    snarl_object_new_generation(address);
    snarl_memory_note(address);
}

void snarl_objects_forget(uintptr_t start, uintptr_t end)
{
    snarl_memory_gone_locked(start, end);
    snarl_misuse_forget(start, end);
}

struct snarl_row_object snarl_object_describe(const struct snarl_object *object)
{
    return (struct snarl_row_object){object->lock, object->kind, object->created, object->value,
                                     object->address};
}
