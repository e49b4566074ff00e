/* Children of every make. Each locks, and says that it could; the parent waits for all. */
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>

#include "program.h"

static pthread_mutex_t alice = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t bob = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t busy[4];
static sem_t there;
static int stop;

static void await(pid_t child)
{
    int status;
    MUST(child > 0 && waitpid(child, &status, 0) == child);
    MUST(status == 0);
}

static void nest(void)
{
    lock(&alice);
    lock(&bob);
    unlock(&bob);
    unlock(&alice);
}

static void in_a_child(void)
{
    nest();
    pid_t child = fork();
    if (child == 0) {
        nest();
        exit(0);
    }
    await(child);
    nest();
}

/* The child gives back what its parent's thread held, and takes it again the other way round. */
static void held_at_fork(void)
{
    lock(&alice);
    pid_t child = fork();
    if (child == 0) {
        lock(&bob);
        unlock(&bob);
        unlock(&alice);
        exit(0);
    }
    await(child);
    unlock(&alice);
}

/* A child that does nothing of ours forks in its turn, and so on. */
static void child_of_a_child(void)
{
    nest();
    pid_t child = fork();
    if (child == 0) {
        pid_t daemon = fork();
        if (daemon == 0) {
            if (fork() == 0) {
                nest();
                exit(0);
            }
            int status;
            MUST(wait(&status) > 0 && status == 0);
            _exit(0);
        }
        await(daemon);
        _exit(0);
    }
    await(child);
}

static void *keep_busy(void *unused)
{
    (void)unused;
    lock(&busy[2]);
    unlock(&busy[2]);
    sem_post(&there);
    while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
        pthread_mutex_t own = PTHREAD_MUTEX_INITIALIZER; /* new things, so that there is work */
        lock(&busy[0]);
        lock(&busy[1]);
        pthread_mutex_init(&own, NULL);
        lock(&own);
        unlock(&own);
        pthread_mutex_destroy(&own);
        unlock(&busy[1]);
        unlock(&busy[0]);
    }
    return NULL;
}

static void while_others(pid_t (*make)(void))
{
    pthread_t threads[3];
    for (int i = 0; i < 4; i++)
        pthread_mutex_init(&busy[i], NULL);
    sem_init(&there, 0, 0);
    for (int i = 0; i < 3; i++)
        threads[i] = start(keep_busy, NULL);
    for (int i = 0; i < 3; i++)
        MUST(sem_wait(&there) == 0);
    for (int i = 0; i < 200; i++) {
        pid_t child = make();
        if (child == 0) {
            nest();
            _exit(0);
        }
        await(child);
        nest();
    }
    __atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
    for (int i = 0; i < 3; i++)
        finish(threads[i]);
}

static pid_t raw_fork(void)
{
    return (pid_t)syscall(SYS_fork);
}
static pid_t raw_clone(void)
{
    return (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
}

static void while_others_lock(void)
{
    while_others(fork);
}
static void raw_while_others_lock(void)
{
    while_others(raw_fork);
}

static void raw(void)
{
    nest();
    pid_t child = raw_fork();
    if (child == 0) {
        nest();
        _exit(0);
    }
    await(child);
    child = raw_clone();
    if (child == 0) {
        nest();
        _exit(0);
    }
    await(child);
}

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
/* In memory that it shares with its parent. */
static void vfork_child(void)
{
    nest();
    pid_t child = vfork();
    if (child == 0) {
        nest();
        execlp("true", "true", (char *)NULL);
        _exit(9);
    }
    await(child);
    nest();
}
#pragma GCC diagnostic pop

/* fork with a handler that locks, at any moment. */
static pthread_mutex_t of_handler = PTHREAD_MUTEX_INITIALIZER;

static void handle(int signal)
{
    (void)signal;
    lock(&of_handler);
    unlock(&of_handler);
}

static void under_signals(void)
{
    struct itimerval often = {{0, 200}, {0, 200}};
    struct sigaction action = {.sa_handler = handle, .sa_flags = SA_RESTART};
    sigaction(SIGALRM, &action, NULL);
    setitimer(ITIMER_REAL, &often, NULL);
    for (int i = 0; i < 200; i++) {
        pid_t child = fork();
        if (child == 0) {
            raise(SIGALRM);
            sigset_t mask;
            sigprocmask(SIG_SETMASK, NULL, &mask);
            MUST(!sigismember(&mask, SIGALRM) && !sigismember(&mask, SIGTERM));
            _exit(0);
        }
        await(child);
    }
}

int main(int argc, char **argv)
{
    static const struct program_case cases[] = {
        {"in-a-child", in_a_child},
        {"held-at-fork", held_at_fork},
        {"child-of-a-child", child_of_a_child},
        {"while-others-lock", while_others_lock},
        {"raw", raw},
        {"raw-while-others-lock", raw_while_others_lock},
        {"vfork", vfork_child},
        {"under-signals", under_signals},
    };
    alarm(60);
    return RUN_CASE(cases);
}
