/*
 * Misuse of locks and of what else threads synchronise with: the rules.
 *
 * They judge by two witnesses: the words that glibc keeps in the object itself (its layout is part
 * of the binary interface, as static initialisers are compiled into programs), and the caller's
 * books of who holds what. Only what is certain is misuse: a lock that was taken before the books
 * were opened, or by a call that nobody sees, is nobody's fault.
 *
 * Pure: the words were read by the caller. Any thread, any time.
 */
#ifndef SNARL_CORE_MISUSE_H
#define SNARL_CORE_MISUSE_H

#include <stdbool.h>
#include <stdint.h>

/* What a lock says of itself. */
struct snarl_lock_word {
    bool free;        /* nobody has it */
    uint32_t owner;   /* the kernel's id of the one thread that has it; 0 where it does not say */
    uint32_t holders; /* how many have it, where it names none; 0 for one that is changing hands */
};

struct snarl_lock_word snarl_word_of_mutex(uint32_t kind, uint32_t lock, uint32_t owner);
struct snarl_lock_word snarl_word_of_rwlock(uint32_t readers, uint32_t writer);
struct snarl_lock_word snarl_word_of_spin(uint32_t value);

enum snarl_unlock {
    SNARL_UNLOCK_UNKNOWN,    /* not ours to judge */
    SNARL_UNLOCK_NOT_LOCKED, /* nobody has it */
    SNARL_UNLOCK_NOT_OWNER,  /* others have it, and the caller has not */
};

/* A thread, `caller`, releases a lock that it does not hold by the books. `owner_known`: the owner
 * of which the word speaks is another thread that is known and alive. `others`: how often other
 * threads hold it by the books. */
enum snarl_unlock snarl_misuse_unlock(struct snarl_lock_word word, uint32_t caller,
                                      bool owner_known, uint32_t others);

/* Whether libc says EPERM to whoever releases a mutex of that kind and does not hold it. */
bool snarl_mutex_checks_owner(uint32_t kind);

/* Whether destroying it has made it what it is. */
bool snarl_mutex_is_destroyed(uint32_t kind);

/* Whether nothing that initialises a mutex can have made that kind. */
bool snarl_mutex_is_garbage(uint32_t kind);

/* The words of glibc's pthread_cond_t, in their order. */
struct snarl_condition_words {
    uint64_t waiters;     /* ever come, times 2; bit 0: which of the two groups takes newcomers */
    uint64_t first_start; /* the waiter, by that count, that the older group begins with; times 2 */
    uint32_t references[2];
    uint32_t size[2]; /* of the groups: who waits unsignalled in the older one; a correction in the
                         newer */
    uint32_t
        first_size;   /* of the older group in the beginning, times 4; the lower bits are a lock */
    uint32_t present; /* waiters still inside, times 8; bit 2: destroyed, bit 0: shared */
    uint32_t signals[2];
};

/* How many threads wait that no signal or broadcast has been meant for. */
uint32_t snarl_condition_unsignalled(const struct snarl_condition_words *words);
bool snarl_condition_is_destroyed(const struct snarl_condition_words *words);
bool snarl_condition_is_shared(const struct snarl_condition_words *words);

/* The words of glibc's pthread_barrier_t. */
struct snarl_barrier_words {
    uint32_t in;    /* arrivals ever */
    uint32_t round; /* arrivals in the rounds that are complete */
    uint32_t count;
    uint32_t shared;
    uint32_t out;
};

/* How many threads wait for the others of their round. */
uint32_t snarl_barrier_waiting(const struct snarl_barrier_words *words);
bool snarl_barrier_is_unset(const struct snarl_barrier_words *words);

/* The words of glibc's sem_t. */
struct snarl_semaphore_words {
    uint32_t value;
    uint32_t waiting;
    uint32_t sharing; /* 0 for private, 128 for shared */
    uint32_t padding;
};

bool snarl_semaphore_has_waiters(const struct snarl_semaphore_words *words);

/* All zeros: a semaphore of value 0, or none at all. Or nothing that sem_init makes. */
bool snarl_semaphore_may_be_unset(const struct snarl_semaphore_words *words);

#endif
