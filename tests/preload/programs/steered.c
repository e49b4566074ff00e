/* A thread that is held by a schedule before its second lock, and what happens to it meanwhile. */
#include <setjmp.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>

#include "program.h"

static pthread_mutex_t outer = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t inner = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t other = PTHREAD_MUTEX_INITIALIZER;
static volatile sig_atomic_t is_there, is_signalled;
static pid_t parent;
static sigjmp_buf before;

static void nap(void)
{
    nanosleep(&(struct timespec){.tv_nsec = 20 * 1000 * 1000}, NULL);
}

/* Held, if anywhere, between the two. */
static void *take_both(void *unused)
{
    lock(&outer);
    errno = 77;
    is_there = 1;
    if (sigsetjmp(before, 1) == 0)
        MUST(pthread_mutex_lock(&inner) == 0 && errno == 77);
    else
        lock(&other);
    if (getpid() != parent)
        _exit(is_signalled ? 3 : 4);
    puts(is_signalled ? "signalled while held" : "not held");
    unlock(is_signalled == 2 ? &other : &inner);
    unlock(&outer);
    return unused;
}

static void run_and_signal(void (*handler)(int))
{
    parent = getpid();
    signal(SIGUSR1, handler);
    pthread_t thread = start(take_both, NULL);
    while (!is_there)
        nap();
    nap();
    MUST(pthread_kill(thread, SIGUSR1) == 0);
    finish(thread);
}

static void note(int number)
{
    (void)number;
    is_signalled = 1;
}

static void lock_too(int number)
{
    lock(&other);
    note(number);
    unlock(&other);
}

static void fork_too(int number)
{
    note(number);
    pid_t child = fork();
    int status;
    if (child > 0)
        MUST(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 3);
}

static void jump(int number)
{
    (void)number;
    is_signalled = 2;
    siglongjmp(before, 1);
}

static void signals(void)
{
    run_and_signal(note);
}

static void locks(void)
{
    run_and_signal(lock_too);
}

static void forks(void)
{
    run_and_signal(fork_too);
}

static void jumps(void)
{
    run_and_signal(jump);
}

static void *take_and_be_cancelled(void *unused)
{
    lock(&outer);
    is_there = 1;
    lock(&inner);
    unlock(&inner);
    unlock(&outer);
    pthread_testcancel();
    return unused;
}

/* No point of cancellation: it ends behind it. */
static void cancelled(void)
{
    void *value;
    pthread_t thread = start(take_and_be_cancelled, NULL);
    while (!is_there)
        nap();
    nap();
    MUST(pthread_mutex_trylock(&outer) == EBUSY);
    MUST(pthread_cancel(thread) == 0);
    MUST(pthread_join(thread, &value) == 0 && value == PTHREAD_CANCELED);
    puts("cancelled");
}

int main(int argc, char **argv)
{
    static const struct program_case cases[] = {
        {"signals", signals}, {"locks", locks},         {"forks", forks},
        {"jumps", jumps},     {"cancelled", cancelled},
    };
    return RUN_CASE(cases);
}
