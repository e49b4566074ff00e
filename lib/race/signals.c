#include "race/signals.h"

#include <dlfcn.h>
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "race/regions.h"

#define EXPORT __attribute__((visibility("default")))

static struct sigaction host; /* what the host has asked for */
static snarl_signal_taker *take;
static bool started, lost;
static void (*tell_of_loss)(void);

/* Whether the calling thread's mask says to the host that ours is blocked, and whether one came
 * meanwhile. */
static __thread bool blocked __attribute__((tls_model("initial-exec")));
static __thread bool pending __attribute__((tls_model("initial-exec")));

/* The frame of a handler of the host's that has it blocked while it runs. */
static __thread struct {
    const char *frame; /* NULL for none */
    bool blocked_before;
} within __attribute__((tls_model("initial-exec")));

static struct {
    int (*sigaction)(int, const struct sigaction *, struct sigaction *);
    sighandler_t (*signal)(int, sighandler_t);
    int (*pthread_sigmask)(int, const sigset_t *, sigset_t *);
    int (*sigprocmask)(int, const sigset_t *, sigset_t *);
    int (*sigwait)(const sigset_t *, int *);
    int (*sigwaitinfo)(const sigset_t *, siginfo_t *);
    int (*sigtimedwait)(const sigset_t *, siginfo_t *, const struct timespec *);
    int (*signalfd)(int, const sigset_t *, int);
    int (*sigpending)(sigset_t *);
    int (*sigsuspend)(const sigset_t *);
    int (*ppoll)(struct pollfd *, nfds_t, const struct timespec *, const sigset_t *);
    int (*pselect)(int, fd_set *, fd_set *, fd_set *, const struct timespec *, const sigset_t *);
    int (*epoll_pwait)(int, struct epoll_event *, int, int, const sigset_t *);
} real;

