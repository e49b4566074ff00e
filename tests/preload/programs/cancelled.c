/* Threads cancelled while they wait, and at any moment. */
#include <sched.h>
#include <signal.h>
#include <time.h>

#include "program.h"

static pthread_mutex_t alice = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t bob = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int waiting;

static void give_back(void *mutex)
{
    lock(&alice); /* the mutex is held again: behind it */
    unlock(&alice);
    unlock(mutex);
}

static void *wait_for_ever(void *unused)
{
    (void)unused;
    lock(&bob);
    pthread_cleanup_push(give_back, &bob);
    waiting = 1;
    for (;;)
        pthread_cond_wait(&changed, &bob);
    pthread_cleanup_pop(0);
    return NULL;
}

static void end_of(pthread_t thread)
{
    void *value;
    MUST(pthread_cancel(thread) == 0);
    MUST(pthread_join(thread, &value) == 0);
    MUST(value == PTHREAD_CANCELED);
}

static void in_a_condition_wait(void)
{
    for (int i = 0; i < 100; i++) {
        waiting = 0;
        pthread_t thread = start(wait_for_ever, NULL);
        for (int there = 0; !there;) {
            lock(&bob);
            there = waiting;
            unlock(&bob);
        }
        end_of(thread);
        MUST(pthread_mutex_trylock(&bob) == 0);
        unlock(&bob);
    }
}

static void *sleep_for_ever(void *unused)
{
    while (unused == NULL)
        pause();
    return NULL;
}

static void *join_for_ever(void *thread)
{
    void *value;
    pthread_join(*(pthread_t *)thread, &value);
    return NULL;
}

static void in_a_join(void)
{
    pthread_t sleeper = start(sleep_for_ever, NULL);
    pthread_t joiner = start(join_for_ever, &sleeper);
    usleep(20 * 1000);
    end_of(joiner);
    end_of(sleeper);
}

/* A request that is pending when new things are locked: our own calls are no points for it. */
static sem_t requested;

static void *lock_with_a_request_pending(void *unused)
{
    (void)unused;
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, NULL);
    while (sem_wait(&requested) != 0) {
    }
    pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, NULL);
    pthread_mutex_t fresh[20];
    for (int i = 0; i < 20; i++)
        pthread_mutex_init(&fresh[i], NULL);
    for (int i = 0; i < 20; i++)
        lock(&fresh[i]);
    for (int i = 0; i < 20; i++)
        unlock(&fresh[i]);
    for (int i = 0; i < 20; i++)
        pthread_mutex_destroy(&fresh[i]);
    puts("not before here");
    fflush(stdout);
    pthread_testcancel();
    return NULL;
}

static void pending(void)
{
    sem_init(&requested, 0, 0);
    pthread_t thread = start(lock_with_a_request_pending, NULL);
    MUST(pthread_cancel(thread) == 0);
    sem_post(&requested);
    void *value;
    MUST(pthread_join(thread, &value) == 0);
    MUST(value == PTHREAD_CANCELED);
}

/* Undefined by POSIX, and done: each thread has locks of its own, so nobody waits for a dead one.
 */
static void *lock_at_any_moment(void *data)
{
    pthread_mutex_t *own = data;
    pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, NULL);
    __atomic_add_fetch(&waiting, 1, __ATOMIC_SEQ_CST);
    while (own != NULL) {
        lock(&own[0]);
        lock(&own[1]);
        unlock(&own[0]);
        unlock(&own[1]);
    }
    return NULL;
}

static void at_any_moment(void)
{
    static pthread_mutex_t own[600][2];
    for (int i = 0; i < 600; i++) {
        pthread_mutex_init(&own[i][0], NULL);
        pthread_mutex_init(&own[i][1], NULL);
        waiting = 0;
        pthread_t thread = start(lock_at_any_moment, own[i]);
        while (!__atomic_load_n(&waiting, __ATOMIC_SEQ_CST))
            sched_yield();
        for (volatile int pause = 0; pause < 100 * i; pause++) {
        }
        end_of(thread);
    }
    lock(&alice);
    unlock(&alice);
}

/* The least stack there can be, and new dependencies on it. */
static void *lock_on_a_small_stack(void *unused)
{
    (void)unused;
    lock(&alice);
    lock(&bob);
    unlock(&bob);
    unlock(&alice);
    return NULL;
}

static void small_stacks(void)
{
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    MUST(pthread_attr_setstacksize(&attributes, (size_t)sysconf(_SC_THREAD_STACK_MIN)) == 0);
    for (int i = 0; i < 50; i++) {
        pthread_t thread;
        MUST(pthread_create(&thread, &attributes, lock_on_a_small_stack, NULL) == 0);
        finish(thread);
    }
}

/* A thread-specific destructor gives back the lock; the last thread, not main, ends the process. */
static pthread_key_t key;

static void unlock_late(void *mutex)
{
    unlock(mutex);
}

static void *leave_it_to_the_destructor(void *unused)
{
    (void)unused;
    usleep(20 * 1000);
    lock(&bob);
    pthread_setspecific(key, &bob);
    return NULL;
}

static void last_thread(void)
{
    pthread_key_create(&key, unlock_late);
    start(leave_it_to_the_destructor, NULL);
    lock(&alice);
    pthread_setspecific(key, &alice);
    pthread_exit(NULL);
}

static void timer_fired(union sigval value)
{
    lock(&alice);
    lock(&bob);
    unlock(&bob);
    unlock(&alice);
    sem_post(value.sival_ptr);
}

static void timers(void)
{
    sem_t fired;
    timer_t timer;
    sem_init(&fired, 0, 0);
    struct sigevent event = {.sigev_notify = SIGEV_THREAD,
                             .sigev_notify_function = timer_fired,
                             .sigev_value.sival_ptr = &fired};
    struct itimerspec often = {{0, 1000000}, {0, 1000000}};
    MUST(timer_create(CLOCK_MONOTONIC, &event, &timer) == 0);
    MUST(timer_settime(timer, 0, &often, NULL) == 0);
    for (int i = 0; i < 200; i++)
        while (sem_wait(&fired) != 0) {
        }
    timer_delete(timer);
}

int main(int argc, char **argv)
{
    static const struct program_case cases[] = {
        {"in-a-condition-wait", in_a_condition_wait},
        {"in-a-join", in_a_join},
        {"pending", pending},
        {"at-any-moment", at_any_moment},
        {"small-stacks", small_stacks},
        {"last-thread", last_thread},
        {"timers", timers},
    };
    alarm(60);
    return RUN_CASE(cases);
}
