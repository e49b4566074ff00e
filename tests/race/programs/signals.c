/* A program with handlers of its own for SIGTRAP and SIGPROF, while threads work. */
#include "signals.h"

#include <errno.h>
#include <stdatomic.h>
#include <sys/time.h>
#include <time.h>
#include <ucontext.h>

static atomic_int count, on_alternate, code, value, blocked_inside, usr1_inside, nested;
static char alternate[65536];
static atomic_bool done;

static void handle(int number)
{
    (void)number;
    char here;
    count++;
    on_alternate = &here >= alternate && &here < alternate + sizeof alternate;
}

static void handle_with_information(int number, siginfo_t *info, void *context)
{
    code = context != NULL ? info->si_code : 0;
    value = info->si_code == SI_TIMER ? info->si_value.sival_int : 0;
    handle(number);
}

void see_old_actions(void)
{
    FOR_BOTH(number)
    {
        struct sigaction first = {.sa_sigaction = handle_with_information,
                                  .sa_flags = SA_SIGINFO | SA_RESTART | SA_ONSTACK},
                         old;
        sigaddset(&first.sa_mask, SIGUSR1);
        SAY(number, "is at first the default: %d", signal(number, SIG_IGN) == SIG_DFL);
        SAY(number, "was ignored: %d", signal(number, handle) == SIG_IGN);
        raise(number);
        SAY(number, "arrives: %d", (int)count);
        sigaction(number, &first, &old);
        SAY(number, "was signal's: %d, restarts: %d", old.sa_handler == handle,
            (old.sa_flags & SA_RESTART) != 0);
        sigaction(number, NULL, &old);
        SAY(number, "is what was set: %d %x %d %d", old.sa_sigaction == handle_with_information,
            (unsigned)old.sa_flags & ~0x04000000u, sigismember(&old.sa_mask, SIGUSR1),
            sigismember(&old.sa_mask, SIGUSR2));
        raise(number);
        SAY(number, "comes by tgkill: %d", code == SI_TKILL);
        SAY(number, "cannot be caught when it is no signal: %d",
            signal(SIGKILL, handle) == SIG_ERR);
        signal(number, SIG_IGN);
        raise(number);
        SAY(number, "arrived in all: %d", (int)count);
        signal(number, SIG_DFL);
        count = 0;
    }
}

void see_flags(void)
{
    stack_t stack = {.ss_sp = alternate, .ss_size = sizeof alternate};
    sigaltstack(&stack, NULL);
    FOR_BOTH(number)
    {
        struct sigaction old;
        install(number, handle, SA_ONSTACK);
        raise(number);
        SAY(number, "on its stack: %d", (int)on_alternate);
        install(number, handle, 0);
        raise(number);
        SAY(number, "without: %d", (int)on_alternate);
        install(number, handle, SA_RESETHAND);
        raise(number);
        sigaction(number, NULL, &old);
        SAY(number, "reset: %d", old.sa_handler == SIG_DFL);
    }
    stack.ss_flags = SS_DISABLE;
    sigaltstack(&stack, NULL);
}

static void look_at_mask(int number)
{
    blocked_inside = is_blocked(number);
    usr1_inside = is_blocked(SIGUSR1);
    nested++;
    if (nested == 1)
        raise(number);
    count = count * 10 + nested;
    nested--;
}

void see_handler_masks(void)
{
    static const int flags[] = {0, SA_NODEFER};
    FOR_BOTH(number)
    {
        for (int i = 0; i < 2; i++) {
            struct sigaction action = {.sa_handler = look_at_mask, .sa_flags = flags[i]};
            sigaddset(&action.sa_mask, SIGUSR1);
            sigaction(number, &action, NULL);
            count = nested = 0;
            if (flags[i] == 0)
                nested = 1; /* else it would be raised for ever */
            raise(number);
            SAY(number, "flags %x: blocked inside %d, SIGUSR1 %d, afterwards %d, %d; count %d",
                (unsigned)flags[i], (int)blocked_inside, (int)usr1_inside, is_blocked(number),
                is_blocked(SIGUSR1), (int)count);
        }
        signal(number, SIG_DFL);
    }
}

/* Goes on behind the instruction, where that is one byte long. */
static void skip_byte(int number, siginfo_t *info, void *data)
{
    (void)number;
    ucontext_t *context = data;
    const unsigned char *at = (const unsigned char *)context->uc_mcontext.gregs[REG_RIP];
    count += info->si_code == TRAP_TRACE ? 100 : 1;
    if (*at == 0xf4)
        context->uc_mcontext.gregs[REG_RIP]++;
}

