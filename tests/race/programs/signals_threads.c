/* Masks, waits, jumps and ends of threads. */
#include "signals.h"

#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <spawn.h>
#include <stdatomic.h>
#include <sys/select.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

enum {
    SLEEPERS = 40,
    CANCELLED = 40,
    CHILDREN = 10,
};

static atomic_int count;
static _Atomic pthread_t receiver;
static atomic_bool done;

static void handle(int number)
{
    (void)number;
    count++;
    receiver = pthread_self();
}

static void *see_own_mask(void *unused)
{
    FOR_BOTH(number)
    {
        sigset_t set = set_of(number), old, waiting;
        sigaddset(&set, SIGUSR2);
        count = 0;
        pthread_sigmask(SIG_BLOCK, &set, &old);
        SAY(number, "was blocked: %d, is: %d, SIGUSR2: %d", sigismember(&old, number),
            is_blocked(number), is_blocked(SIGUSR2));
        pthread_kill(pthread_self(), number);
        pthread_kill(pthread_self(), number);
        work(2000000);
        sigpending(&waiting);
        SAY(number, "arrived while blocked: %d, pending: %d", (int)count,
            sigismember(&waiting, number));
        pthread_sigmask(SIG_UNBLOCK, &set, &old);
        SAY(number, "unblocked: %d %d, arrived: %d", sigismember(&old, number), is_blocked(number),
            (int)count);
        sigprocmask(SIG_SETMASK, &set, NULL);
        raise(number);
        SAY(number, "set: %d, arrived: %d", is_blocked(number), (int)count);
        sigprocmask(SIG_SETMASK, &old, &set);
        SAY(number, "the one before: %d, arrived: %d", sigismember(&set, number), (int)count);
        pthread_sigmask(SIG_UNBLOCK, &set, NULL);
        SAY(number, "arrived in the end: %d", (int)count);
    }
    return unused;
}

static void in_thread(void *(*begin)(void *), void *argument)
{
    pthread_t thread;
    pthread_create(&thread, NULL, begin, argument);
    pthread_join(thread, NULL);
}

void see_masks(void)
{
    FOR_BOTH(number)
    install(number, handle, SA_RESTART);
    see_own_mask(NULL);
    in_thread(see_own_mask, NULL);
}

static void *tell_mask(void *words)
{
    printf("%s: %d %d\n", (const char *)words, is_blocked(SIGTRAP), is_blocked(SIGPROF));
    return NULL;
}

static void *work_some(void *unused)
{
    work(3000000);
    return unused;
}

/* By the system call itself, as a runtime of its own does. */
void see_raw_masks(void)
{
    uint64_t all = ~(uint64_t)0, old = 0;
    pthread_t threads[2];
    syscall(SYS_rt_sigprocmask, SIG_SETMASK, &all, &old, sizeof all);
    for (int i = 0; i < 2; i++)
        pthread_create(&threads[i], NULL, work_some, NULL);
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    work(3000000);
    syscall(SYS_rt_sigprocmask, SIG_SETMASK, &old, NULL, sizeof old);
    puts("worked with all signals blocked");
}

void see_inherited_masks(void)
{
    sigset_t set = set_of(SIGPROF), old;
    in_thread(tell_mask, "with none blocked");
    pthread_sigmask(SIG_BLOCK, &set, &old);
    in_thread(tell_mask, "with SIGPROF blocked");
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        tell_mask("in a child");
        fflush(stdout);
        _exit(0);
    }
    waitpid(child, NULL, 0);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    tell_mask("afterwards");
}

void see_exec_mask(void)
{
    sigset_t set = set_of(SIGPROF), old;
    pthread_sigmask(SIG_BLOCK, &set, &old);
    pid_t child = fork();
    if (child == 0) {
        execl("/proc/self/exe", "signals", "--mask", (char *)NULL);
        _exit(1);
    }
    waitpid(child, NULL, 0);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
}

void see_waits(void)
{
    FOR_BOTH(number)
    {
        sigset_t set = set_of(number), none, old, waiting;
        struct timespec short_time = {0, 100000000};
        sigemptyset(&none);
        install(number, handle, SA_RESTART);
        pthread_sigmask(SIG_BLOCK, &set, &old);
        count = 0;
        raise(number);
        sigpending(&waiting);
        SAY(number, "pending: %d", sigismember(&waiting, number));
        alarm(3);
        int result = sigsuspend(&none);
        SAY(number, "suspended: %d, arrived: %d", result, (int)count);
        raise(number);
        result = ppoll(NULL, 0, &short_time, &none);
        SAY(number, "polled: %d, arrived: %d", result, (int)count);
        raise(number);
        result = pselect(0, NULL, NULL, NULL, &short_time, &none);
        SAY(number, "selected: %d, arrived: %d", result, (int)count);
        raise(number);
        result = sigtimedwait(&set, NULL, &short_time);
        SAY(number, "waited for: %d, arrived: %d", result == number, (int)count);
        result = sigtimedwait(&set, NULL, &short_time);
        SAY(number, "waited in vain: %d", result == -1 && errno == EAGAIN);
        alarm(0);
        pthread_sigmask(SIG_SETMASK, &old, NULL);
    }
}

