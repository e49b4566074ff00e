#include "preload/calls.h"

#include <string.h>

#include "preload/memory.h"
#include "preload/own_lock.h"

/* glibc's aliases of what an allocator may call while dlsym is at work: ALIAS(name). They are there
 * for old programs, under the version of the first x86-64 port only. */
#define ALIASES(ALIAS)                                                                             \
    ALIAS(mutex_init, (pthread_mutex_t *, const pthread_mutexattr_t *))                            \
    ALIAS(mutex_destroy, (pthread_mutex_t *))                                                      \
    ALIAS(mutex_lock, (pthread_mutex_t *))                                                         \
    ALIAS(mutex_trylock, (pthread_mutex_t *))                                                      \
    ALIAS(mutex_unlock, (pthread_mutex_t *))

#define ALIAS(name, parameters)                                                                    \
    int snarl_alias_##name parameters;                                                             \
    __asm__(".symver snarl_alias_" #name ", __pthread_" #name "@GLIBC_2.2.5");
ALIASES(ALIAS)
#undef ALIAS

struct snarl_calls snarl_real = {
#define ALIAS(name, parameters) .pthread_##name = snarl_alias_##name,
    ALIASES(ALIAS)
#undef ALIAS
        .free = snarl_memory_early_free,
    .realloc = snarl_memory_early_realloc,
    .munmap = snarl_memory_early_munmap,
    .mremap = snarl_memory_early_mremap,
};

bool snarl_calls_resolved;

const char snarl_call_names[] =
#define CALL(name, version, policy, result, parameters, arguments) #name "\0"
#include "preload/calls.def"
#undef CALL
    ;
const unsigned snarl_call_names_size = sizeof snarl_call_names - 1;

static struct snarl_own_lock resolving;
static pid_t resolver; /* the thread at it; dlsym is declared leaf, so this must be atomic */

/* Puts the address into a function pointer of any type: by its bits, as POSIX means dlsym to be
 * used, where ISO C has no conversion. */
static void look_up(void *pointer, const char *name, const char *version)
{
    void *found = NULL;
    if (version != NULL && *version == '\0') {
        memcpy(pointer, &found, sizeof found);
        return;
    }
    found = version != NULL ? dlvsym(RTLD_NEXT, name, version) : NULL;
    if (found == NULL)
        found = dlsym(RTLD_NEXT, name);
    memcpy(pointer, &found, sizeof found);
}

/* For who has `resolving`. */
static void resolve(pid_t self)
{
    if (snarl_calls_resolved)
        return;
    __atomic_store_n(&resolver, self, __ATOMIC_SEQ_CST);
    struct snarl_calls found;
#define CALL(name, version, policy, result, parameters, arguments)                                 \
    look_up(&found.name, #name, version);
#include "preload/calls.def"
#undef CALL
    snarl_real = found;
    __atomic_store_n(&snarl_calls_resolved, true, __ATOMIC_RELEASE);
    __atomic_store_n(&resolver, 0, __ATOMIC_SEQ_CST);
}

void snarl_calls_resolve(void)
{
    pid_t self = (pid_t)syscall(SYS_gettid);
    if (__atomic_load_n(&resolver, __ATOMIC_SEQ_CST) == self)
        return; /* called from within dlsym: the aliases must do */
    snarl_own_lock_take(&resolving);
    resolve(self);
    snarl_own_lock_release(&resolving);
}

bool snarl_calls_resolve_if_free(void)
{
    if (!snarl_own_lock_try(&resolving))
        return false;
    resolve((pid_t)syscall(SYS_gettid));
    snarl_own_lock_release(&resolving);
    return true;
}