static void resolve(void)
{
    if (real.sigaction != NULL)
        return;
#define LOOK_UP(name)                                                                              \
    do {                                                                                           \
        void *found = dlsym(RTLD_NEXT, #name);                                                     \
        memcpy(&real.name, &found, sizeof found);                                                  \
    } while (0)
    LOOK_UP(signal);
    LOOK_UP(pthread_sigmask);
    LOOK_UP(sigprocmask);
    LOOK_UP(sigwait);
    LOOK_UP(sigwaitinfo);
    LOOK_UP(sigtimedwait);
    LOOK_UP(signalfd);
    LOOK_UP(sigpending);
    LOOK_UP(sigsuspend);
    LOOK_UP(ppoll);
    LOOK_UP(pselect);
    LOOK_UP(epoll_pwait);
    LOOK_UP(sigaction);
#undef LOOK_UP
}

/* What the signal does by default ends the process: as it would have without us. */
static void die(void)
{
    struct sigaction usual = {.sa_handler = SIG_DFL};
    sigset_t set;
    real.sigaction(SIGTRAP, &usual, NULL);
    sigemptyset(&set);
    sigaddset(&set, SIGTRAP);
    syscall(SYS_tgkill, getpid(), syscall(SYS_gettid), SIGTRAP);
    real.pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}

/* Gives the host what came while it had it blocked. */
static void deliver(void)
{
    pending = false;
    syscall(SYS_tgkill, getpid(), syscall(SYS_gettid), SIGTRAP);
}

/* The handler may have been left by a jump, which has restored the mask from before it. `here`: in
 * the stack, where the host's code is. */
static void notice_jump(const char *here)
{
    if (within.frame == NULL)
        return;
    stack_t stack;
    syscall(SYS_sigaltstack, NULL, &stack);
    bool frame_aside = (size_t)(within.frame - (const char *)stack.ss_sp) < stack.ss_size;
    bool here_aside = (size_t)(here - (const char *)stack.ss_sp) < stack.ss_size;
    if (frame_aside == here_aside ? here < within.frame : here_aside)
        return;
    within.frame = NULL;
    blocked = within.blocked_before;
}

static void call_handler(const struct sigaction *action, siginfo_t *info, ucontext_t *context)
{
    if (action->sa_flags & SA_SIGINFO)
        action->sa_sigaction(SIGTRAP, info, context);
    else
        action->sa_handler(SIGTRAP);
}

/* What comes meanwhile comes afterwards, to the code that was interrupted. */
static void call_handler_blocked(const struct sigaction *action, siginfo_t *info,
                                 ucontext_t *context)
{
    sigset_t all;
    within.frame = (const char *)context;
    within.blocked_before = blocked;
    blocked = true;
    call_handler(action, info, context);
    blocked = within.blocked_before;
    within.frame = NULL;
    if (!pending || blocked)
        return;
    sigfillset(&all);
    real.pthread_sigmask(SIG_SETMASK, &all, NULL);
    deliver();
}

/* Calls the host's handler as the kernel would: with the mask that it has asked for. */
static void call_host(siginfo_t *info, ucontext_t *context)
{
    struct sigaction action = host;
    sigset_t mask = context->uc_sigmask;
    if (action.sa_handler == SIG_IGN)
        return;
    if (action.sa_handler == SIG_DFL) {
        die();
        return;
    }
    if (action.sa_flags & (int)SA_RESETHAND)
        host.sa_handler = SIG_DFL;
    sigorset(&mask, &mask, &action.sa_mask);
    sigdelset(&mask, SIGTRAP);
    real.pthread_sigmask(SIG_SETMASK, &mask, NULL);
    if (action.sa_flags & SA_NODEFER && !sigismember(&action.sa_mask, SIGTRAP))
        call_handler(&action, info, context);
    else
        call_handler_blocked(&action, info, context);
}

static void handle(int signal, siginfo_t *info, void *data)
{
    int error = errno;
    ucontext_t *context = data;
    (void)signal;
    if (!take(info, context)) {
        notice_jump((const char *)context->uc_mcontext.gregs[REG_RSP]);
        if (blocked)
            pending = true;
        else
            call_host(info, context);
    }
    errno = error;
}

static bool install(void)
{
    struct sigaction action = {.sa_sigaction = handle, .sa_flags = SA_SIGINFO};
    bool handled = host.sa_handler != SIG_DFL && host.sa_handler != SIG_IGN;
    /* A handler of the host's runs where it counts on, and interrupts what it counts on. */
    action.sa_flags |=
        handled ? host.sa_flags & (SA_RESTART | SA_ONSTACK) : SA_RESTART | SA_ONSTACK;
    sigfillset(&action.sa_mask);
    return real.sigaction(SIGTRAP, &action, NULL) == 0;
}

bool snarl_signals_start(snarl_signal_taker *taker, void (*on_loss)(void))
{
    resolve();
    tell_of_loss = on_loss;
    take = taker;
    sigset_t mask, ours;
    real.pthread_sigmask(SIG_BLOCK, NULL, &mask);
    if (real.sigaction(SIGTRAP, NULL, &host) != 0 || !install())
        return false;
    blocked = sigismember(&mask, SIGTRAP) == 1;
    sigemptyset(&ours);
    sigaddset(&ours, SIGTRAP);
    real.pthread_sigmask(SIG_UNBLOCK, &ours, NULL);
    started = true;
    return true;
}

bool snarl_signals_are_lost(void)
{
    return lost;
}

EXPORT int sigaction(int signal, const struct sigaction *action, struct sigaction *before)
{
    resolve();
    if (signal != SIGTRAP || !started)
        return real.sigaction(signal, action, before);
    if (before != NULL)
        *before = host;
    if (action != NULL) {
        host = *action;
        install();
    }
    return 0;
}

EXPORT sighandler_t signal(int number, sighandler_t handler)
{
    resolve();
    if (number != SIGTRAP || !started)
        return real.signal(number, handler); /* which heeds what siginterrupt(3) has asked for */
    struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART}, before;
    return sigaction(number, &action, &before) == 0 ? before.sa_handler : SIG_ERR;
}

static bool names_ours(const sigset_t *set)
{
    return sigismember(set, SIGTRAP) == 1;
}

static sigset_t without_ours(const sigset_t *set)
{
    sigset_t without = *set;
    sigdelset(&without, SIGTRAP);
    return without;
}

/* The mask without ours; what the host is told, and sees, of it is kept aside. */
static int change_mask(int (*change)(int, const sigset_t *, sigset_t *), int how,
                       const sigset_t *set, sigset_t *before)
{
    notice_jump(__builtin_frame_address(0));
    sigset_t without;
    bool named = false, was = blocked;
    if (set != NULL) {
        without = without_ours(set);
        named = names_ours(set);
    }
    int result = change(how, set != NULL ? &without : NULL, before);
    if (result != 0)
        return result;
    if (before != NULL && was)
        sigaddset(before, SIGTRAP);
    if (set == NULL)
        return result;
    blocked = how == SIG_BLOCK ? was || named : how == SIG_UNBLOCK ? was && !named : named;
    if (pending && !blocked)
        deliver();
    return result;
}

