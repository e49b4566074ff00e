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

enum {
    TRAP,
    PROFILE,
    MOST,
};

static const int numbers[MOST] = {[TRAP] = SIGTRAP, [PROFILE] = SIGPROF};
static int ours;                    /* the first of them */
static struct sigaction host[MOST]; /* what the host has asked for */
static snarl_signal_taker *takers[MOST];
static bool started, lost;
static void (*tell_of_loss)(void);

/* What the calling thread's mask says of ours to the host, and what came meanwhile; bits. */
static __thread unsigned blocked __attribute__((tls_model("initial-exec")));
static __thread unsigned pending __attribute__((tls_model("initial-exec")));

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

static int index_of(int signal)
{
    for (int i = 0; i < ours; i++)
        if (numbers[i] == signal)
            return i;
    return -1;
}

/* What the signal does by default ends the process: as it would have without us. */
static void die_of(int signal)
{
    struct sigaction usual = {.sa_handler = SIG_DFL};
    sigset_t set;
    real.sigaction(signal, &usual, NULL);
    sigemptyset(&set);
    sigaddset(&set, signal);
    syscall(SYS_tgkill, getpid(), syscall(SYS_gettid), signal);
    real.pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}

/* Calls the host's handler as the kernel would: with the mask that it has asked for. */
static void call_host(int which, siginfo_t *info, ucontext_t *context)
{
    struct sigaction action = host[which];
    sigset_t mask = context->uc_sigmask;
    if (action.sa_handler == SIG_IGN)
        return;
    if (action.sa_handler == SIG_DFL) {
        die_of(numbers[which]);
        return;
    }
    if (action.sa_flags & (int)SA_RESETHAND)
        host[which].sa_handler = SIG_DFL;
    sigorset(&mask, &mask, &action.sa_mask);
    for (int i = 0; i < ours; i++)
        sigdelset(&mask, numbers[i]);
    real.pthread_sigmask(SIG_SETMASK, &mask, NULL);
    if (action.sa_flags & SA_SIGINFO)
        action.sa_sigaction(numbers[which], info, context);
    else
        action.sa_handler(numbers[which]);
}

static void handle(int signal, siginfo_t *info, void *data)
{
    int which = index_of(signal), error = errno;
    ucontext_t *context = data;
    if (!takers[which](info, context)) {
        if (blocked & 1u << which)
            pending |= 1u << which;
        else
            call_host(which, info, context);
    }
    errno = error;
}

static bool install(int which)
{
    struct sigaction action = {.sa_sigaction = handle, .sa_flags = SA_SIGINFO};
    bool handled = host[which].sa_handler != SIG_DFL && host[which].sa_handler != SIG_IGN;
    /* A handler of the host's runs where it counts on, and interrupts what it counts on. */
    action.sa_flags |=
        handled ? host[which].sa_flags & (SA_RESTART | SA_ONSTACK) : SA_RESTART | SA_ONSTACK;
    sigfillset(&action.sa_mask);
    return real.sigaction(numbers[which], &action, NULL) == 0;
}

bool snarl_signals_start(snarl_signal_taker *on_trap, snarl_signal_taker *on_profile,
                         void (*on_loss)(void))
{
    resolve();
    tell_of_loss = on_loss;
    takers[TRAP] = on_trap;
    takers[PROFILE] = on_profile;
    ours = on_profile != NULL ? MOST : PROFILE;
    sigset_t mask, all;
    sigemptyset(&all);
    real.pthread_sigmask(SIG_BLOCK, NULL, &mask);
    for (int i = 0; i < ours; i++) {
        if (real.sigaction(numbers[i], NULL, &host[i]) != 0 || !install(i))
            return false;
        sigaddset(&all, numbers[i]);
        blocked |= (unsigned)(sigismember(&mask, numbers[i]) == 1) << i;
    }
    real.pthread_sigmask(SIG_UNBLOCK, &all, NULL);
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
    int which = index_of(signal);
    if (which < 0 || !started)
        return real.sigaction(signal, action, before);
    if (before != NULL)
        *before = host[which];
    if (action != NULL) {
        host[which] = *action;
        install(which);
    }
    return 0;
}

