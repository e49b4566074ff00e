/*
 * The originals of the intercepted calls: snarl_real.NAME.
 *
 * All pointers are published together, once, by the first call that needs one. Calls that come
 * while that happens (dlsym may allocate, and the allocator may lock) are served by the aliases
 * that glibc exports under reserved names, or by nothing where there is none.
 */
#ifndef SNARL_PRELOAD_CALLS_H
#define SNARL_PRELOAD_CALLS_H

#include <dlfcn.h>
#include <link.h>
#include <pthread.h>
#include <semaphore.h>
#include <spawn.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <threads.h>
#include <time.h>

struct snarl_calls {
#define CALL(name, version, policy, result, parameters, arguments) result(*name) parameters;
#include "preload/calls.def"
#undef CALL
};

/* Their numbers, from 1, as rows and the calls fact have them. */
enum snarl_call {
    SNARL_CALL_NONE,
#define CALL(name, version, policy, result, parameters, arguments) SNARL_CALL_##name,
#include "preload/calls.def"
#undef CALL
    SNARL_CALL_END,
};

extern struct snarl_calls snarl_real;

/* Every name in order, each terminated; and how many bytes that is. */
extern const char snarl_call_names[];
extern const unsigned snarl_call_names_size;

/* Makes snarl_real whole if it is not yet. Any thread, any time; cheap when it is. */
void snarl_calls_resolve(void);

/* The same, but if a thread is at it (this one too) it is left to that, and false. */
bool snarl_calls_resolve_if_free(void);

/* True once snarl_real is whole. */
extern bool snarl_calls_resolved;

#define SNARL_EXPORT __attribute__((visibility("default")))

/* glibc exports it, and pthread_atfork calls it, but no header declares it. */
int __register_atfork(void (*prepare)(void), void (*parent)(void), void (*child)(void),
                      void *owner);

/* The same is true of these, which stdio's own macros called. */
void _IO_flockfile(FILE *file);
int _IO_ftrylockfile(FILE *file);
void _IO_funlockfile(FILE *file);

/* The original of a call, at any time. */
#define SNARL_REAL(name)                                                                           \
    ((__builtin_expect(__atomic_load_n(&snarl_calls_resolved, __ATOMIC_ACQUIRE), 1)                \
          ? &snarl_real                                                                            \
          : (snarl_calls_resolve(), &snarl_real))                                                  \
         ->name)

#endif
