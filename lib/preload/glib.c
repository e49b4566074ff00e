/*
 * Hand-written wrappers: GLib's mutex, condition and once, which are built on bare futexes. (Its
 * recursive mutexes and reader-writer locks call POSIX threads, and are seen there.)
 *
 * GLib may be loaded late, and by a plugin that keeps it to itself: its calls still come to us, as
 * we stand first in the global scope, but the originals must be looked for where they are. Its
 * headers are not needed: the objects are known by their addresses alone.
 */
#include <dlfcn.h>
#include <string.h>

#include "preload/policies.h"
#include "preload/session.h"

#define GLIB_CALLS(LOOK_UP)                                                                        \
    LOOK_UP(g_mutex_init)                                                                          \
    LOOK_UP(g_mutex_clear)                                                                         \
    LOOK_UP(g_mutex_lock)                                                                          \
    LOOK_UP(g_mutex_trylock)                                                                       \
    LOOK_UP(g_mutex_unlock)                                                                        \
    LOOK_UP(g_cond_init)                                                                           \
    LOOK_UP(g_cond_clear)                                                                          \
    LOOK_UP(g_cond_wait)                                                                           \
    LOOK_UP(g_cond_wait_until)                                                                     \
    LOOK_UP(g_cond_signal)                                                                         \
    LOOK_UP(g_cond_broadcast)                                                                      \
    LOOK_UP(g_once_impl)                                                                           \
    LOOK_UP(g_once_init_enter)                                                                     \
    LOOK_UP(g_once_init_leave)

static void look_up_in(void *library, void *pointer, const char *name)
{
    void *found = dlsym(library, name);
    if (found != NULL)
        memcpy(pointer, &found, sizeof found);
}

static bool is_loaded; /* all of them are there */

static struct snarl_calls *load(void)
{
    void *library = SNARL_REAL(dlopen)("libglib-2.0.so.0", RTLD_LAZY | RTLD_NOLOAD);
#define LOOK_UP(name) look_up_in(library, &snarl_real.name, #name);
    if (library != NULL) {
        GLIB_CALLS(LOOK_UP)
    }
#undef LOOK_UP
    __atomic_store_n(&is_loaded, snarl_real.g_mutex_lock != NULL, __ATOMIC_RELEASE);
    return &snarl_real;
}

/* No header of ours declares them. */
#pragma GCC diagnostic ignored "-Wmissing-prototypes"

/* The originals. */
static struct snarl_calls *glib(void)
{
    return __builtin_expect(__atomic_load_n(&is_loaded, __ATOMIC_ACQUIRE), 1) ? &snarl_real
                                                                              : load();
}

/* The calling thread if it is to be recorded; notes the call. */
static inline __attribute__((always_inline)) struct snarl_thread *ready(enum snarl_call call)
{
    struct snarl_thread *self = snarl_thread_arrive();
    if (self != NULL)
        snarl_thread_note_call(self, call);
    return self;
}

