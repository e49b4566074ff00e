/*
 * The session: one process being watched, from the constructor to the end.
 *
 * One lock guards everything shared (the graph, the objects, the stacks, the recording, the lists
 * of threads). It is taken on slow paths only, by threads that have entered snarl's own code by
 * snarl_enter; nothing of the host's is called while it is held, and nothing that may take a lock
 * of the loader's or the allocator's.
 */
#ifndef SNARL_PRELOAD_SESSION_H
#define SNARL_PRELOAD_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include "core/lock_order.h"
#include "core/objects.h"
#include "preload/own_lock.h"
#include "preload/registry.h"
#include "preload/thread.h"
#include "recording/writer.h"

struct snarl_known_stack;

struct snarl_session {
    struct snarl_own_lock lock;
    bool running;     /* recording: false before the start, after trouble, after the end */
    pid_t pid;        /* the child of a vfork shares all this, but not its number */
    uint32_t *canary; /* reads 0 in a forked child that has not begun its own session */
    struct snarl_arena arena;
    struct snarl_writer writer;
    struct snarl_objects objects;
    struct snarl_lock_order *order;
    struct snarl_fact_table *table; /* the first one: totals are kept there */
    uint32_t rows_used;             /* of the newest table */
    struct snarl_fact_table *newest_table;
    struct snarl_thread *threads; /* every struct in use */
    struct snarl_thread *free_threads;
    struct snarl_registry by_tid;
    struct snarl_registry by_handle;
    struct snarl_known_stack *stacks;
    uint32_t last_thread;
    uint32_t last_stack;
    uint32_t deadlocks;
    size_t threads_alive;
    size_t threads_absent; /* left behind by a fork, and known by name */
    struct snarl_noted_misuse *misuses;
    uint32_t misuse_count;                   /* of severity warning or error */
    struct snarl_past *past;                 /* what was destroyed lately */
    struct snarl_past_handles *past_handles; /* threads joined and detached lately */
    bool is_child;   /* made by fork(): what lives here may have begun in the parent */
    uint32_t losses; /* bits of those already written */
    pthread_key_t key;
};

extern struct snarl_session snarl_session;

/* What snarl_enter puts aside. */
struct snarl_entry {
    uint64_t signals;
    int error;
    int cancel_state, cancel_type;
};

/* Blocks every signal, glibc's own too; its wrapper would leave those out. What was blocked before
 * goes to `before`, if that is not NULL. */
void snarl_block_signals(uint64_t *before);

/* Enters snarl's own code: blocks signals (and with them jumps out of handlers) and cancellation
 * (what we call may be a point of it), marks the thread INSIDE, keeps errno. `self` may be NULL for
 * a thread not known yet. */
struct snarl_entry snarl_enter(struct snarl_thread *self);
void snarl_leave(struct snarl_thread *self, struct snarl_entry entry);

/* Both need the thread to have entered. */
static inline void snarl_session_lock(void)
{
    snarl_own_lock_take(&snarl_session.lock);
}

static inline void snarl_session_unlock(void)
{
    snarl_own_lock_release(&snarl_session.lock);
}

/* Begins the session if this process has none: at the constructor, and in a forked child. Inside
 * snarl's own code, without the lock. Whether one is running now. */
bool snarl_session_ensure(void);

/* The process ends of itself: notes that, and returns how many findings there are. Outside snarl's
 * own code. Nothing in the child of a vfork, or where no session runs. */
size_t snarl_session_end(void);

/* Appends a fact of `parts` (see writer.h). If that fails, says so once and stops recording. */
void snarl_session_write(const struct iovec *parts, size_t count);

/* Notes that something could not be kept. Once for each kind. */
void snarl_session_lose(enum snarl_loss loss);

/* Memory from the session's arena; on exhaustion notes the loss and returns NULL. */
void *snarl_session_allocate(size_t size);

#endif
