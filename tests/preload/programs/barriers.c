/* Barriers wait for as many as they are for, and are no locks. */
#include "sides.h"

static pthread_barrier_t barrier, other;
static int serial;

static void arrive(void)
{
    int result = pthread_barrier_wait(&barrier);
    MUST(result == 0 || result == PTHREAD_BARRIER_SERIAL_THREAD);
    if (result == PTHREAD_BARRIER_SERIAL_THREAD)
        __atomic_add_fetch(&serial, 1, __ATOMIC_SEQ_CST);
}
static void arrive_often(void)
{
    for (int i = 0; i < 1000; i++)
        arrive();
}
static void three_parties(void)
{
    MUST(pthread_barrier_init(&barrier, NULL, 3) == 0);
    three_together(arrive_often, arrive_often, arrive_often);
    MUST(serial == 1000);
    MUST(pthread_barrier_destroy(&barrier) == 0);
}

static pthread_mutex_t alice = PTHREAD_MUTEX_INITIALIZER;

/* Each holds something when it arrives: no order between barrier and lock. */
static void arrive_with_lock(void)
{
    lock(&alice);
    arrive();
    unlock(&alice);
}
static void arrive_then_lock(void)
{
    arrive();
    lock(&alice);
    unlock(&alice);
}
static void with_a_lock(void)
{
    MUST(pthread_barrier_init(&barrier, NULL, 2) == 0);
    together(arrive_with_lock, arrive_then_lock);
}

static void arrive_at_other(void)
{
    int result = pthread_barrier_wait(&other);
    MUST(result == 0 || result == PTHREAD_BARRIER_SERIAL_THREAD);
}
static void arrive_at_both(void)
{
    arrive();
    arrive_at_other();
}
static void two_barriers(void)
{
    MUST(pthread_barrier_init(&barrier, NULL, 2) == 0);
    MUST(pthread_barrier_init(&other, NULL, 2) == 0);
    together(arrive_at_both, arrive_at_both);
}

/* Destroyed by the first that comes out, which POSIX allows: the others have been let go. */
static void arrive_and_destroy(void)
{
    int result = pthread_barrier_wait(&barrier);
    if (result == PTHREAD_BARRIER_SERIAL_THREAD)
        MUST(pthread_barrier_destroy(&barrier) == 0);
}
static void destroyed_at_once(void)
{
    MUST(pthread_barrier_init(&barrier, NULL, 3) == 0);
    three_together(arrive_and_destroy, arrive_and_destroy, arrive_and_destroy);
}

int main(int argc, char **argv)
{
    static const struct program_case cases[] = {
        {"three-parties", three_parties},
        {"with-a-lock", with_a_lock},
        {"two-barriers", two_barriers},
        {"destroyed-at-once", destroyed_at_once},
    };
    return RUN_SIDES(cases);
}
