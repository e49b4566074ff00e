/* What the files about misuse share. All with the session's lock. */
#ifndef SNARL_PRELOAD_MISUSE_PARTS_H
#define SNARL_PRELOAD_MISUSE_PARTS_H

#include <string.h>

#include "core/misuse.h"
#include "preload/acquire.h"
#include "preload/misuse.h"
#include "preload/session.h"

/* The other one, and where it did its part. */
struct snarl_party {
    uint32_t thread;
    uint32_t stack;
};

/* Of the kinds that glibc keeps in words. */
static inline bool snarl_misuse_judges(uint32_t kind)
{
    return kind >= SNARL_OBJECT_MUTEX && kind <= SNARL_OBJECT_BARRIER;
}

/* What a mutex, rwlock or spin lock says of itself. */
struct snarl_lock_word snarl_misuse_word(struct snarl_thing thing);

/* A mutex's kind, with what was made of it. */
static inline uint32_t snarl_misuse_mutex_kind(uintptr_t address)
{
    return (uint32_t)snarl_mutex_at(address)->__data.__kind;
}

/* The thread that its lock word names, if it is known and alive here; else NULL. */
struct snarl_thread *snarl_misuse_owner(struct snarl_lock_word word);

/* How often threads other than `self` hold it, by the books; and the first of them. */
uint32_t snarl_misuse_others(const struct snarl_thread *self, uintptr_t address,
                             struct snarl_party *first);

/* Whether it is held, by its word and by the books. */
bool snarl_misuse_is_held(struct snarl_thing thing, struct snarl_party *holder);

/* Whether a thread waits on it that nobody has woken. */
bool snarl_misuse_is_waited_on(struct snarl_thing thing, struct snarl_party *waiter);

/* Its number, with its fact in the recording. */
static inline uint32_t snarl_misuse_object(struct snarl_thread *self, struct snarl_thing thing)
{
    return snarl_object_id(self, thing, true);
}

/* A misuse with another party. */
static inline struct snarl_fact_misuse
snarl_misuse_fact(enum snarl_misuse misuse, enum snarl_severity severity, struct snarl_party other)
{
    return (struct snarl_fact_misuse){.misuse = misuse,
                                      .severity = severity,
                                      .other_thread = other.thread,
                                      .other_stack = other.stack};
}

#endif