#define BEGIN(name, KIND, object)                                                                  \
    glib()->name(object);                                                                          \
    struct snarl_thread *self = ready(SNARL_CALL_##name);                                          \
    if (self != NULL)                                                                              \
        snarl_lock_begin(self, SNARL_THING(KIND, object), 0, SNARL_SITE(), true);

#define END(name, KIND, object)                                                                    \
    struct snarl_thread *self = ready(SNARL_CALL_##name);                                          \
    if (self != NULL)                                                                              \
        snarl_lock_end(self, SNARL_THING(KIND, object), SNARL_SITE(), true, NULL);                 \
    glib()->name(object);

SNARL_EXPORT void g_mutex_init(void *mutex){BEGIN(g_mutex_init, G_MUTEX, mutex)}

SNARL_EXPORT void g_mutex_clear(void *mutex){END(g_mutex_clear, G_MUTEX, mutex)}

SNARL_EXPORT void g_cond_init(void *condition){BEGIN(g_cond_init, G_COND, condition)}

SNARL_EXPORT void g_cond_clear(void *condition){END(g_cond_clear, G_COND, condition)}

SNARL_EXPORT void g_mutex_lock(void *mutex)
{
    struct snarl_calls *real = glib();
    struct snarl_thread *self = ready(SNARL_CALL_g_mutex_lock);
    if (self == NULL) {
        real->g_mutex_lock(mutex);
        return;
    }
    struct snarl_thing thing = SNARL_THING(G_MUTEX, mutex);
    if (!real->g_mutex_trylock(mutex)) {
        struct snarl_wait_frame frame;
        snarl_lock_wait_begin(self, thing, SNARL_TAKING_BLOCKING, SNARL_SITE(), &frame);
        real->g_mutex_lock(mutex);
        snarl_wait_end(self, &frame);
        self = snarl_thread_ready(); /* a signal handler may have forked: this may be the child */
        if (self == NULL)
            return;
    }
    snarl_acquired(self, thing, SNARL_SITE(), SNARL_TAKING_BLOCKING);
}

SNARL_EXPORT int g_mutex_trylock(void *mutex)
{
    struct snarl_calls *real = glib();
    struct snarl_thread *self = ready(SNARL_CALL_g_mutex_trylock);
    int taken = real->g_mutex_trylock(mutex);
    if (taken && self != NULL)
        snarl_acquired(self, SNARL_THING(G_MUTEX, mutex), SNARL_SITE(), SNARL_TAKING_TRIED);
    return taken;
}

SNARL_EXPORT void g_mutex_unlock(void *mutex)
{
    struct snarl_thread *self = ready(SNARL_CALL_g_mutex_unlock);
    if (self != NULL)
        snarl_released(self, SNARL_THING(G_MUTEX, mutex), SNARL_SITE());
    glib()->g_mutex_unlock(mutex);
}

/* No waiters can be seen in it, so none is said to be lost. */
static void signalled(enum snarl_call call, void *condition, struct snarl_site site, uint32_t wake)
{
    struct snarl_thread *self = ready(call);
    if (self != NULL)
        snarl_wake(self, SNARL_THING(G_COND, condition), site, wake);
}

SNARL_EXPORT void g_cond_signal(void *condition)
{
    signalled(SNARL_CALL_g_cond_signal, condition, SNARL_SITE(), SNARL_WAKES_ONE);
    glib()->g_cond_signal(condition);
}

SNARL_EXPORT void g_cond_broadcast(void *condition)
{
    signalled(SNARL_CALL_g_cond_broadcast, condition, SNARL_SITE(), SNARL_WAKES_ALL);
    glib()->g_cond_broadcast(condition);
}

SNARL_EXPORT void g_cond_wait(void *condition, void *mutex)
{
    struct snarl_calls *real = glib();
    struct snarl_condition_wait wait = {.self = ready(SNARL_CALL_g_cond_wait),
                                        .condition = SNARL_THING(G_COND, condition),
                                        .mutex = SNARL_THING(G_MUTEX, mutex),
                                        .site = SNARL_SITE()};
    if (wait.self == NULL) {
        real->g_cond_wait(condition, mutex);
        return;
    }
    /* No cancellation point. */
    snarl_condition_wait_begin(&wait, 0);
    real->g_cond_wait(condition, mutex);
    snarl_condition_wait_end(&wait);
}

SNARL_EXPORT int g_cond_wait_until(void *condition, void *mutex, int64_t deadline)
{
    struct snarl_calls *real = glib();
    struct snarl_condition_wait wait = {.self = ready(SNARL_CALL_g_cond_wait_until),
                                        .condition = SNARL_THING(G_COND, condition),
                                        .mutex = SNARL_THING(G_MUTEX, mutex),
                                        .site = SNARL_SITE()};
    if (wait.self == NULL)
        return real->g_cond_wait_until(condition, mutex, deadline);
    snarl_condition_wait_begin(&wait, SNARL_WANT_ROW_TIMED);
    int signalled = real->g_cond_wait_until(condition, mutex, deadline);
    snarl_condition_wait_end(&wait);
    return signalled;
}

/* It is done already, and was waited for, or could have been. */
static void wanted(struct snarl_thread *self, struct snarl_thing thing, struct snarl_site site)
{
    if (self->depth > 0 && !snarl_acquire_was_wanted(self, thing, site))
        snarl_wanted_slow(self, thing, site);
}

/* Whoever is told to initialise holds it, until it says that it has. */
SNARL_EXPORT int g_once_init_enter(void *location)
{
    struct snarl_calls *real = glib();
    struct snarl_thread *self = ready(SNARL_CALL_g_once_init_enter);
    if (self == NULL)
        return real->g_once_init_enter(location);
    struct snarl_thing thing = SNARL_THING(G_ONCE, location);
    struct snarl_wait_frame frame;
    snarl_lock_wait_begin(self, thing, SNARL_TAKING_BLOCKING, SNARL_SITE(), &frame);
    int chosen = real->g_once_init_enter(location);
    snarl_wait_end(self, &frame);
    if (chosen)
        snarl_acquired(self, thing, SNARL_SITE(), SNARL_TAKING_BLOCKING);
    else
        wanted(self, thing, SNARL_SITE());
    return chosen;
}

SNARL_EXPORT void g_once_init_leave(void *location, size_t value)
{
    struct snarl_thread *self = ready(SNARL_CALL_g_once_init_leave);
    if (self != NULL)
        snarl_released(self, SNARL_THING(G_ONCE, location), SNARL_SITE());
    glib()->g_once_init_leave(location, value);
}

/* A call of g_once that is under way. */
struct once {
    struct snarl_thread *self;
    struct snarl_thing thing;
    struct snarl_site site;
    void *(*function)(void *);
    void *argument;
    struct snarl_wait_frame frame;
    bool waiting;
};

/* Instead of the function: this thread is the one that runs it. */
static void *run(void *data)
{
    struct once *once = data;
    once->waiting = false;
    snarl_wait_end(once->self, &once->frame);
    snarl_acquired(once->self, once->thing, once->site, SNARL_TAKING_BLOCKING);
    void *result = once->function(once->argument);
    struct snarl_thread *self = snarl_thread_ready(); /* another one in a child made by fork */
    if (self != NULL)
        snarl_released(self, once->thing, once->site);
    return result;
}

SNARL_EXPORT void *g_once_impl(void *control, void *(*function)(void *), void *argument)
{
    struct snarl_calls *real = glib();
    struct once once = {.self = ready(SNARL_CALL_g_once_impl),
                        .thing = SNARL_THING(G_ONCE, control),
                        .site = SNARL_SITE(),
                        .function = function,
                        .argument = argument,
                        .waiting = true};
    if (once.self == NULL)
        return real->g_once_impl(control, function, argument);
    snarl_lock_wait_begin(once.self, once.thing, SNARL_TAKING_BLOCKING, once.site, &once.frame);
    void *result = real->g_once_impl(control, run, &once);
    if (once.waiting) {
        snarl_wait_end(once.self, &once.frame);
        wanted(once.self, once.thing, once.site);
    }
    return result;
}
