/* Programs that deadlock every time. Where a call is refused they give way, and say how often. */
#include "program.h"

enum {
    RING = 50
};

static pthread_mutex_t forks[RING];
static pthread_barrier_t seated;
static int ring_size;
static int refused;

/* Whether it was taken. */
static int take(pthread_mutex_t *mutex)
{
    int result = pthread_mutex_lock(mutex);
    MUST(result == 0 || result == EDEADLK);
    if (result != 0)
        __atomic_add_fetch(&refused, 1, __ATOMIC_SEQ_CST);
    return result == 0;
}

static void *dine(void *data)
{
    pthread_mutex_t *left = data;
    pthread_mutex_t *right = &forks[(left - forks + 1) % ring_size];
    lock(left);
    pthread_barrier_wait(&seated);
    if (take(right))
        unlock(right);
    unlock(left);
    return NULL;
}

static void ring(int size)
{
    pthread_t threads[RING];
    ring_size = size;
    pthread_barrier_init(&seated, NULL, (unsigned)size);
    for (int i = 0; i < size; i++)
        MUST(pthread_mutex_init(&forks[i], NULL) == 0);
    for (int i = 0; i < size; i++)
        threads[i] = start(dine, &forks[i]);
    for (int i = 0; i < size; i++)
        finish(threads[i]);
}

static void ring_of_2(void)
{
    ring(2);
}
static void ring_of_3(void)
{
    ring(3);
}
static void ring_of_50(void)
{
    ring(RING);
}

static pthread_mutex_t alice = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t bob = PTHREAD_MUTEX_INITIALIZER;

static void relock(void)
{
    lock(&alice);
    take(&alice);
    unlock(&alice);
}

static void *take_alice(void *unused)
{
    (void)unused;
    if (take(&alice))
        unlock(&alice);
    return NULL;
}

static void join_or_give_way(pthread_t thread)
{
    int result = pthread_join(thread, NULL);
    MUST(result == 0 || result == EDEADLK);
    unlock(&alice);
    if (result == EDEADLK) {
        __atomic_add_fetch(&refused, 1, __ATOMIC_SEQ_CST);
        finish(thread);
    }
}

static void join_at_once(void)
{
    lock(&alice);
    join_or_give_way(start(take_alice, NULL));
}

static void join_later(void)
{
    lock(&alice);
    pthread_t thread = start(take_alice, NULL);
    usleep(100 * 1000);
    join_or_give_way(thread);
}

static void *join_main(void *main_thread)
{
    int result = pthread_join(*(pthread_t *)main_thread, NULL);
    MUST(result == 0 || result == EDEADLK);
    if (result == EDEADLK)
        __atomic_add_fetch(&refused, 1, __ATOMIC_SEQ_CST);
    printf("refused %d\n", refused);
    return NULL;
}

static void join_self(void)
{
    MUST(pthread_join(pthread_self(), NULL) == EDEADLK);
    refused++;
}

static void mutual_joins(void)
{
    static pthread_t main_thread;
    main_thread = pthread_self();
    int result = pthread_join(start(join_main, &main_thread), NULL);
    MUST(result == 0 || result == EDEADLK);
    if (result == 0)
        exit(0);
    refused++;
    pthread_exit(NULL);
}

static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int waiting;

static void *wait_for_bob(void *unused)
{
    (void)unused;
    lock(&alice);
    lock(&bob);
    waiting = 1;
    while (waiting)
        MUST(pthread_cond_wait(&changed, &bob) == 0);
    unlock(&bob);
    unlock(&alice);
    return NULL;
}

static void condition(void)
{
    pthread_t thread = start(wait_for_bob, NULL);
    for (int there = 0; !there; usleep(1000)) {
        lock(&bob);
        there = waiting;
        if (there) {
            waiting = 0;
            MUST(pthread_cond_signal(&changed) == 0);
            if (take(&alice))
                unlock(&alice);
        }
        unlock(&bob);
    }
    finish(thread);
}

int main(int argc, char **argv)
{
    static const struct program_case cases[] = {
        {"ring-of-2", ring_of_2},       {"ring-of-3", ring_of_3},
        {"ring-of-50", ring_of_50},     {"relock", relock},
        {"join-at-once", join_at_once}, {"join-later", join_later},
        {"mutual-joins", mutual_joins}, {"condition", condition},
        {"join-self", join_self},
    };
    alarm(2); /* ends it where it hangs */
    int result = RUN_CASE(cases);
    printf("refused %d\n", refused);
    return result;
}
