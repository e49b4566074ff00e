/* Semaphores: as locks, whose orders can deadlock, and as signals, which have no order. */
#include "sides.h"

static sem_t alice, bob;

#define WAIT(name) MUST(sem_wait(&(name)) == 0)
#define TRY(name) MUST(sem_trywait(&(name)) == 0)
#define POST(name) MUST(sem_post(&(name)) == 0)

/* A function that takes two, and posts both. */
#define NEST(name, OUTER, outer, INNER, inner)                                                     \
    static void name(void)                                                                         \
    {                                                                                              \
        OUTER(outer);                                                                              \
        INNER(inner);                                                                              \
        POST(inner);                                                                               \
        POST(outer);                                                                               \
    }

#define CLOCK CLOCK_MONOTONIC
#define TIMED(name) MUST(sem_timedwait(&(name), deadline_of(CLOCK_REALTIME)) == 0)
#define CLOCKED(name) MUST(sem_clockwait(&(name), CLOCK, deadline_of(CLOCK)) == 0)

NEST(pay, WAIT, alice, WAIT, bob)
NEST(refund, WAIT, bob, WAIT, alice)
NEST(try_refund, WAIT, bob, TRY, alice)
NEST(try_all_refund, TRY, bob, TRY, alice)
NEST(timed_refund, WAIT, bob, TIMED, alice)
NEST(clocked_refund, WAIT, bob, CLOCKED, alice)

static void init(unsigned value)
{
    MUST(sem_init(&alice, 0, value) == 0);
    MUST(sem_init(&bob, 0, value) == 0);
}

static void abba(void)
{
    init(1);
    in_turn(pay, refund);
}
static void one_order(void)
{
    init(1);
    in_turn(pay, pay);
}
static void two_at_a_time(void)
{
    init(2);
    in_turn(pay, refund);
}
static void one_thread(void)
{
    init(1);
    pay();
    refund();
}
static void tried(void)
{
    init(1);
    in_turn(pay, try_refund);
}
static void only_tried(void)
{
    init(1);
    in_turn(pay, try_all_refund);
}
static void timed(void)
{
    init(1);
    in_turn(pay, timed_refund);
}
static void clocked(void)
{
    init(1);
    in_turn(pay, clocked_refund);
}

/* Tried in vain, and not waited for. */
static void polled(void)
{
    init(1);
    in_turn(pay, refund);
    WAIT(alice);
    MUST(sem_trywait(&alice) == -1 && errno == EAGAIN);
    POST(alice);
}
static void tried_then_waited_for(void)
{
    init(1);
    in_turn(pay, refund);
    WAIT(alice);
    MUST(sem_trywait(&alice) == -1 && errno == EAGAIN);
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    MUST(sem_timedwait(&alice, &now) == -1 && errno == ETIMEDOUT);
    POST(alice);
}

/* One post by a thread that did not take it: a signal, and always was. */
static void signalled_after(void)
{
    init(1);
    in_turn(pay, refund);
    POST(alice);
}
static void signalled_before(void)
{
    init(1);
    POST(alice);
    WAIT(alice);
    in_turn(pay, refund);
}
static void post_bob(void)
{
    POST(bob);
}
static void take_bob(void)
{
    WAIT(bob);
}
static void pay_again_and_refund(void)
{
    pay();
    refund();
}
static void signalled_between(void)
{
    init(1);
    in_turn(take_bob, post_bob);
    side_turn = 0;
    in_turn(pay_again_and_refund, refund);
}

static pthread_mutex_t count = PTHREAD_MUTEX_INITIALIZER;

static void wait_then_lock(void)
{
    WAIT(alice);
    lock(&count);
    unlock(&count);
    POST(alice);
}
static void lock_then_wait(void)
{
    lock(&count);
    WAIT(alice);
    POST(alice);
    unlock(&count);
}
static void with_a_mutex(void)
{
    init(1);
    in_turn(wait_then_lock, lock_then_wait);
}

static sem_t *named_alice, *named_bob;

static sem_t *open_named(const char *name, unsigned value)
{
    char path[64];
    snprintf(path, sizeof path, "/snarl-%s-%d", name, (int)getpid());
    sem_t *semaphore = sem_open(path, O_CREAT | O_EXCL, 0600, value);
    MUST(semaphore != SEM_FAILED);
    MUST(sem_open(path, O_CREAT, 0600, 7) == semaphore); /* the same */
    MUST(sem_close(semaphore) == 0);
    MUST(sem_unlink(path) == 0);
    return semaphore;
}

NEST(pay_named, WAIT, *named_alice, WAIT, *named_bob)
NEST(refund_named, WAIT, *named_bob, WAIT, *named_alice)

static void named(void)
{
    named_alice = open_named("alice", 1);
    named_bob = open_named("bob", 1);
    in_turn(pay_named, refund_named);
}
static void named_two_at_a_time(void)
{
    named_alice = open_named("alice", 2);
    named_bob = open_named("bob", 2);
    in_turn(pay_named, refund_named);
}

/* Cancelled in sem_wait: it did not take it, and the books know. */
static void *wait_for_ever(void *unused)
{
    lock(&count);
    pthread_cleanup_push((void (*)(void *))(uintptr_t)pthread_mutex_unlock, &count);
    WAIT(bob);
    pthread_cleanup_pop(1);
    return unused;
}
static void cancelled(void)
{
    MUST(sem_init(&bob, 0, 0) == 0);
    MUST(sem_init(&alice, 0, 1) == 0);
    pthread_t thread = start(wait_for_ever, NULL);
    MUST(pthread_cancel(thread) == 0);
    void *value;
    MUST(pthread_join(thread, &value) == 0);
    MUST(value == PTHREAD_CANCELED);
    in_turn(lock_then_wait, lock_then_wait);
}

int main(int argc, char **argv)
{
    static const struct program_case cases[] = {
        {"abba", abba},
        {"one-order", one_order},
        {"two-at-a-time", two_at_a_time},
        {"one-thread", one_thread},
        {"tried", tried},
        {"only-tried", only_tried},
        {"timed", timed},
        {"clocked", clocked},
        {"polled", polled},
        {"tried-then-waited-for", tried_then_waited_for},
        {"signalled-after", signalled_after},
        {"signalled-before", signalled_before},
        {"signalled-between", signalled_between},
        {"with-a-mutex", with_a_mutex},
        {"named", named},
        {"named-two-at-a-time", named_two_at_a_time},
        {"cancelled", cancelled},
    };
    return RUN_SIDES(cases);
}
