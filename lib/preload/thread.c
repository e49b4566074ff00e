#include "preload/thread.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/prctl.h>

#include "base/hash.h"
#include "base/text.h"
#include "preload/acquire.h"
#include "preload/annotated.h"
#include "preload/chaos.h"
#include "preload/frames.h"
#include "preload/misuse.h"
#include "preload/orders.h"
#include "preload/semaphore.h"
#include "preload/session.h"
#include "preload/stacks.h"
#include "preload/thread_watch.h"
#include "preload/timeline.h"
#include "preload/wake.h"

enum {
    FIRST_CAPACITY = 16
};

__thread struct snarl_thread *snarl_self __attribute__((tls_model("initial-exec")));
uint32_t snarl_generations[SNARL_GENERATIONS];

/* Stands for a thread that is being attached, or has ended: its calls go straight to libc. */
static struct snarl_thread unwatched = {.state = SNARL_THREAD_INSIDE};

static struct snarl_thread_row *new_row(struct snarl_thread *thread)
{
    struct snarl_session *session = &snarl_session;
    if (session->newest_table != NULL && session->rows_used == SNARL_TABLE_ROWS) {
        session->rows_used = 0;
        session->newest_table = session->running ? snarl_writer_table(&session->writer) : NULL;
        if (session->newest_table == NULL)
            snarl_session_lose(SNARL_LOSS_TABLE);
    }
    if (session->newest_table == NULL)
        return &thread->spare_row;
    return &snarl_table_rows(session->newest_table)[session->rows_used++];
}

static bool make_caches(struct snarl_caches *caches)
{
    struct {
        struct snarl_memo memos[SNARL_MEMO_ENTRIES];
        struct snarl_lock_entry locks[SNARL_LOCK_ENTRIES];
        uint64_t seen[SNARL_SEEN_ENTRIES];
        struct snarl_lock_description descriptions[SNARL_LOCK_ENTRIES];
    } *first = snarl_session_allocate(sizeof *first);
    if (first == NULL)
        return false;
    *caches = (struct snarl_caches){.locks_size.mask = SNARL_LOCK_ENTRIES - 1,
                                    .seen_size.mask = SNARL_SEEN_ENTRIES - 1,
                                    .locks = first->locks,
                                    .descriptions = first->descriptions,
                                    .seen = first->seen,
                                    .memos = first->memos};
    return true;
}

struct snarl_thread *snarl_thread_new(void)
{
    struct snarl_session *session = &snarl_session;
    struct snarl_thread *thread = session->free_threads;
    if (thread != NULL) {
        session->free_threads = thread->next;
        struct snarl_thread kept = *thread;
        memset(thread, 0, sizeof *thread);
        thread->row = kept.row;
        /* Call paths and locks are checked against what is there now, whoever remembers them; what
         * was seen is of contexts that no other thread has. */
        thread->caches = kept.caches;
        thread->holdings = kept.holdings;
        thread->capacity = kept.capacity;
        thread->annotated_wait = kept.annotated_wait;
        if (thread->annotated_wait != NULL)
            memset(thread->annotated_wait, 0, sizeof *thread->annotated_wait);
        thread->chaos = kept.chaos;
    } else {
        thread = snarl_session_allocate(sizeof *thread);
        if (thread == NULL)
            return NULL;
        thread->holdings = snarl_session_allocate(FIRST_CAPACITY * sizeof thread->holdings[0]);
        thread->capacity = FIRST_CAPACITY;
        if (!make_caches(&thread->caches) || thread->holdings == NULL)
            return NULL;
        thread->row = new_row(thread);
    }
    thread->id = ++session->last_thread;
    thread->segment = 1;
    thread->state = SNARL_THREAD_INSIDE;
    thread->context = snarl_context_of(thread);
    snarl_chaos_begin(thread);
    thread->next = session->threads;
    session->threads = thread;
    if (session->table != NULL)
        session->table->threads++;
    return thread;
}

