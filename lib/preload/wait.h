/*
 * Waits: published while they last, so that a deadlock is seen the moment it closes, and so that
 * the recording of a program that was killed says what each thread was waiting for.
 *
 * For the calling thread, READY. Waits may nest (a signal handler that locks while its thread
 * waits): the outer one is put aside and comes back, unless the handler has jumped out of it.
 */
#ifndef SNARL_PRELOAD_WAIT_H
#define SNARL_PRELOAD_WAIT_H

#include <stdbool.h>

#include "preload/object.h"
#include "preload/stacks.h"
#include "preload/thread.h"

/* A wait; what snarl_wait_begin puts aside is the one that was published before it. */
struct snarl_wait_frame {
    struct snarl_published_want want;
    struct snarl_row_object object, mutex;
    uint32_t stack;
    uint64_t since;
    uint64_t mark; /* this wait's sequence number, while the frame lives */
};

enum snarl_wait_verdict {
    SNARL_WAIT_GO_ON,   /* make the real call */
    SNARL_WAIT_REFUSED, /* it would close a deadlock, and the call is to return EDEADLK; the wait
                           has been ended already */
};

/* What is about to be waited for. */
struct snarl_waited {
    uint32_t kind;            /* enum snarl_want_kind */
    uint32_t flags;           /* enum snarl_want_row_flags: timed, shared */
    struct snarl_thing thing; /* but for a thread */
    uintptr_t mutex;          /* of a condition wait: the one that it gives back; else 0 */
    pthread_t handle;         /* a thread to join */
};

/*
 * Publishes the wait, and judges whether it closes a circle of waits (never if it is timed). If it
 * does, the deadlock is reported, and then: the process ends here, or the caller goes on and hangs,
 * or it is refused, as the option on-deadlock says.
 */
enum snarl_wait_verdict snarl_wait_begin(struct snarl_thread *self,
                                         const struct snarl_waited *waited, struct snarl_site site,
                                         struct snarl_wait_frame *frame);

/* For pthread_cleanup_push: ends the calling thread's wait of that frame. */
void snarl_wait_leave(void *frame);

/* The wait is over, however it ended. */
void snarl_wait_end(struct snarl_thread *self, const struct snarl_wait_frame *frame);

#endif
