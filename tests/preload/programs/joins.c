/* Joins, also such as give up; and circles through locks of several kinds. */
#include "sides.h"

static pthread_mutex_t alice = PTHREAD_MUTEX_INITIALIZER;
static pthread_rwlock_t table = PTHREAD_RWLOCK_INITIALIZER;
static pthread_spinlock_t spin;
static pthread_once_t settings = PTHREAD_ONCE_INIT;

static void lock_or_give_way(void)
{
    if (GRANTED(pthread_mutex_lock(&alice), EDEADLK))
        unlock(&alice);
}
static void *take_alice(void *unused)
{
    lock_or_give_way();
    return unused;
}
static void *take_alice_at_leisure(void *unused)
{
    lock(&alice);
    unlock(&alice);
    return unused;
}

/* Whether the thread is joined yet; `how` 0 to 3. */
static int join(pthread_t thread, int how, const struct timespec *deadline, clockid_t clock)
{
    switch (how) {
    case 0:
        return pthread_join(thread, NULL);
    case 1:
        return pthread_tryjoin_np(thread, NULL);
    case 2:
        return pthread_timedjoin_np(thread, NULL, deadline);
    default:
        return pthread_clockjoin_np(thread, NULL, clock, deadline);
    }
}

static void join_with_lock(void)
{
    lock(&alice);
    pthread_t thread = start(take_alice, NULL);
    bool joined = GRANTED(pthread_join(thread, NULL), EDEADLK);
    unlock(&alice);
    if (!joined)
        finish(thread);
}

/* Joins that give up are no deadlock: the thread goes on, and is joined later. */
static void join_for_a_while(int how)
{
    struct timespec now;
    lock(&alice);
    pthread_t thread = start(take_alice_at_leisure, NULL);
    clock_gettime(CLOCK_REALTIME, &now);
    if (how == 3)
        clock_gettime(CLOCK_MONOTONIC, &now);
    MUST(join(thread, how, &now, CLOCK_MONOTONIC) == (how == 1 ? EBUSY : ETIMEDOUT));
    unlock(&alice);
    finish(thread);
}
static void try_with_lock(void)
{
    join_for_a_while(1);
}
static void timed_with_lock(void)
{
    join_for_a_while(2);
}
static void clock_with_lock(void)
{
    join_for_a_while(3);
}

/* Cancelled while it joins: it waits no more, and the other thread can be joined. */
static void *join_other(void *thread)
{
    finish(*(pthread_t *)thread);
    return NULL;
}
static void cancel_a_join(void)
{
    lock(&alice);
    pthread_t other = start(take_alice_at_leisure, NULL);
    pthread_t joiner = start(join_other, &other);
    MUST(pthread_cancel(joiner) == 0);
    finish(joiner);
    unlock(&alice);
    finish(other);
}
static void cancelled_join(void)
{
    for (int i = 0; i < 20; i++) /* it may be cancelled before it joins */
        cancel_a_join();
}

/* mutex, rwlock, once and join: first waits for second, second for third, third for first. */

static pthread_t third_thread;

static void load_settings(void)
{
    meet();
    if (GRANTED(pthread_mutex_lock(&alice), EDEADLK))
        unlock(&alice);
}
static void lock_alice_want_table(void)
{
    lock(&alice);
    meet();
    if (GRANTED(pthread_rwlock_wrlock(&table), EDEADLK))
        MUST(pthread_rwlock_unlock(&table) == 0);
    unlock(&alice);
}
static void do_settings(void)
{
    MUST(pthread_once(&settings, load_settings) == 0);
}
static void read_and_want_settings(void)
{
    MUST(pthread_rwlock_rdlock(&table) == 0);
    meet();
    GRANTED(pthread_once(&settings, load_settings), EDEADLK);
    MUST(pthread_rwlock_unlock(&table) == 0);
}
static void mixed(void)
{
    three_together(lock_alice_want_table, do_settings, read_and_want_settings);
}

static void *spin_in_thread(void *unused)
{
    MUST(pthread_setname_np(pthread_self(), "fourth") == 0);
    side_await(&side_met, 3);
    if (GRANTED(pthread_spin_lock(&spin), EDEADLK))
        MUST(pthread_spin_unlock(&spin) == 0);
    return unused;
}
static void write_and_join(void)
{
    MUST(pthread_rwlock_wrlock(&table) == 0);
    meet();
    bool joined = GRANTED(pthread_join(third_thread, NULL), EDEADLK);
    MUST(pthread_rwlock_unlock(&table) == 0);
    if (!joined)
        finish(third_thread);
}
static void spin_want_alice(void)
{
    MUST(pthread_spin_lock(&spin) == 0);
    meet();
    if (GRANTED(pthread_mutex_lock(&alice), EDEADLK))
        unlock(&alice);
    MUST(pthread_spin_unlock(&spin) == 0);
}
static void mixed_with_join(void)
{
    MUST(pthread_spin_init(&spin, PTHREAD_PROCESS_PRIVATE) == 0);
    third_thread = start(spin_in_thread, NULL);
    three_together(lock_alice_want_table, write_and_join, spin_want_alice);
}

int main(int argc, char **argv)
{
    static const struct program_case cases[] = {
        {"try-with-lock", try_with_lock},     {"timed-with-lock", timed_with_lock},
        {"clock-with-lock", clock_with_lock}, {"cancelled-join", cancelled_join},
        {"join-with-lock", join_with_lock},   {"mixed", mixed},
        {"mixed-with-join", mixed_with_join},
    };
    return RUN_SIDES(cases);
}
