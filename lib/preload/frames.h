/*
 * Frames of the stack that are left: what lived in one has come to an end, as seen at the thread's
 * next intercepted call.
 *
 * A frame is known to be left when a call comes from above it; or, if the program has been there
 * since without a call of ours, when the word to which the frame was to return has changed. The
 * former is checked at every call, by one comparison; the latter where a lock in the stack is
 * taken.
 *
 * Judged is only a thread's own stack: what runs on a signal's or a coroutine's leaves no frame of
 * it.
 */
#ifndef SNARL_PRELOAD_FRAMES_H
#define SNARL_PRELOAD_FRAMES_H

#include "preload/stacks.h"
#include "preload/thread.h"

/* Finds out where the calling thread's stack lies. `frame` is a frame on it. Session lock. */
void snarl_frames_attach(struct snarl_thread *self, uintptr_t frame);

/* The thread ends: what lived in its stack, and among its thread-local variables, is over. Session
 * lock. */
void snarl_frames_detach(struct snarl_thread *self);

/* An object has begun there: if that is in a stack, watches its frame. Session lock. */
void snarl_frames_note(struct snarl_thread *self, uintptr_t address);

/* Calls `left` once when the calling thread calls us from a frame above `address`, which lies in
 * its stack: inside snarl's own code, without the session's lock. False if that cannot be watched.
 * Session lock. */
bool snarl_frames_watch(struct snarl_thread *self, uintptr_t address,
                        void (*left)(struct snarl_thread *self, uintptr_t address));

/* The same no more. Session lock. */
void snarl_frames_unwatch(struct snarl_thread *self, uintptr_t address,
                          void (*left)(struct snarl_thread *self, uintptr_t address));

/* For a call that is not quickly done: remembers where it comes from, and judges the frames by
 * where they return to. Inside snarl's own code, without the session's lock. */
void snarl_frames_check(struct snarl_thread *self, struct snarl_site site);

/* Frames may have been left. In a wrapper. */
void snarl_frames_left(struct snarl_thread *self, struct snarl_site site);

/* Whether frames may have been left, for a call from the frame. Where none is watched, one load. */
static inline __attribute__((always_inline)) bool
snarl_frames_may_be_left(const struct snarl_thread *self, uintptr_t frame)
{
    return __builtin_expect(__atomic_load_n(&self->watch_count, __ATOMIC_RELAXED) != 0, 0) &&
           (frame > self->lowest_watch || *self->lowest_return != self->lowest_returns_to);
}

#endif
