/* Programs that come to a standstill, or do not: the first argument says which. A stranger to
 * snarl, built as any user would. Says "sleeps" before it does. */
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
    WORKERS = 10,
    POOLS = 1000, /* started and stopped, one after another */
};

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t came = PTHREAD_COND_INITIALIZER;
static sem_t semaphore;

static void must(bool good)
{
    if (!good) {
        fprintf(stderr, "errno %d\n", errno);
        _exit(99);
    }
}

static pthread_t start(void *(*run)(void *), void *argument)
{
    pthread_t thread;
    must(pthread_create(&thread, NULL, run, argument) == 0);
    return thread;
}

static void say_sleeps(void)
{
    printf("sleeps\n");
    fflush(stdout);
}

/* The signal has gone before anyone waits. */
static void *wait_for_ever(void *unused)
{
    pthread_mutex_lock(&mutex);
    pthread_cond_signal(&came);
    say_sleeps();
    pthread_cond_wait(&came, &mutex);
    pthread_mutex_unlock(&mutex);
    return unused;
}

static void lost_wakeup(void)
{
    pthread_join(start(wait_for_ever, NULL), NULL);
}

static void ignore(int signal)
{
    (void)signal;
}

/* Its handler wakes nobody, but who can know? */
static void lost_wakeup_beside_a_timer(void)
{
    timer_t timer;
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1};
    struct itimerspec later = {.it_value.tv_sec = 1000};
    signal(SIGUSR1, ignore);
    must(timer_create(CLOCK_MONOTONIC, &event, &timer) == 0);
    must(timer_settime(timer, 0, &later, NULL) == 0);
    lost_wakeup();
}

static void *sleep_in_the_kernel(void *unused)
{
    pause();
    return unused;
}

/* A thread that waits for something else than its kind. */
static void lost_wakeup_beside_another_wait(void)
{
    start(sleep_in_the_kernel, NULL);
    lost_wakeup();
}

static void lost_wakeup_with_a_limit(void)
{
    struct timespec limit;
    clock_gettime(CLOCK_REALTIME, &limit);
    limit.tv_sec += 1000;
    pthread_mutex_lock(&mutex);
    say_sleeps();
    pthread_cond_timedwait(&came, &mutex, &limit);
}

static void never_posted(void)
{
    must(sem_init(&semaphore, 0, 0) == 0);
    say_sleeps();
    while (sem_wait(&semaphore) != 0)
        ;
}

static void never_posted_beside_a_handler(void)
{
    signal(SIGUSR1, ignore);
    never_posted();
}

static void never_posted_by_any_process(void)
{
    must(sem_init(&semaphore, 1, 0) == 0);
    say_sleeps();
    while (sem_wait(&semaphore) != 0)
        ;
}

static void post(int signal)
{
    (void)signal;
    sem_post(&semaphore);
}

/* It seems asleep for a second. */
static void posted_by_a_handler(void)
{
    must(sem_init(&semaphore, 0, 0) == 0);
    signal(SIGALRM, post);
    alarm(1);
    say_sleeps();
    while (sem_wait(&semaphore) != 0)
        ;
    printf("woke\n");
}

static void short_of_a_party(void)
{
    pthread_barrier_t barrier;
    must(pthread_barrier_init(&barrier, NULL, 2) == 0);
    say_sleeps();
    pthread_barrier_wait(&barrier);
}

struct pool {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    int jobs, done;
    bool ending;
};

static void *work(void *argument)
{
    struct pool *pool = argument;
    pthread_mutex_lock(&pool->lock);
    while (!pool->ending) {
        if (pool->jobs > 0) {
            pool->jobs--;
            pool->done++;
            pthread_cond_broadcast(&pool->changed);
        } else {
            pthread_cond_wait(&pool->changed, &pool->lock);
        }
    }
    pthread_mutex_unlock(&pool->lock);
    return NULL;
}

static void run_pool(void)
{
    pthread_t workers[WORKERS];
    struct pool pool = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0, 0, false};
    for (int i = 0; i < WORKERS; i++)
        workers[i] = start(work, &pool);
    pthread_mutex_lock(&pool.lock);
    pool.jobs = WORKERS;
    pthread_cond_broadcast(&pool.changed);
    while (pool.done < WORKERS)
        pthread_cond_wait(&pool.changed, &pool.lock);
    pool.ending = true;
    pthread_cond_broadcast(&pool.changed);
    pthread_mutex_unlock(&pool.lock);
    for (int i = 0; i < WORKERS; i++)
        must(pthread_join(workers[i], NULL) == 0);
}

static void pools(void)
{
    for (int i = 0; i < POOLS; i++)
        run_pool();
    printf("%d threads started and stopped\n", POOLS * WORKERS);
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*run)(void);
    } cases[] = {
        {"lost-wakeup", lost_wakeup},
        {"lost-wakeup-timer", lost_wakeup_beside_a_timer},
        {"lost-wakeup-other-wait", lost_wakeup_beside_another_wait},
        {"lost-wakeup-limit", lost_wakeup_with_a_limit},
        {"never-posted", never_posted},
        {"never-posted-handler", never_posted_beside_a_handler},
        {"never-posted-shared", never_posted_by_any_process},
        {"posted-by-handler", posted_by_a_handler},
        {"short-of-a-party", short_of_a_party},
        {"pools", pools},
    };
    for (size_t i = 0; argc > 1 && i < sizeof cases / sizeof *cases; i++)
        if (strcmp(cases[i].name, argv[1]) == 0) {
            cases[i].run();
            return 0;
        }
    return 98;
}