static void *be_there(void *unused)
{
    while (!done)
        usleep(1000);
    return unused;
}

/* What is meant for the process goes to a thread that has it not blocked. */
void see_directed(void)
{
    pthread_t thread;
    install(SIGPROF, handle, SA_RESTART);
    pthread_create(&thread, NULL, be_there, NULL);
    sigset_t set = set_of(SIGPROF);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    for (int i = 0; i < 10; i++) {
        kill(getpid(), SIGPROF);
        for (int j = 0; j < 500 && count == i; j++)
            usleep(1000);
    }
    printf("arrived: %d, here: %d\n", (int)count, pthread_equal(receiver, pthread_self()) != 0);
    done = true;
    pthread_join(thread, NULL);
}

static sigjmp_buf escape;

static void jump(int number)
{
    count++;
    siglongjmp(escape, number);
}

void see_jumps(void)
{
    FOR_BOTH(number)
    {
        count = 0;
        install(number, jump, 0);
        for (volatile int i = 0; i < 20; i++) {
            if (sigsetjmp(escape, 1) == 0)
                raise(number);
            work(100000);
        }
        SAY(number, "jumped: %d, blocked: %d", (int)count, is_blocked(number));
    }
}

/* Sleeps at once, as new threads often do, in each call that is never restarted. */
static void *sleep_long(void *interrupted)
{
    struct timespec time = {0, 20000000};
    struct timeval also = {0, 20000};
    for (int i = 0; i < 3; i++) {
        *(int *)interrupted += nanosleep(&time, NULL) != 0;
        *(int *)interrupted += poll(NULL, 0, 20) != 0;
        *(int *)interrupted += select(0, NULL, NULL, NULL, &also) != 0;
    }
    return NULL;
}

void see_sleeps(void)
{
    int interrupted[SLEEPERS] = {0}, sum = 0;
    pthread_t threads[SLEEPERS];
    for (int i = 0; i < SLEEPERS; i++)
        pthread_create(&threads[i], NULL, sleep_long, &interrupted[i]);
    for (int i = 0; i < SLEEPERS; i++) {
        pthread_join(threads[i], NULL);
        sum += interrupted[i];
    }
    printf("interrupted: %d\n", sum);
}

static void *make_children(void *ends)
{
    static char *const arguments[] = {"true", NULL}, *const none[] = {NULL};
    for (int i = 0; i < CHILDREN; i++) {
        int status = -1;
        pid_t child = fork();
        if (child == 0) {
            work(1000000);
            _exit(is_blocked(SIGPROF) + 3);
        }
        work(100000);
        waitpid(child, &status, 0);
        *(int *)ends += WIFEXITED(status) && WEXITSTATUS(status) == 3;
        if (posix_spawn(&child, "/bin/true", NULL, NULL, arguments, none) == 0)
            waitpid(child, &status, 0);
        *(int *)ends += WIFEXITED(status) && WEXITSTATUS(status) == 0;
        child = vfork();
        if (child == 0) {
            execl("/bin/true", "true", (char *)NULL);
            _exit(1);
        }
        waitpid(child, &status, 0);
        *(int *)ends += WIFEXITED(status) && WEXITSTATUS(status) == 0;
    }
    return NULL;
}

void see_processes(void)
{
    int ends[2] = {0, 0};
    pthread_t threads[2];
    for (int i = 0; i < 2; i++)
        pthread_create(&threads[i], NULL, make_children, &ends[i]);
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    printf("children that ended well: %d\n", ends[0] + ends[1]);
}

static void *work_for_ever(void *unused)
{
    pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, NULL);
    for (;;)
        work(1000);
    return unused;
}

static void *exit_inside(void *unused)
{
    work(10000);
    pthread_exit(unused);
}

void see_cancelled(void)
{
    int cancelled = 0, ended = 0, ends[1] = {0};
    for (int i = 0; i < CANCELLED; i++) {
        pthread_t threads[3];
        void *result;
        pthread_create(&threads[0], NULL, work_for_ever, NULL);
        pthread_create(&threads[1], NULL, exit_inside, ends);
        pthread_create(&threads[2], NULL, be_there, NULL);
        usleep(500);
        pthread_cancel(threads[0]);
        pthread_cancel(threads[2]);
        pthread_join(threads[0], &result);
        cancelled += result == PTHREAD_CANCELED;
        pthread_join(threads[1], &result);
        ended += result == (void *)ends;
        pthread_join(threads[2], &result);
        cancelled += result == PTHREAD_CANCELED;
    }
    printf("cancelled: %d, ended: %d\n", cancelled, ended);
}