void see_own_traps(void)
{
    struct sigaction action = {.sa_sigaction = skip_byte, .sa_flags = SA_SIGINFO};
    sigaction(SIGTRAP, &action, NULL);
    count = 0;
    for (int i = 0; i < 50; i++)
        __asm__ volatile("int3\n\thlt"); /* hlt must be skipped */
    printf("int3 caught: %d\n", (int)count);
    count = 0;
    for (int i = 0; i < 3; i++)
        __asm__ volatile(
            "lea -128(%%rsp), %%rsp\n\t"
            "pushfq\n\torq $0x100, (%%rsp)\n\tpopfq\n\t"
            "nop\n\tnop\n\t"
            "pushfq\n\tandq $~0x100, (%%rsp)\n\tpopfq\n\t"
            "lea 128(%%rsp), %%rsp" ::
                : "memory", "cc");
    printf("own steps: %d\n", (int)count / 100);
    signal(SIGTRAP, SIG_DFL);
}

static void await(int least)
{
    for (int i = 0; i < 2000 && count < least; i++)
        work(100000);
}

static void *work_until_done(void *unused)
{
    while (!done)
        work(1000);
    return unused;
}

void see_timers(void)
{
    struct itimerval often = {{0, 2000}, {0, 2000}}, never = {{0, 0}, {0, 0}}, was;
    struct itimerspec often_too = {{0, 2000000}, {0, 2000000}};
    struct sigaction action = {.sa_sigaction = handle_with_information,
                               .sa_flags = SA_SIGINFO | SA_RESTART};
    struct sigevent event = {
        .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGPROF, .sigev_value.sival_int = 4711};
    timer_t timer;
    pthread_t thread;
    sigaction(SIGPROF, &action, NULL);
    pthread_create(&thread, NULL, work_until_done, NULL);
    count = 0;
    setitimer(ITIMER_PROF, &often, NULL);
    await(5);
    setitimer(ITIMER_PROF, &never, &was);
    printf("ITIMER_PROF: %d, every %ld us, of the kernel's: %d\n", count >= 5,
           (long)was.it_interval.tv_usec, code == SI_KERNEL);
    count = 0;
    timer_create(CLOCK_MONOTONIC, &event, &timer);
    timer_settime(timer, 0, &often_too, NULL);
    await(5);
    timer_delete(timer);
    printf("timer_create: %d, value %d, a timer's: %d\n", count >= 5, (int)value, code == SI_TIMER);
    done = true;
    pthread_join(thread, NULL);
    signal(SIGPROF, SIG_DFL);
}

/* A call that is not to be begun anew ends with a signal. */
void see_interruptions(void)
{
    struct itimerval often = {{0, 20000}, {0, 20000}}, never = {{0, 0}, {0, 0}};
    int ends[2];
    char byte;
    if (pipe(ends) != 0)
        return;
    signal(SIGALRM, handle);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
    siginterrupt(SIGALRM, 1);
#pragma GCC diagnostic pop
    signal(SIGALRM, handle); /* which must leave that as it is */
    setitimer(ITIMER_REAL, &often, NULL);
    ssize_t size = read(ends[0], &byte, 1);
    printf("read: %zd, interrupted: %d\n", size, size < 0 && errno == EINTR && count > 0);
    setitimer(ITIMER_REAL, &never, NULL);
}

static const struct {
    const char *name;
    void (*see)(void);
} cases[] = {
    {"old_actions", see_old_actions},
    {"flags", see_flags},
    {"handler_masks", see_handler_masks},
    {"own_traps", see_own_traps},
    {"timers", see_timers},
    {"masks", see_masks},
    {"inherited_masks", see_inherited_masks},
    {"raw_masks", see_raw_masks},
    {"exec_mask", see_exec_mask},
    {"waits", see_waits},
    {"directed", see_directed},
    {"jumps", see_jumps},
    {"sleeps", see_sleeps},
    {"processes", see_processes},
    {"cancelled", see_cancelled},
    {"interruptions", see_interruptions},
};

static void *work_a_while(void *unused)
{
    for (int i = 0; i < 20; i++)
        work(1000000);
    return unused;
}

/* Works, and sees the case, in the thread that it is asked for: "main" or another one. */
int main(int argc, char **argv)
{
    pthread_t threads[2];
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (argc == 2 && strcmp(argv[1], "--mask") == 0) {
        printf("after exec: %d %d\n", is_blocked(SIGTRAP), is_blocked(SIGPROF));
        return 0;
    }
    for (int i = 0; i < 2; i++)
        pthread_create(&threads[i], NULL, work_a_while, NULL);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (argc == 2 && strcmp(argv[1], cases[i].name) == 0) {
            work(3000000);
            cases[i].see();
            work(3000000);
        }
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    return 7;
}