void snarl_thread_free(struct snarl_thread *thread)
{
    struct snarl_thread **place = &snarl_session.threads;
    while (*place != thread)
        place = &(*place)->next;
    *place = thread->next;
    snarl_arena_free(&snarl_session.arena, thread->held_at_creation,
                     thread->held_at_creation_count * sizeof(struct snarl_held));
    thread->held_at_creation = NULL;
    thread->next = snarl_session.free_threads;
    snarl_session.free_threads = thread;
}

static void write_thread(const struct snarl_thread *self)
{
    struct snarl_fact_thread fact = {
        .header.kind = SNARL_FACT_THREAD,
        .thread = self->id,
        .parent = self->parent,
        .parent_segment = self->parent_segment,
        .stack = self->created,
        .tid = (uint64_t)self->tid,
        .absent = self->absent,
        .start = (uintptr_t)self->start,
        .held_count = self->held_at_creation_count,
    };
    struct iovec parts[] = {
        {&fact, sizeof fact},
        {self->held_at_creation, fact.held_count * sizeof self->held_at_creation[0]}};
    snarl_session_write(parts, 2);
}

struct snarl_thread *snarl_thread_new_absent(pid_t tid, uint32_t parent_id)
{
    struct snarl_session *session = &snarl_session;
    struct snarl_thread *thread = snarl_session_allocate(sizeof *thread);
    if (thread == NULL)
        return NULL;
    thread->capacity = FIRST_CAPACITY;
    thread->holdings = snarl_session_allocate(thread->capacity * sizeof thread->holdings[0]);
    if (thread->holdings == NULL)
        return NULL;
    thread->id = ++session->last_thread;
    thread->tid = tid;
    thread->parent = parent_id;
    thread->absent = true;
    thread->detached = true;
    thread->state = SNARL_THREAD_INSIDE;
    thread->row = &thread->spare_row;
    thread->want.sequence = 1; /* it waits, for ever */
    thread->next = session->threads;
    session->threads = thread;
    session->threads_absent++;
    snarl_registry_set(&session->by_tid, &session->arena, (uint64_t)tid, thread);
    write_thread(thread);
    return thread;
}

static void publish_row(const struct snarl_thread *self)
{
    struct snarl_thread_row *row = self->row;
    memset(row, 0, sizeof *row);
    memcpy(row->name, self->name, sizeof row->name); /* where another thread gave it one already */
    row->thread = self->id;
    row->tid = (uint32_t)self->tid;
    row->segment = self->segment;
    __atomic_store_n(&row->state, SNARL_ROW_ALIVE, __ATOMIC_RELEASE);
}

void snarl_thread_set_handle(struct snarl_thread *thread, pthread_t handle)
{
    struct snarl_session *session = &snarl_session;
    /* One that had it before was joined by a call that we do not see. */
    struct snarl_thread *former = snarl_registry_find(&session->by_handle, (uint64_t)handle);
    if (former != NULL && former != thread && former->state == SNARL_THREAD_ENDED)
        snarl_thread_free(former);
    thread->handle = handle;
    snarl_misuse_handle_given(handle);
    snarl_registry_set(&session->by_handle, &session->arena, (uint64_t)handle, thread);
}

struct snarl_thread *snarl_thread_attach(struct snarl_thread *self)
{
    struct snarl_session *session = &snarl_session;
    snarl_session_lock();
    if (self == NULL) {
        self = snarl_thread_new();
        if (self != NULL)
            self->detached = true; /* nobody can be seen to join it */
    }
    if (self != NULL) {
        self->tid = (pid_t)syscall(SYS_gettid);
        self->error = &errno;
        snarl_registry_set(&session->by_tid, &session->arena, (uint64_t)self->tid, self);
        snarl_thread_set_handle(self, pthread_self());
        snarl_frames_attach(self, (uintptr_t)__builtin_frame_address(0));
        session->threads_alive++;
        publish_row(self);
        write_thread(self);
        snarl_thread_write_name(self);
    }
    snarl_session_unlock();
    if (self == NULL)
        return NULL;
    snarl_self = self;
    pthread_setspecific(session->key, self);
    return self;
}

