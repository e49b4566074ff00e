/* Locks in stacks, of threads and of functions; see lifetimes.c. */
#include <signal.h>
#include <ucontext.h>

#include "lifetimes.h"

/* The stack of a thread, and what lies over it. */
static void show(pthread_mutex_t mine[2])
{
    place(&mine[0], &mine[1]);
    MUST(sem_post(&owner_ready) == 0);
    MUST(sem_wait(&owner_may_go) == 0);
}

static void *own_in_stack(void *unused)
{
    pthread_mutex_t mine[2];
    show(mine);
    return unused;
}

static void *own_local(void *unused)
{
    static _Thread_local pthread_mutex_t mine[2];
    show(mine);
    return unused;
}

static void owned(void *(*own)(void *))
{
    pthread_t owner = start(own, NULL);
    MUST(sem_wait(&owner_ready) == 0);
    first_time();
    if (renews) {
        MUST(sem_post(&owner_may_go) == 0);
        finish(owner);
        owner = start(own, NULL);
        MUST(sem_wait(&owner_ready) == 0);
    }
    second_time();
    MUST(sem_post(&owner_may_go) == 0);
    finish(owner);
}

void thread_stack(void)
{
    owned(own_in_stack);
}

void local_variables(void)
{
    owned(own_local);
}

/* Frames: the locks of a function that has returned, and of another one, or of the same, that is as
 * deep. */
static __attribute__((noinline)) void in_frame(void (*time)(void))
{
    pthread_mutex_t mine[2];
    place(&mine[0], &mine[1]);
    time();
    __asm__ volatile("" : : "r"(mine) : "memory"); /* they are there up to here */
}

static void both_times(void)
{
    first_time();
    second_time();
}

void frame(void)
{
    if (renews) {
        in_frame(first_time);
        in_frame(second_time);
    } else {
        in_frame(both_times);
    }
}

void quiet_frame(void)
{
    quiet = 1;
    frame();
}

/* Always from one and the same place, with a call from far above in between. */
static __attribute__((noinline)) void below(void (*time)(void))
{
    char space[SPARE];
    __asm__ volatile("" : : "r"(space) : "memory");
    in_frame(time);
    __asm__ volatile("" : : "r"(space) : "memory");
}

void loop(void)
{
    void (*times[])(void) = {renews ? first_time : both_times, second_time};
    for (int i = 0; i < 1 + renews; i++) {
        below(times[i]);
        visit();
    }
}

/* Stacks that are not the thread's own, though they lie in it, or above it: what runs there leaves
 * no frame of the thread. */
static ucontext_t here, there;

static void handle(int number)
{
    (void)number;
    sem_post(&owner_ready);
}

static void signalled(void)
{
    first_time();
    raise(SIGUSR1);
    second_time();
}

static void switched(void)
{
    lock(alice); /* its own now, and watched */
    unlock(alice);
    first_time();
    MUST(swapcontext(&here, &there) == 0);
    second_time();
}

void signal_stack(void)
{
    stack_t stack = {.ss_sp = spare, .ss_size = SPARE};
    struct sigaction action = {.sa_handler = handle, .sa_flags = SA_ONSTACK};
    MUST(sigaltstack(&stack, NULL) == 0 && sigaction(SIGUSR1, &action, NULL) == 0);
    in_frame(signalled);
}

static void *switch_stacks(void *unused)
{
    in_frame(switched);
    return unused;
}

void coroutine(void)
{
    MUST(getcontext(&there) == 0);
    there.uc_stack.ss_sp = spare;
    there.uc_stack.ss_size = SPARE;
    there.uc_link = &here;
    makecontext(&there, visit, 0);
    finish(start(switch_stacks, NULL));
}

/* Taken by their own thread alone, in turn with a lock of a function that is as deep: ten lives of
 * each. Kept: one lock. */
static pthread_mutex_t outer = PTHREAD_MUTEX_INITIALIZER, inner = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t kept = PTHREAD_MUTEX_INITIALIZER;
static uintptr_t deep;

static void nest(pthread_mutex_t *first, pthread_mutex_t *second)
{
    lock(first);
    lock(second);
    unlock(second);
    unlock(first);
}

static __attribute__((noinline)) void mine_then(pthread_mutex_t *second)
{
    pthread_mutex_t mine[1] = {PTHREAD_MUTEX_INITIALIZER};
    nest(renews ? mine : &kept, second);
    deep = (uintptr_t)mine;
}

static __attribute__((noinline)) void then_mine(pthread_mutex_t *first)
{
    pthread_mutex_t mine[1] = {PTHREAD_MUTEX_INITIALIZER};
    nest(first, renews ? mine : &kept);
    MUST(deep == (uintptr_t)mine);
}

void alternating(void)
{
    for (int i = 0; i < 10; i++) {
        mine_then(&inner);
        then_mine(&outer);
    }
}
