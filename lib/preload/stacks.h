/*
 * Stacks: captured through libunwind, known by a number.
 *
 * libunwind.so.8 is opened privately (RTLD_LOCAL) and called through pointers: as a dependency it
 * would take over the host's C++ exceptions. One unwinding runs at a time, and waiting for one's
 * turn is bounded, since it may wait for the loader's lock, and a host may hold that while it waits
 * for us: past the bound a stack holds its innermost frame only.
 *
 * All of these are for threads that are inside snarl's own code, without the session's lock.
 */
#ifndef SNARL_PRELOAD_STACKS_H
#define SNARL_PRELOAD_STACKS_H

#include <stdbool.h>
#include <stdint.h>
#include <ucontext.h>

#include "preload/thread.h"

/* Where an intercepted call came from: the wrapper's return address and frame. */
struct snarl_site {
    uintptr_t caller;
    uintptr_t frame;
};

/* In a wrapper itself, not in a function that it calls. */
#define SNARL_SITE()                                                                               \
    ((struct snarl_site){(uintptr_t)__builtin_return_address(0),                                   \
                         (uintptr_t)__builtin_frame_address(0)})

/* Opens libunwind and warms it up for the calling thread. Once, at start. */
void snarl_stacks_open(void);

/* Lets libunwind allocate what makes it quick for the calling thread, 256 KiB and a tenth of a
 * millisecond. The thread is READY, and in no allocator. */
void snarl_stacks_warm(struct snarl_thread *self);

/* The same where the thread unwinds so often that it is worth it. */
static inline void snarl_stacks_warm_if_worth(struct snarl_thread *self)
{
    if (__builtin_expect(!self->warm && self->captures >= SNARL_CAPTURES_COLD, 0))
        snarl_stacks_warm(self);
}

/* Unwinds from the site, notes the stack in the recording if it is new, and its call path in the
 * thread's memo. The stack's id; 0 on exhaustion. 1 to 20 microseconds. */
uint32_t snarl_stack_capture(struct snarl_thread *self, struct snarl_site site);

/* The same of a context that a signal has interrupted, and without a memo. The first frame's
 * address is one behind that of the instruction, unless it is `behind` it already: as return
 * addresses are.
 */
uint32_t snarl_stack_capture_context(struct snarl_thread *self, const ucontext_t *context,
                                     bool behind);

/* A stack of that one frame; its id. */
uint32_t snarl_stack_of_frame(uintptr_t return_address);

/* Where the thread keeps the memo of a call path: at one of SNARL_MEMO_WAYS places, which differ in
 * the lowest bits of their index. Paths that differ further up only share all of them. */
static inline struct snarl_memo *snarl_memo_of(struct snarl_thread *self, struct snarl_site site,
                                               uint32_t way)
{
    uintptr_t hash = (site.caller >> 2) ^ (site.frame >> 4) ^ (site.frame >> 11);
    return &self->caches.memos[(hash % SNARL_MEMO_ENTRIES) ^ way];
}

static inline bool snarl_memo_holds(const struct snarl_memo *memo, uintptr_t frame, int i)
{
    return ((const uintptr_t *)frame)[memo->offset[i]] == memo->address[i];
}

/* Whether it is of this call path. About a nanosecond. From the caller outwards: a frame is looked
 * into only if those below it are as they were. */
static inline bool snarl_memo_matches(const struct snarl_memo *memo, struct snarl_site site)
{
    _Static_assert(SNARL_MEMO_FRAMES == 4, "one check for each");
    return memo->caller == site.caller && memo->frame == site.frame &&
           snarl_memo_holds(memo, site.frame, 0) && snarl_memo_holds(memo, site.frame, 1) &&
           snarl_memo_holds(memo, site.frame, 2) && snarl_memo_holds(memo, site.frame, 3);
}

/* The memo of the call path, at whichever place; NULL if there is none. */
struct snarl_memo *snarl_memo_find(struct snarl_thread *self, struct snarl_site site);

/* The stack of a call path that a memo knows, or 0. */
uint32_t snarl_stack_recall(struct snarl_thread *self, struct snarl_site site);

/* The same where it stands at the first place, which is where nearly all do: without a call. */
static inline uint32_t snarl_stack_recall_quickly(struct snarl_thread *self, struct snarl_site site)
{
    const struct snarl_memo *memo = snarl_memo_of(self, site, 0);
    return __builtin_expect(snarl_memo_matches(memo, site), 1) ? memo->stack : 0;
}

/* The above, or if need be the one before it. */
static inline uint32_t snarl_stack_of(struct snarl_thread *self, struct snarl_site site)
{
    uint32_t stack = snarl_stack_recall(self, site);
    return stack != 0 ? stack : snarl_stack_capture(self, site);
}

/* Holds libunwind still across a fork, if that can be had; what it says is given to the other one,
 * on both sides. */
bool snarl_stacks_before_fork(void);
void snarl_stacks_after_fork(bool held);

/* When a child begins its session: one that came to be without the above, in the middle of another
 * thread's unwinding, does without libunwind, whose own lock nobody will ever release. */
void snarl_stacks_in_child(void);

/* After the host unloaded something: addresses may mean other functions from now on. */
void snarl_stacks_after_unload(void);

#endif
