/*
 * What libsnarl.so does for libsnarl-race.so, which is loaded behind it and has no session of its
 * own: threads, stacks, what is held, and the recording.
 *
 * All of it may be called from a signal handler that has interrupted the host's code (see
 * snarl_service_begin), by the interrupted thread.
 */
#ifndef SNARL_PRELOAD_SERVICES_H
#define SNARL_PRELOAD_SERVICES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>
#include <ucontext.h>

#include "preload/thread_watch.h"
#include "recording/layout.h"

enum {
    SNARL_SERVICES_VERSION = 2, /* both libraries come from one build, and check that they do */
};

/* What a thread is, as far as races are concerned. */
struct snarl_service_thread {
    uint32_t id;
    uint32_t segment;
    uintptr_t stack_low, stack_high; /* 0 where it is not known */
    size_t held_count;               /* locks */
    uint32_t held_hash;              /* of which ones */
};

/* The calls of libc's, or of the host's allocator, by which memory is given back. */
struct snarl_releases {
    void (*free)(void *block);
    void *(*realloc)(void *block, size_t size);
};

struct snarl_services {
    uint32_t version;
    long race_budget;      /* of the options: percent */
    bool race_watchpoints; /* likewise */

    /* Describes the calling thread. False where it is in snarl's own code, has no part in the
     * session, or there is none: then nothing else may be called. */
    bool (*describe)(struct snarl_service_thread *thread);

    /* The stack of the interrupted context, noted in the recording; its id. `behind`: the
     * instruction pointer is behind the instruction of interest, as a return address is. */
    uint32_t (*capture)(const ucontext_t *context, bool behind);

    /* A stack of one frame, the one that the call returns to; its id. */
    uint32_t (*frame)(uintptr_t return_address);

    /* What the calling thread holds, outermost first; at most `room`. Returns how many. */
    size_t (*held)(struct snarl_held *held, size_t room);

    /* Appends a fact to the recording. */
    void (*write)(const struct iovec *parts, size_t count);

    /* Notes a loss. */
    void (*lose)(enum snarl_loss loss);

    /* From now on tells of threads, as `watch` says. By the only thread there is. */
    void (*watch_threads)(const struct snarl_thread_watch *watch);

    /* What libsnarl.so calls after its own work on a block that is given back; `replacement` from
     * now on, if that is not NULL. By the only thread there is. */
    struct snarl_releases (*releases)(const struct snarl_releases *replacement);
};

/* The table, static. */
const struct snarl_services *snarl_services(void);

#endif