/* libunwind saves and restores masks, with all signals blocked by snarl: none of the host's doing.
 */
#define IS_HOST (started && !snarl_regions_is_foreign((uintptr_t)__builtin_return_address(0)))

EXPORT int pthread_sigmask(int how, const sigset_t *set, sigset_t *before)
{
    resolve();
    return IS_HOST ? change_mask(real.pthread_sigmask, how, set, before)
                   : real.pthread_sigmask(how, set, before);
}

EXPORT int sigprocmask(int how, const sigset_t *set, sigset_t *before)
{
    resolve();
    return IS_HOST ? change_mask(real.sigprocmask, how, set, before)
                   : real.sigprocmask(how, set, before);
}

EXPORT int sigpending(sigset_t *set)
{
    resolve();
    int result = real.sigpending(set);
    if (result == 0 && pending)
        sigaddset(set, SIGTRAP);
    return result;
}

static bool concerns_us(const sigset_t *mask)
{
    return started && mask != NULL;
}

/* A call that waits with another mask. Where that lets something through which has come already,
 * the host gets it now, and the call is interrupted. */
#define WAIT_WITH(mask, call)                                                                      \
    resolve();                                                                                     \
    if (!concerns_us(mask))                                                                        \
        return call;                                                                               \
    notice_jump(__builtin_frame_address(0));                                                       \
    bool was = blocked;                                                                            \
    int result = -1;                                                                               \
    blocked = names_ours(mask);                                                                    \
    if (pending && !blocked) {                                                                     \
        deliver();                                                                                 \
        errno = EINTR;                                                                             \
    } else {                                                                                       \
        sigset_t without = without_ours(mask);                                                     \
        (mask) = &without;                                                                         \
        result = call;                                                                             \
    }                                                                                              \
    blocked = was;                                                                                 \
    return result

EXPORT int sigsuspend(const sigset_t *mask)
{
    WAIT_WITH(mask, real.sigsuspend(mask));
}

EXPORT int ppoll(struct pollfd *descriptors, nfds_t count, const struct timespec *timeout,
                 const sigset_t *mask)
{
    WAIT_WITH(mask, real.ppoll(descriptors, count, timeout, mask));
}

EXPORT int pselect(int count, fd_set *reads, fd_set *writes, fd_set *exceptions,
                   const struct timespec *timeout, const sigset_t *mask)
{
    WAIT_WITH(mask, real.pselect(count, reads, writes, exceptions, timeout, mask));
}

EXPORT int epoll_pwait(int epoll, struct epoll_event *events, int most, int timeout,
                       const sigset_t *mask)
{
    WAIT_WITH(mask, real.epoll_pwait(epoll, events, most, timeout, mask));
}

/* Whoever waits for ours would wait in vain: from here on it is the host's. Whether one has come
 * already, which the host has herewith. */
static bool give_up(const sigset_t *set)
{
    if (!started || !names_ours(set))
        return false;
    if (!__atomic_exchange_n(&lost, true, __ATOMIC_RELAXED))
        tell_of_loss();
    real.pthread_sigmask(SIG_BLOCK, set, NULL); /* which the host has done: in truth now */
    bool came = pending;
    pending = false;
    return came;
}

EXPORT int sigwait(const sigset_t *set, int *signal)
{
    resolve();
    if (!give_up(set))
        return real.sigwait(set, signal);
    *signal = SIGTRAP;
    return 0;
}

static int describe(siginfo_t *info)
{
    if (info != NULL)
        *info = (siginfo_t){.si_signo = SIGTRAP, .si_code = SI_USER};
    return SIGTRAP;
}

EXPORT int sigwaitinfo(const sigset_t *set, siginfo_t *info)
{
    resolve();
    return give_up(set) ? describe(info) : real.sigwaitinfo(set, info);
}

EXPORT int sigtimedwait(const sigset_t *set, siginfo_t *info, const struct timespec *timeout)
{
    resolve();
    return give_up(set) ? describe(info) : real.sigtimedwait(set, info, timeout);
}

EXPORT int signalfd(int descriptor, const sigset_t *set, int flags)
{
    resolve();
    give_up(set);
    return real.signalfd(descriptor, set, flags);
}