EXPORT sighandler_t signal(int number, sighandler_t handler)
{
    resolve();
    if (index_of(number) < 0 || !started)
        return real.signal(number, handler); /* which heeds what siginterrupt(3) has asked for */
    struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART}, before;
    return sigaction(number, &action, &before) == 0 ? before.sa_handler : SIG_ERR;
}

/* Gives the host what came while it had it blocked. */
static void deliver(unsigned which)
{
    for (int i = 0; i < ours; i++)
        if (which & 1u << i) {
            pending &= ~(1u << i);
            syscall(SYS_tgkill, getpid(), syscall(SYS_gettid), numbers[i]);
        }
}

/* Those of ours that the set names. */
static unsigned named_by(const sigset_t *set)
{
    unsigned named = 0;
    for (int i = 0; i < ours; i++)
        named |= (unsigned)(sigismember(set, numbers[i]) == 1) << i;
    return named;
}

static sigset_t without_ours(const sigset_t *set)
{
    sigset_t without = *set;
    for (int i = 0; i < ours; i++)
        sigdelset(&without, numbers[i]);
    return without;
}

/* The mask without ours; what the host is told, and sees, of them is kept aside. */
static int change_mask(int (*change)(int, const sigset_t *, sigset_t *), int how,
                       const sigset_t *set, sigset_t *before)
{
    sigset_t without;
    unsigned named = 0, was = blocked;
    if (set != NULL) {
        without = without_ours(set);
        named = named_by(set);
    }
    int result = change(how, set != NULL ? &without : NULL, before);
    if (result != 0)
        return result;
    for (int i = 0; before != NULL && i < ours; i++)
        if (was & 1u << i)
            sigaddset(before, numbers[i]);
    if (set == NULL)
        return result;
    blocked = how == SIG_BLOCK ? was | named : how == SIG_UNBLOCK ? was & ~named : named;
    deliver(pending & ~blocked);
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
    for (int i = 0; result == 0 && i < ours; i++)
        if (pending & 1u << i)
            sigaddset(set, numbers[i]);
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
    unsigned was = blocked;                                                                        \
    int result = -1;                                                                               \
    blocked = named_by(mask);                                                                      \
    if (pending & ~blocked) {                                                                      \
        deliver(pending & ~blocked);                                                               \
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

/* Whoever waits for one of ours would wait in vain: from here on they are the host's. Returns one
 * that has come already, which the host has herewith; 0 for none. */
static int give_up(const sigset_t *set)
{
    unsigned named = started ? named_by(set) : 0;
    if (named == 0)
        return 0;
    if (!__atomic_exchange_n(&lost, true, __ATOMIC_RELAXED))
        tell_of_loss();
    real.pthread_sigmask(SIG_BLOCK, set, NULL); /* which the host has done: in truth now */
    for (int i = 0; i < ours; i++)
        if (pending & named & 1u << i) {
            pending &= ~(1u << i);
            return numbers[i];
        }
    return 0;
}

EXPORT int sigwait(const sigset_t *set, int *signal)
{
    resolve();
    int here = give_up(set);
    if (here == 0)
        return real.sigwait(set, signal);
    *signal = here;
    return 0;
}

static int describe(int signal, siginfo_t *info)
{
    if (info != NULL)
        *info = (siginfo_t){.si_signo = signal, .si_code = SI_USER};
    return signal;
}

EXPORT int sigwaitinfo(const sigset_t *set, siginfo_t *info)
{
    resolve();
    int here = give_up(set);
    return here != 0 ? describe(here, info) : real.sigwaitinfo(set, info);
}

EXPORT int sigtimedwait(const sigset_t *set, siginfo_t *info, const struct timespec *timeout)
{
    resolve();
    int here = give_up(set);
    return here != 0 ? describe(here, info) : real.sigtimedwait(set, info, timeout);
}

EXPORT int signalfd(int descriptor, const sigset_t *set, int flags)
{
    resolve();
    give_up(set);
    return real.signalfd(descriptor, set, flags);
}
