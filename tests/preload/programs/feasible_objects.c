/* Two sides that meet at a barrier, an initialisation, a condition or a semaphore; see feasible.c.
 */
#include "feasible.h"

static pthread_barrier_t barrier;

static void come_to_barrier(void)
{
    int result = pthread_barrier_wait(&barrier);
    MUST(result == 0 || result == PTHREAD_BARRIER_SERIAL_THREAD);
}

static void *pays_and_comes(void *unused)
{
    (void)unused;
    pay();
    come_to_barrier();
    return NULL;
}

static void *comes_and_refunds(void *unused)
{
    (void)unused;
    come_to_barrier();
    refund();
    go(1);
    return NULL;
}

static void *comes_twice(void *unused)
{
    (void)unused;
    await(1);
    come_to_barrier();
    return NULL;
}

void barrier_of_two(void)
{
    MUST(pthread_barrier_init(&barrier, NULL, 2) == 0);
    pthread_t first = start(pays_and_comes, NULL);
    pthread_t second = start(comes_and_refunds, NULL);
    finish(first);
    finish(second);
}

/* Two more threads use it later: another run may let others through together. */
void barrier_of_two_for_four(void)
{
    MUST(pthread_barrier_init(&barrier, NULL, 2) == 0);
    pthread_t threads[4] = {start(pays_and_comes, NULL), start(comes_and_refunds, NULL),
                            start(comes_twice, NULL), start(comes_twice, NULL)};
    for (int i = 0; i < 4; i++)
        finish(threads[i]);
}

enum {
    MANY_ROUNDS = 200, /* more than are noted of a thread */
};

static void *pays_by_rounds(void *unused)
{
    (void)unused;
    for (int i = 0; i < MANY_ROUNDS; i++) {
        if (i % 2 == 0)
            pay();
        go(i + 1);
        come_to_barrier();
    }
    return NULL;
}

static void *refunds_by_rounds(void *odd)
{
    for (int i = 0; i < MANY_ROUNDS; i++) {
        await(i + 1);
        if (i % 2 == *(int *)odd)
            refund();
        come_to_barrier();
    }
    return NULL;
}

static void by_rounds(int odd)
{
    MUST(pthread_barrier_init(&barrier, NULL, 2) == 0);
    pthread_t first = start(pays_by_rounds, NULL);
    pthread_t second = start(refunds_by_rounds, &odd);
    finish(first);
    finish(second);
}

void rounds_by_turns(void)
{
    by_rounds(1);
}

void in_the_same_rounds(void)
{
    by_rounds(0);
}

static void *comes(void *unused)
{
    (void)unused;
    come_to_barrier();
    return NULL;
}

/* Nobody joins the payer, who was there before the one that is joined came through the barrier. */
void barrier_and_joined(void)
{
    MUST(pthread_barrier_init(&barrier, NULL, 2) == 0);
    pthread_t first = start(pays_and_comes, NULL);
    MUST(pthread_detach(first) == 0);
    finish(start(comes, NULL));
    refund();
}

static pthread_once_t settings = PTHREAD_ONCE_INIT;

static void *pays_at_first(void *unused)
{
    (void)unused;
    MUST(pthread_once(&settings, pay) == 0);
    go(1);
    return NULL;
}

static void *refunds_after_all(void *unused)
{
    (void)unused;
    await(1);
    MUST(pthread_once(&settings, pay) == 0);
    refund();
    return NULL;
}

void initialised(void)
{
    pthread_t first = start(pays_at_first, NULL);
    pthread_t second = start(refunds_after_all, NULL);
    finish(first);
    finish(second);
}

enum {
    VERY_MANY = 1400, /* more than are noted at one initialisation */
};

static void *refunds_in_turn(void *number)
{
    MUST(pthread_once(&settings, pay) == 0);
    refund();
    go(*(int *)number);
    return NULL;
}

/* Nobody joins them. */
void initialised_for_very_many(void)
{
    pthread_t first = start(pays_at_first, NULL);
    await(1);
    for (int i = 2; i < VERY_MANY; i++) {
        MUST(pthread_detach(start(refunds_in_turn, &i)) == 0);
        await(i);
    }
    finish(first);
}

void initialised_elsewhere(void)
{
    pthread_t first = start(pays_at_first, NULL);
    pthread_t second = start(refunder, NULL);
    finish(first);
    finish(second);
}

static pthread_mutex_t ready_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t ready = PTHREAD_COND_INITIALIZER;
static int waiting, is_ready;

static void *waits_and_refunds(void *unused)
{
    (void)unused;
    lock(&ready_lock);
    waiting = 1;
    while (!is_ready)
        MUST(pthread_cond_wait(&ready, &ready_lock) == 0);
    unlock(&ready_lock);
    refund();
    return NULL;
}

/* Whether the other one sleeps in its wait. */
static void await_waiter(void)
{
    for (int there = 0; !there; usleep(100)) {
        lock(&ready_lock);
        there = waiting;
        unlock(&ready_lock);
    }
}

void handed_off(void)
{
    pthread_t thread = start(waits_and_refunds, NULL);
    pay();
    await_waiter();
    lock(&ready_lock);
    is_ready = 1;
    MUST(pthread_cond_signal(&ready) == 0);
    unlock(&ready_lock);
    finish(thread);
}

static sem_t posted;

static void *takes_and_refunds(void *unused)
{
    (void)unused;
    MUST(sem_wait(&posted) == 0);
    refund();
    return NULL;
}

void posted_to(void)
{
    MUST(sem_init(&posted, 0, 0) == 0);
    pthread_t thread = start(takes_and_refunds, NULL);
    pay();
    MUST(sem_post(&posted) == 0);
    finish(thread);
}