struct snarl_thread *snarl_thread_ready_slow(void)
{
    struct snarl_thread *self = snarl_self;
    if (self != NULL && self->state == SNARL_THREAD_CHAOS)
        return self;
    if (!snarl_session.running || (self != NULL && self->state != SNARL_THREAD_WIPED))
        return NULL;
    struct snarl_entry entry = snarl_enter(NULL);
    snarl_self = &unwatched;
    /* In a forked child this attaches the thread too. */
    if (!snarl_session_ensure() || (snarl_self == &unwatched && !snarl_thread_attach(NULL)))
        snarl_self = &unwatched;
    self = snarl_self != &unwatched ? snarl_self : NULL;
    snarl_leave(self, entry);
    return self;
}

struct snarl_thread *snarl_thread_arrive_slow(const void *caller)
{
    struct snarl_thread *self = snarl_thread_ready_slow();
    if (self != NULL)
        snarl_chaos_point(self, (uintptr_t)caller);
    /* A signal handler may have forked: this may be the child. */
    return self != NULL ? snarl_thread_ready() : NULL;
}

static void finish(struct snarl_thread *self)
{
    struct snarl_session *session = &snarl_session;
    if (self->polling != 0)
        snarl_semaphore_polled(self);
    snarl_annotated_given_up(self);
    if (snarl_thread_watch.ends != NULL)
        snarl_thread_watch.ends();
    struct snarl_entry entry = snarl_enter(self);
    snarl_misuse_of_exit(self);
    snarl_session_lock();
    snarl_thread_write_name(self);
    struct snarl_fact_thread_end fact = {
        .header.kind = SNARL_FACT_THREAD_END, .thread = self->id, .segment = self->segment};
    struct iovec part = {&fact, sizeof fact};
    snarl_wakes_write(self);
    snarl_semaphore_tell_pending(self, self);
    snarl_timeline_end_of(self);
    snarl_session_write(&part, 1);

    if (session->table != NULL)
        session->table->acquisitions += self->row->acquisitions;
    self->row->acquisitions = 0;
    snarl_frames_detach(self);
    __atomic_store_n(&self->row->state, SNARL_ROW_FREE, __ATOMIC_RELEASE);
    snarl_registry_remove(&session->by_tid, (uint64_t)self->tid);
    session->threads_alive--;
    self->state = SNARL_THREAD_ENDED;
    /* Who joins it will want to know which thread it was. */
    if (self->detached) {
        if (self->parent != 0)
            snarl_misuse_ended_detached(self);
        snarl_registry_remove(&session->by_handle, (uint64_t)self->handle);
        snarl_thread_free(self);
    }
    snarl_session_unlock();
    snarl_self = &unwatched;
    snarl_leave(NULL, entry);
}

void snarl_thread_destructor(void *data)
{
    struct snarl_thread *self = data;
    if (self != snarl_self)
        return; /* of another life: before a fork */
    /* Others' destructors may still release locks; libc runs this many rounds of them. */
    if (++self->destructor_rounds < PTHREAD_DESTRUCTOR_ITERATIONS)
        pthread_setspecific(snarl_session.key, self);
    else
        finish(self);
}

void snarl_thread_new_segment(struct snarl_thread *self)
{
    self->segment++;
    __atomic_store_n(&self->row->segment, self->segment, __ATOMIC_RELAXED);
    snarl_acquire_rehash(self);
}

void snarl_thread_set_name(struct snarl_thread *thread, const char *name)
{
    struct snarl_fact_thread_name fact = {.header.kind = SNARL_FACT_THREAD_NAME,
                                          .thread = thread->id};
    struct snarl_text text = snarl_text_over(fact.name, sizeof fact.name);
    snarl_text_add(&text, name);
    if (strcmp(fact.name, thread->name) == 0)
        return;
    memcpy(thread->name, fact.name, sizeof fact.name);
    memcpy(thread->row->name, fact.name, sizeof fact.name);
    struct iovec part = {&fact, sizeof fact};
    snarl_session_write(&part, 1);
}

void snarl_thread_write_name(struct snarl_thread *self)
{
    char name[SNARL_NAME_SIZE];
    if (prctl(PR_GET_NAME, name) == 0)
        snarl_thread_set_name(self, name);
}
