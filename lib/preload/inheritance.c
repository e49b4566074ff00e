#include "preload/inheritance.h"

#include <string.h>

#include "preload/acquire.h"
#include "preload/session.h"
#include "preload/shared_memory.h"

enum {
    MOST_THREADS = 256,
    MOST_HELD = 512,
    MOST_NAMES = 256,
};

/* A thread of the parent that will not be there. */
struct absent {
    uint32_t id; /* in the parent's recording */
    pid_t tid;
    char name[SNARL_NAME_SIZE];
};

/* A lock that the program has named. */
struct named {
    uintptr_t address;
    char name[SNARL_LOCK_NAME_SIZE];
};

static struct {
    pid_t own_tid;
    struct snarl_holding own[64];
    uint32_t own_count;
    struct absent threads[MOST_THREADS];
    uint32_t thread_count;
    struct {
        struct snarl_holding holding;
        uint32_t thread; /* index above */
    } held[MOST_HELD];
    uint32_t held_count;
    struct named names[MOST_NAMES];
    uint32_t name_count;
} inheritance;

static void note_thread(struct snarl_thread *thread)
{
    if (inheritance.thread_count == MOST_THREADS)
        return;
    struct absent *absent = &inheritance.threads[inheritance.thread_count];
    *absent = (struct absent){.id = thread->id, .tid = thread->tid};
    memcpy(absent->name, thread->name, sizeof absent->name);
    for (uint32_t i = 0; i < thread->depth && inheritance.held_count < MOST_HELD; i++)
        if (thread->holdings[i].address != 0) {
            inheritance.held[inheritance.held_count].holding = thread->holdings[i];
            inheritance.held[inheritance.held_count++].thread = inheritance.thread_count;
        }
    inheritance.thread_count++;
}

/* Those that were begun first are looked at first, and no further than there are names. */
static void note_names(void)
{
    uint32_t left = snarl_session.objects.named;
    const struct snarl_object *object = snarl_session.objects.by_address;
    for (; left > 0 && object != NULL && inheritance.name_count < MOST_NAMES;
         object = object->by_address.next) {
        if (object->name == NULL)
            continue;
        struct named *named = &inheritance.names[inheritance.name_count++];
        named->address = object->address;
        strcpy(named->name, object->name); /* of that size at most */
        left--;
    }
}

static void take_up_names(struct snarl_thread *self)
{
    for (uint32_t i = 0; i < inheritance.name_count; i++) {
        struct snarl_object *object = snarl_object_spoken_of(self, inheritance.names[i].address);
        if (object != NULL)
            snarl_object_name(object, inheritance.names[i].name);
    }
}

void snarl_inheritance_note(const struct snarl_thread *self)
{
    inheritance.own_count = inheritance.thread_count = inheritance.held_count = 0;
    inheritance.name_count = 0;
    inheritance.own_tid = self->tid;
    uint32_t most = sizeof inheritance.own / sizeof inheritance.own[0];
    for (uint32_t i = 0; i < self->depth && inheritance.own_count < most; i++)
        if (self->holdings[i].address != 0)
            inheritance.own[inheritance.own_count++] = self->holdings[i];
    for (struct snarl_thread *thread = snarl_session.threads; thread; thread = thread->next)
        if (thread != self && thread->state != SNARL_THREAD_ENDED && !thread->absent &&
            thread->tid != 0)
            note_thread(thread);
    note_names();
}

/* Whether it is not held in the child for ever: libc begins it anew there, or the parent may still
 * give it back. A spin lock, or one of the program's own, does not say whom it was made for. */
static bool is_free_here(struct snarl_thing thing)
{
    if (thing.kind == SNARL_OBJECT_ONCE || thing.kind == SNARL_OBJECT_FILE ||
        thing.kind == SNARL_OBJECT_LOADER)
        return true;
    struct snarl_fact_lock fact = {0};
    if (thing.kind == SNARL_OBJECT_SPIN || thing.kind == SNARL_OBJECT_ANNOTATED)
        snarl_shared_memory_locate(thing.address, &fact);
    return fact.inode != 0 || snarl_thing_flags(thing) & SNARL_LOCK_SHARED;
}

/* A holding as one of this session's locks; its stack is of the parent's recording. */
static void hold(struct snarl_thread *self, struct snarl_thread *holder,
                 const struct snarl_holding *inherited)
{
    struct snarl_holding holding = *inherited;
    if (is_free_here((struct snarl_thing){holding.address, holding.kind}))
        return;
    holding.stack = 0;
    holding.lock =
        snarl_object_id(self, (struct snarl_thing){holding.address, holding.kind}, false);
    if (holding.lock != 0 && holder->depth < holder->capacity)
        holder->holdings[holder->depth++] = holding;
}

void snarl_inheritance_take_up(struct snarl_thread *self)
{
    snarl_session_lock();
    /* Mutexes that it has name it so. */
    self->tid_in_parent = inheritance.own_tid;
    snarl_registry_set(&snarl_session.by_tid, &snarl_session.arena, (uint64_t)inheritance.own_tid,
                       self);
    for (uint32_t i = 0; i < inheritance.own_count; i++)
        hold(self, self, &inheritance.own[i]);
    for (uint32_t i = 0; i < inheritance.thread_count; i++) {
        const struct absent *absent = &inheritance.threads[i];
        struct snarl_thread *thread = snarl_thread_new_absent(absent->tid, absent->id);
        if (thread == NULL)
            break;
        for (uint32_t j = 0; j < inheritance.held_count; j++)
            if (inheritance.held[j].thread == i)
                hold(self, thread, &inheritance.held[j].holding);
        snarl_thread_set_name(thread, absent->name);
    }
    take_up_names(self);
    inheritance.own_count = inheritance.thread_count = 0;
    inheritance.name_count = 0;
    snarl_session_unlock();
    snarl_acquire_rehash(self);
}
