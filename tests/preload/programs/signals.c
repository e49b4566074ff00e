/* Handlers that lock in the middle of anything, and handlers that jump out of it. */
#include <setjmp.h>
#include <signal.h>
#include <sys/time.h>
#include <time.h>

#include "program.h"

enum {
    HITS = 3000,
    JUMPS = 2000
};

static pthread_mutex_t outer[3] = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_MUTEX_INITIALIZER,
                                   PTHREAD_MUTEX_INITIALIZER};
static pthread_mutex_t inner[2] = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_MUTEX_INITIALIZER};
static volatile sig_atomic_t hits;
static sigjmp_buf escape;

static void lock_inside(int signal)
{
    (void)signal;
    lock(&inner[0]);
    lock(&inner[1]);
    unlock(&inner[hits % 2]);
    unlock(&inner[(hits + 1) % 2]);
    hits++;
}

static void jump_out(int signal)
{
    (void)signal;
    hits++;
    siglongjmp(escape, 1);
}

static void tick(void (*handler)(int), int flags)
{
    struct itimerval often = {{0, 100}, {0, 100}};
    struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART | flags};
    sigaction(SIGALRM, &action, NULL);
    setitimer(ITIMER_REAL, &often, NULL);
}

static void still(void)
{
    struct itimerval never = {{0, 0}, {0, 0}};
    setitimer(ITIMER_REAL, &never, NULL);
}

static void lock_all(int variant)
{
    lock(&outer[0]);
    lock(&outer[1]);
    lock(&outer[2]);
    unlock(&outer[variant % 3]);
    unlock(&outer[(variant + 1) % 3]);
    unlock(&outer[(variant + 2) % 3]);
}

static void lock_until_hit_enough(void)
{
    for (int i = 0; hits < HITS; i++)
        lock_all(i);
    still();
}

static void locking(void)
{
    tick(lock_inside, 0);
    lock_until_hit_enough();
}

static void locking_on_a_small_stack(void)
{
    static char memory[8192];
    stack_t stack = {.ss_sp = memory, .ss_size = sizeof memory};
    MUST(sigaltstack(&stack, NULL) == 0);
    tick(lock_inside, SA_ONSTACK);
    lock_until_hit_enough();
}

/* What an interrupted call has left behind is put right, as far as the program can know. */
static void free_all(void)
{
    for (int i = 0; i < 3; i++)
        if (pthread_mutex_trylock(&outer[i]) == EBUSY || 1)
            unlock(&outer[i]);
}

static void jumping(void)
{
    sigset_t alarms;
    sigemptyset(&alarms);
    sigaddset(&alarms, SIGALRM);
    sigprocmask(SIG_BLOCK, &alarms, NULL);
    tick(jump_out, 0);
    while (hits < JUMPS) {
        if (sigsetjmp(escape, 1) == 0) {
            sigprocmask(SIG_UNBLOCK, &alarms, NULL);
            for (int i = 0;; i++)
                lock_all(i);
        }
        free_all();
    }
    still();
    sigprocmask(SIG_UNBLOCK, &alarms, NULL);
    for (int i = 0; i < 1000; i++)
        lock_all(i);
}

/* Jumps out of waits for a lock that another thread holds. */
static sem_t taken, done;

static void *hold(void *mutex)
{
    lock(mutex);
    sem_post(&taken);
    while (sem_wait(&done) != 0) {
    }
    lock(&outer[1]); /* whoever seems to wait for outer[0] may hold this one */
    unlock(&outer[1]);
    unlock(mutex);
    return NULL;
}

static void out_of_a_wait(void)
{
    sigset_t alarms;
    sem_init(&taken, 0, 0);
    sem_init(&done, 0, 0);
    sigemptyset(&alarms);
    sigaddset(&alarms, SIGALRM);
    pthread_sigmask(SIG_BLOCK, &alarms, NULL);
    pthread_t holder = start(hold, &outer[0]);
    while (sem_wait(&taken) != 0) {
    }
    tick(jump_out, 0);
    while (hits < 100)
        if (sigsetjmp(escape, 1) == 0) {
            pthread_sigmask(SIG_UNBLOCK, &alarms, NULL);
            lock(&outer[0]);
            MUST(0);
        }
    still();
    lock(&outer[2]);
    unlock(&outer[2]);
    struct timespec past = {1, 0};
    lock(&outer[1]);
    MUST(pthread_mutex_timedlock(&outer[0], &past) == ETIMEDOUT); /* a wait like any other */
    sem_post(&done);
    usleep(100 * 1000); /* the holder comes to wait for us, and we wait for nobody */
    unlock(&outer[1]);
    finish(holder);
}

int main(int argc, char **argv)
{
    static const struct program_case cases[] = {
        {"locking", locking},
        {"locking-on-a-small-stack", locking_on_a_small_stack},
        {"jumping", jumping},
        {"out-of-a-wait", out_of_a_wait},
    };
    return RUN_CASE(cases);
}
