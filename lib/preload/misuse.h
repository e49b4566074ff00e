/*
 * Misuse of the calls: noticed where it happens, written down once for each place in the program.
 *
 * Only what is certain (see core/misuse.h): a lock that was taken before we were there, or by a
 * call that we do not see, is nobody's fault. What libc refuses with an error is a warning at most.
 *
 * For the calling thread, before the real call unless it says otherwise. READY, but for those that
 * are said to be inside snarl's own code. errno is preserved.
 */
#ifndef SNARL_PRELOAD_MISUSE_H
#define SNARL_PRELOAD_MISUSE_H

#include <stdbool.h>

#include "base/hash.h"
#include "core/finding.h"
#include "preload/object.h"
#include "preload/options.h"

/* Notes a misuse, of which `fact` says everything but the header, the thread and its stack; that
 * one too if the site is {0}. Inside, without the session's lock. */
void snarl_misuse_note(struct snarl_thread *self, struct snarl_site site,
                       struct snarl_fact_misuse fact);

/* A lock that the thread does not hold is about to be released. Whether that will take effect.
 * Inside. */
bool snarl_misuse_of_release(struct snarl_thread *self, struct snarl_thing thing,
                             struct snarl_site site);

/* libc has refused a lock. */
void snarl_misuse_of_lock(struct snarl_thread *self, struct snarl_thing thing,
                          struct snarl_site site, int result);

/* Whether libc will refuse to lock it, since the caller has it already. */
bool snarl_misuse_is_recursion(const struct snarl_thread *self, struct snarl_thing thing);

/* It is about to be initialised, or destroyed. */
void snarl_misuse_of_begin(struct snarl_thread *self, struct snarl_thing thing,
                           struct snarl_site site);
void snarl_misuse_of_end(struct snarl_thread *self, struct snarl_thing thing,
                         struct snarl_site site);

/* A condition is about to be waited for with a mutex that the thread does not hold by the books.
 * Whether it will hold it afterwards all the same. */
bool snarl_misuse_of_wait(struct snarl_thread *self, struct snarl_thing condition,
                          struct snarl_thing mutex, struct snarl_site site);

/* The wait has been published: may other threads wait with another mutex? */
void snarl_misuse_of_pair_slow(struct snarl_thread *self, struct snarl_thing condition,
                               struct snarl_thing mutex, struct snarl_site site);

/* Where the thread keeps that it has waited with both, and what it keeps there. */
static inline uint64_t snarl_misuse_pair(struct snarl_thing condition, struct snarl_thing mutex)
{
    uint64_t generation = __atomic_load_n(snarl_generation_of(condition.address), __ATOMIC_SEQ_CST);
    return snarl_hash_mix(condition.address ^ generation << 48, mutex.address);
}

static inline void snarl_misuse_of_pair(struct snarl_thread *self, struct snarl_thing condition,
                                        struct snarl_thing mutex, struct snarl_site site)
{
    uint64_t pair = snarl_misuse_pair(condition, mutex);
    if (__builtin_expect(self->waits_seen[pair % SNARL_WAITS_SEEN] != pair, 0))
        snarl_misuse_of_pair_slow(self, condition, mutex, site);
}

/* A condition is signalled. */
void snarl_misuse_of_signal_slow(struct snarl_thread *self, struct snarl_thing condition,
                                 struct snarl_site site);

static inline void snarl_misuse_of_signal(struct snarl_thread *self, struct snarl_thing condition,
                                          struct snarl_site site)
{
    if (__builtin_expect(snarl_options.signal_without_lock, 0))
        snarl_misuse_of_signal_slow(self, condition, site);
}

/* A thread is about to be joined. False if it is the caller itself: libc refuses that. */
bool snarl_misuse_of_join(struct snarl_thread *self, pthread_t handle, struct snarl_site site);
void snarl_misuse_of_detach(struct snarl_thread *self, pthread_t handle, struct snarl_site site);

/* The thread ends, after its last destructor. Inside. */
void snarl_misuse_of_exit(struct snarl_thread *self);

/* What was used before it was known to us: suspected while that is looked into, noted when it can
 * be. The former: with the session's lock, `former` being what lived there until now, or NULL. The
 * latter: inside, without it, after every call of the former for the same thing. */
void snarl_misuse_suspect(struct snarl_thread *self, struct snarl_thing thing,
                          struct snarl_object *former);
void snarl_misuse_settle_slow(struct snarl_thread *self, struct snarl_thing thing,
                              struct snarl_site site);

static inline void snarl_misuse_settle(struct snarl_thread *self, struct snarl_thing thing,
                                       struct snarl_site site)
{
    if (__builtin_expect(self->suspected != 0 && self->suspected == thing.address, 0))
        snarl_misuse_settle_slow(self, thing, site);
}

/* Notes for later. All with the session's lock. */

/* A life has begun by a call that initialises, or has ended at `stack` by one that destroys. */
void snarl_misuse_has_begun(struct snarl_thing thing);
void snarl_misuse_has_ended(struct snarl_thread *self, struct snarl_thing thing, uint32_t stack);

/* What lay there has gone with its memory. */
void snarl_misuse_forget(uintptr_t start, uintptr_t end);

/* A thread was joined or detached by `by`, at that stack; or has ended, detached; or its handle is
 * another one's. The last one needs no lock: any thread, any time. */
void snarl_misuse_joined(pthread_t handle, uint32_t thread, uint32_t by, uint32_t stack);
void snarl_misuse_detached(pthread_t handle, uint32_t thread, uint32_t by, uint32_t stack);
void snarl_misuse_ended_detached(const struct snarl_thread *thread);
void snarl_misuse_handle_given(pthread_t handle);

/* A call that initialises went by unseen. Any thread, any time, no lock. */
void snarl_misuse_missed_begin(enum snarl_object_kind kind);

#endif
